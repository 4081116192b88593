import {
  deepEqual,
  equal,
  match,
  ok,
  rejects,
  throws,
} from "node:assert/strict";
import { join } from "node:path";
import { InputError } from "../../src/errors.ts";
import { canonicalJson } from "../../src/files/canonical_json.ts";
import { listFiles, readManifest } from "../../src/run/manifest.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { jsonHash } from "../../src/run/task_hash.ts";
import { isPartOf, resolveStudy, studyCells } from "../../src/study/config.ts";
import { cellFile } from "../../src/study/cell_file.ts";
import { cellCosts } from "../../src/study/cost.ts";
import { mergeStudy } from "../../src/study/merge.ts";
import {
  missingShards,
  parseShard,
  shardCells,
} from "../../src/study/shard.ts";
import { studyStatus } from "../../src/study/status.ts";
import {
  runShard,
  runStudy,
  StudyStoppedError,
} from "../../src/study/study.ts";
import { beginWork } from "../../src/study/work.ts";
import {
  backend,
  CELLS,
  contents,
  copyFolder,
  overrides,
  study,
  temporary,
} from "./small_study.ts";

const whole = temporary();
addEventListener("unload", () => whole[Symbol.dispose]());
const reference = join(whole.path, "study");
await runStudy({ study, out: reference, jobs: 2, backend });
const expected = contents(reference);
const shards = [0, 1].map((index) => join(whole.path, `shard-${index}`));
for (const [index, out] of shards.entries()) {
  await runShard({ study, out, jobs: 1, backend }, { index, count: 2 });
}

Deno.test("every cell is in one shard; shards have as many of each kind, give or take one", () => {
  const large = resolveStudy({
    presets: ["tutorial", "smoke"],
    seeds: Array.from({ length: 23 }, (_, i) => i),
  });
  const count = 4;
  const parts = Array.from(
    { length: count },
    (_, index) => shardCells(large, { index, count }),
  );
  const names = parts.flat().map(cellFile).sort();
  deepEqual(names, studyCells(large).map(cellFile).sort());
  for (const preset of ["tutorial", "smoke"]) {
    for (const policy of ["bc", "cql", "references"]) {
      const own = parts.map((cells) =>
        cells.filter((cell) => cell.preset === preset && cell.policy === policy)
          .length
      );
      ok(
        Math.max(...own) - Math.min(...own) <= 2,
        `${preset} ${policy} ${own}`,
      );
    }
  }
  deepEqual(parseShard("3/4"), { index: 3, count: 4 });
  for (const text of ["4/4", "0/0", "-1/4", "1", "a/b", "1/4/2", "0/9999999"]) {
    throws(() => parseShard(text), /^InputError: --shard: must be I\/N/);
  }
});

Deno.test("shards in folders of their own, gathered: the bytes of the study in one process", async () => {
  using folder = temporary();
  const out = join(folder.path, "merged");
  const first = await mergeStudy({ study, out, from: [shards[0]] });
  equal(first.result, null);
  equal(first.taken + first.missing.length, CELLS);
  deepEqual(
    first.missing.map(cellFile).sort(),
    shardCells(study, { index: 1, count: 2 }).map(cellFile).sort(),
  );
  const { taken, missing, differing } = await mergeStudy({
    study,
    out,
    from: shards,
  });
  deepEqual([taken, missing, differing], [first.missing.length, [], []]);
  deepEqual(contents(out), expected);
  const [machine, ...others] = readManifest(out).about.machines as {
    backend: string;
    cells: string[];
  }[];
  deepEqual([machine.backend, others], ["reference", []]);
  deepEqual(machine.cells, studyCells(study).map(cellFile));
  // As often as one likes.
  await mergeStudy({ study, out, from: shards });
  deepEqual(contents(out), expected);
});

Deno.test("shards in one folder at the same time, gathered there", async () => {
  using folder = temporary();
  const out = join(folder.path, "common");
  await Promise.all(
    [0, 1, 2].map((index) =>
      runShard({ study, out, jobs: 1, backend }, { index, count: 3 })
    ),
  );
  const found = await mergeStudy({ study, out, from: [out] });
  deepEqual([found.taken, found.missing], [0, []]);
  deepEqual(contents(out), expected);
});

Deno.test("two shards of the same index, and a study beside a shard, are refused", async () => {
  using folder = temporary();
  const out = join(folder.path, "common");
  const options = { study, out, jobs: 1, backend } as const;
  await runShard(options, { index: 0, count: 9 });
  {
    using _work = beginWork(out, "1-of-9");
    await rejects(
      runShard(options, { index: 1, count: 9 }),
      /^InputError: .*common: shard 1\/9 is at work there/,
    );
    await rejects(
      runStudy(options),
      /^InputError: .*common: shard 1\/9 is at work there/,
    );
  }
  await runStudy(options);
  deepEqual(contents(out), expected);
});

function hashOf(text: string): string {
  return sha256Hex(new TextEncoder().encode(text));
}

/** A sound file of another content: what a machine that computes wrongly leaves. */
function miscompute(path: string): void {
  const { sha256: _, ...result } = JSON.parse(Deno.readTextFileSync(path));
  result.policySha256 = "0".repeat(64);
  Deno.writeTextFileSync(
    path,
    canonicalJson({ ...result, sha256: jsonHash(result) }),
  );
}

Deno.test("damaged, changed and foreign cells are named and not taken; a machine that differs is an alarm", async () => {
  using folder = temporary();
  const [own, other] = shards.map((shard, i) => {
    const copy = join(folder.path, `${i}`);
    copyFolder(shard, copy);
    return copy;
  });
  const out = join(folder.path, "out");
  const learner = shardCells(study, { index: 1, count: 2 })
    .find(({ policy }) => policy === "bc")!;
  const path = join(other, cellFile(learner));
  const text = Deno.readTextFileSync(path);
  const notes: string[] = [];
  const merge = (from: string[]) =>
    mergeStudy({ study, out, from, onNote: (note) => notes.push(note) });

  Deno.writeTextFileSync(path, text.slice(0, -20));
  deepEqual((await merge([own, other])).missing, [learner]);
  match(notes.pop()!, /bc.*json: .*; it is not taken$/);
  Deno.writeTextFileSync(path, text.replace('"seed": ', '"seed": 1'));
  deepEqual((await merge([own, other])).missing, [learner]);
  match(notes.pop()!, /; it is not taken$/);
  deepEqual(missingShards(study, [learner], [own, other]), [
    { shard: "1/2", directory: other, cells: 1 },
  ]);

  // Its own hash fits, but that is not what was noted when it was computed.
  Deno.writeTextFileSync(path, text);
  const again = join(folder.path, "again");
  copyFolder(other, again);
  miscompute(path);
  deepEqual((await merge([own, other])).missing, [learner]);
  match(notes.pop()!, /is not what was computed there .*; it is not taken$/);
  copyFolder(other, join(folder.path, "computed again"));
  await runShard(
    {
      study,
      out: join(folder.path, "computed again"),
      jobs: 1,
      backend,
      onNote: (note) => notes.push(note),
    },
    { index: 1, count: 2 },
  );
  match(
    notes.pop()!,
    /is not what was computed there .*; it is computed again$/,
  );
  deepEqual(
    Deno.readTextFileSync(
      join(folder.path, "computed again", cellFile(learner)),
    ),
    text,
  );

  const log = join(other, ".work/1-of-2.log");
  Deno.writeTextFileSync(
    log,
    Deno.readTextFileSync(log).replaceAll("plain TypeScript", "wrong device")
      .replace(hashOf(text), hashOf(Deno.readTextFileSync(path))),
  );
  const { differing, result } = await merge([own, other, again]);
  equal(result, null);
  equal(differing.length, 1);
  match(
    differing[0],
    /^cells\/smoke\/bc\/\d\.json: .*1 \(reference, wrong device, one thread, \w+\) and .*again \(reference, plain TypeScript, one thread, \w+\) have other bytes$/,
  );
});

Deno.test("a folder that is no study, of another study or of another version is refused", async () => {
  using folder = temporary();
  const out = join(folder.path, "out");
  const merge = (from: string) => mergeStudy({ study, out, from: [from] });
  Deno.mkdirSync(join(folder.path, "empty"));
  await rejects(
    merge(join(folder.path, "empty")),
    /holds no study .*was it copied whole\?$/,
  );
  const foreign = resolveStudy({
    presets: ["smoke"],
    seeds: [0],
    overrides: { ...overrides, dataset: { episodes: 13 } },
  });
  const place = join(folder.path, "foreign");
  await runShard(
    { study: foreign, out: place, jobs: 1, backend },
    { index: 0, count: 9 },
  );
  await rejects(merge(place), /foreign: holds another study/);
  await rejects(
    runShard({ study, out: place, jobs: 1, backend }, { index: 0, count: 2 }),
    /foreign: holds another study/,
  );
  const config = join(place, "study.config.json");
  const text = Deno.readTextFileSync(config);
  Deno.writeTextFileSync(
    config,
    text.replace(/"suiteVersion": "[^"]+"/, '"suiteVersion": "0.0.1"'),
  );
  await rejects(merge(place), /0\.0\.1/);
  ok(!listFiles(folder.path).some(({ path }) => path.startsWith("out/cells")));
});

Deno.test("a study grows by seeds and keeps what is there; the bytes are those of the larger one", async () => {
  using folder = temporary();
  const out = join(folder.path, "study");
  const seeds = resolveStudy({ presets: ["smoke"], seeds: [1], overrides });
  await runStudy({ study: seeds, out, jobs: 1, backend });
  const before = Deno.statSync(join(out, "cells/smoke/cql/1.json")).mtime;
  await runStudy({ study, out, jobs: 1, backend });
  deepEqual(contents(out), expected);
  deepEqual(Deno.statSync(join(out, "cells/smoke/cql/1.json")).mtime, before);
  await rejects(
    runStudy({ study: seeds, out, jobs: 1, backend }),
    /^InputError: .*: holds another study/,
  );
  deepEqual(contents(out), expected);
});

Deno.test("a study grows by a learner that its preset does not configure; one whose settings change is another", () => {
  const of = (algorithms: string[], own = {}) =>
    resolveStudy({
      presets: ["smoke"],
      algorithms,
      seeds: [0],
      overrides: { ...overrides, algorithms: own },
    });
  const small = of(["bc"]);
  const large = of(["bc", "iql", "spibb"]);
  equal(isPartOf(small, large), true);
  equal(isPartOf(large, small), false);
  equal(isPartOf(small, of(["bc", "iql"], { bc: { steps: 41 } })), false);
  // What takes no part may change.
  equal(isPartOf(small, of(["bc", "iql"], { cql: { steps: 61 } })), true);
});

Deno.test("a stopped shard goes on; status counts, names who failed and what is left", async () => {
  using folder = temporary();
  const out = join(folder.path, "study");
  const stopping = new AbortController();
  const options = { study, out, jobs: 1, backend } as const;
  await rejects(
    runShard({
      ...options,
      signal: stopping.signal,
      onProgress: ({ cells }) => cells >= 2 && stopping.abort(),
    }, { index: 1, count: 2 }),
    StudyStoppedError,
  );
  const { finished } = studyStatus(out);
  ok(finished >= 2 && finished < CELLS / 2, `${finished}`);
  {
    using work = beginWork(out, "0-of-2");
    work.failed("the disk\nis full");
    deepEqual(studyStatus(out).workers, [
      {
        name: "0/2",
        isRunning: true,
        failure: "is full",
        cells: 5,
        finished: 0,
      },
      { name: "1/2", isRunning: false, failure: null, cells: 4, finished },
    ]);
  }
  await runShard(options, { index: 1, count: 2 });
  await runShard(options, { index: 0, count: 2 });
  equal(studyStatus(out).finished, CELLS);
  equal(studyStatus(out).workers[0].failure, null);
  await runStudy(options);
  deepEqual(contents(out), expected);
  throws(() => studyStatus(folder.path), InputError);
});

Deno.test("rate and time left are of the hours in which anybody was at work, by what cells cost", async () => {
  using folder = temporary();
  const out = join(folder.path, "study");
  await runShard({ study, out, jobs: 1, backend }, { index: 0, count: 2 });
  const own = shardCells(study, { index: 0, count: 2 });
  const hour = 3_600_000;
  const lines = [
    // Killed after a cell and a word that was cut, and not begun again for nine hours.
    { began: hour },
    { cell: cellFile(own[0]), sha256: "", at: 2 * hour },
    { began: 11 * hour },
    ...own.slice(1).map((cell, i) => ({
      cell: cellFile(cell),
      at: 11.25 * hour + i,
    })),
    { ended: 12 * hour },
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n{"at": 5`)
    .join("\n");
  Deno.writeTextFileSync(join(out, ".work/0-of-2.log"), text);
  // Beside the first for half an hour, and for another one alone; it finished nothing.
  const other = [{ began: 1.5 * hour }, { ended: 2.5 * hour }];
  Deno.writeTextFileSync(
    join(out, ".work/1-of-2.log"),
    other.map((line) => JSON.stringify(line)).join("\n"),
  );
  const { perHour, hoursLeft } = studyStatus(out);
  equal(perHour, own.length / 2.5);
  const cost = cellCosts(study);
  const costs = studyCells(study).map((cell) => ({
    cost: cost(cell),
    isDone: own.some((one) => cellFile(one) === cellFile(cell)),
  }));
  const most = Math.max(...costs.map(({ cost }) => cost));
  const sum = (done: boolean) =>
    costs.filter(({ isDone }) => isDone === done)
      .reduce((all, { cost }) => all + Math.max(cost, most / 1_000), 0);
  equal(hoursLeft, sum(false) * 2.5 / sum(true));
});
