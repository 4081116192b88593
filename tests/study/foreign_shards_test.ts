import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { verifyStudy } from "../../src/study/verify.ts";
import { canonicalJson } from "../../src/files/canonical_json.ts";
import { listFiles } from "../../src/run/manifest.ts";
import { resolveStudy, studyCells } from "../../src/study/config.ts";
import { mergeStudy } from "../../src/study/merge.ts";
import { missingShards } from "../../src/study/shard.ts";
import { studyStatus } from "../../src/study/status.ts";
import { runShard, runStudy } from "../../src/study/study.ts";
import { backend, overrides, temporary } from "./small_study.ts";

const study = resolveStudy({ presets: ["smoke"], seeds: [0, 1], overrides });

const quickly = (directory: string) =>
  verifyStudy({ directory, backend, cells: 0 });

/** A machine's line in a log. */
const machine = (device: string, others = {}) =>
  JSON.stringify({
    machine: {
      backend: "wasm",
      device,
      architecture: "x86_64",
      denoVersion: "2.9.6",
      ...others,
    },
  });

Deno.test("shards that overlap write the same cells at the same time, and none fails", async () => {
  using folder = temporary();
  const out = join(folder.path, "common");
  const shards = [[0, 1], [0, 2], [1, 2], [0, 3], [2, 3]];
  await Promise.all(
    shards.map(([index, count]) =>
      runShard({ study, out, jobs: 1, backend }, { index, count })
    ),
  );
  // What a killed process leaves is no part of a study.
  Deno.writeTextFileSync(join(out, "cells/smoke/bc/.0.json.abcd.tmp"), "{");
  const { missing, differing } = await mergeStudy({ study, out, from: [out] });
  deepEqual([missing, differing], [[], []]);
  deepEqual((await quickly(out)).differences, []);
  // Nor is anything left by a shard that comes when all is done.
  await runShard({ study, out, jobs: 1, backend }, { index: 0, count: 2 });
  deepEqual((await quickly(out)).differences, []);
});

Deno.test("others' files among those of the work are passed over, and pipes are not opened", async () => {
  using folder = temporary();
  const out = join(folder.path, "part");
  await runShard({ study, out, jobs: 1, backend }, { index: 0, count: 2 });
  const work = join(out, ".work");
  for (
    const name of ["5-of-4", "0-of-0", "a-of-b", "\x1b[31m", "99999999-of-9"]
  ) {
    Deno.writeTextFileSync(join(work, `${name}.log`), "junk\n");
    Deno.writeTextFileSync(join(work, `${name}.failed`), "it failed\n");
  }
  new Deno.Command("mkfifo", { args: [join(work, "0-of-2.lock")] })
    .outputSync();
  deepEqual(
    studyStatus(out).workers.map(({ name, failure }) => [name, failure]),
    [["0/0", "it failed"], ["0/2", null], ["5/4", "it failed"]],
  );
  const missing = studyCells(study);
  equal(missingShards(study, missing, [out])[0].shard, "0/2");
  Deno.removeSync(join(work, "0-of-2.lock"));
  Deno.truncateSync(join(work, "0-of-2.log"), 2 ** 29);
  await rejects(
    mergeStudy({ study, out: join(folder.path, "out"), from: [out] }),
    /^InputError: .*remove .*0-of-2\.log: has 536870912 bytes/,
  );
});

Deno.test("a manifest says of machines what the suite says of them, once a cell", async () => {
  using folder = temporary();
  const out = join(folder.path, "study");
  await runShard({ study, out, jobs: 1, backend }, { index: 0, count: 1 });
  const log = join(out, ".work/0-of-1.log");
  const text = Deno.readTextFileSync(log);
  // Nobody's name comes in with a copied folder, nor what would fill the manifest.
  const foreign = [
    machine("GPU", { host: "somebody's" }),
    machine("x".repeat(2_000)),
    '{"machine":null}',
    "[",
  ];
  Deno.writeTextFileSync(
    log,
    `${text}${foreign.join("\n")}\n{"cell":"../x","sha256":"${
      "0".repeat(64)
    }"}\n`,
  );
  await runStudy({ study, out, jobs: 1, backend });
  const path = join(out, "manifest.json");
  const manifest = JSON.parse(Deno.readTextFileSync(path));
  equal(manifest.machines.length, 1);
  const [one] = manifest.machines;
  const differencesOf = async (machines: unknown) => {
    Deno.writeTextFileSync(path, canonicalJson({ ...manifest, machines }));
    const { differences } = await quickly(out);
    return differences.map(({ what }) => what);
  };
  deepEqual(await differencesOf([one]), []);
  deepEqual(await differencesOf([one, one]), [
    "says twice who computed a cell",
  ]);
  deepEqual(await differencesOf([{ ...one, cells: ["cells/x.json"] }]), [
    "says who computed a cell that it does not list",
  ]);
  deepEqual(await differencesOf([{ host: "somebody's", ...one }]), [
    "has machines that are not as this suite writes them",
  ]);
});

Deno.test("a study that fails keeps what there is to go on with", async () => {
  using folder = temporary();
  const { smoke } = study.presets;
  // No request gives this: it is found out in the cell.
  const dataset = { ...smoke.dataset, sha256: "0".repeat(64) };
  const options = {
    study: { ...study, presets: { smoke: { ...smoke, dataset } } },
    out: folder.path,
    jobs: 1,
    backend,
  } as const;
  const checkpoint = ".work/unfinished/smoke-cql-0/checkpoint";
  Deno.mkdirSync(join(folder.path, checkpoint), { recursive: true });
  Deno.writeTextFileSync(
    join(folder.path, "study.config.json"),
    canonicalJson(options.study),
  );
  await rejects(runShard(options, { index: 0, count: 1 }), /^InputError: /);
  await rejects(runStudy(options), /^InputError: /);
  ok(Deno.statSync(join(folder.path, checkpoint)).isDirectory);
  deepEqual(listFiles(folder.path).map(({ path }) => path), [
    "study.config.json",
  ]);
});

Deno.test("files of any size and form in place of a configuration are refused in one line", async () => {
  using folder = temporary();
  const part = join(folder.path, "part");
  Deno.mkdirSync(part);
  const path = join(part, "study.config.json");
  const text = canonicalJson(study);
  const seeds = Array.from({ length: 10_000 }, (_, i) => i);
  const { schema, suiteVersion, seeds: _, ...rest } = study;
  for (
    const [content, words] of [
      ["", /is not JSON/],
      ["\0".repeat(100), /is not JSON/],
      ["[".repeat(100_000), /is not JSON/],
      [text.slice(0, -1), /is not as this suite writes it; copy it again/],
      [`\ufeff${text}`, /is not as this suite writes it; copy it again/],
      [" ".repeat(2 ** 22 + 1), /has 4194305 bytes/],
      [
        canonicalJson({
          schema,
          suiteVersion,
          seeds,
          trainingSeeds: seeds,
          ...rest,
        }),
        /holds another study|would have 300000000 cells/,
      ],
    ] as const
  ) {
    Deno.writeTextFileSync(path, content);
    const out = join(folder.path, "out");
    const refused = (error: unknown) => {
      match(`${error}`, words);
      match(`${error}`, /^InputError: [^\n]*$/);
      return true;
    };
    await rejects(mergeStudy({ study, out, from: [part] }), refused);
    await rejects(
      runShard({ study, out: part, jobs: 1, backend }, { index: 0, count: 2 }),
      refused,
    );
    await rejects(async () => await studyStatus(part), refused);
    equal(Deno.readTextFileSync(path), content);
  }
});
