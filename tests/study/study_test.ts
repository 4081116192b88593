import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { listFiles } from "../../src/run/manifest.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { InputError } from "../../src/errors.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import {
  runStudy,
  type StudyOptions,
  StudyStoppedError,
} from "../../src/study/study.ts";
import { resolveStudy } from "../../src/study/config.ts";
import { pipe } from "../run/small_run.ts";
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

/** Runs the study until that many cells are finished. */
async function runUntil(
  cells: number,
  options: Partial<StudyOptions> & { out: string },
): Promise<void> {
  const stopping = new AbortController();
  const run = runStudy({
    study,
    jobs: 2,
    backend,
    signal: stopping.signal,
    onProgress(progress) {
      if (progress.cells >= cells) stopping.abort();
    },
    ...options,
  });
  await rejects(run, StudyStoppedError);
}

Deno.test("a study leaves its configuration, cells, tables, plots and a manifest", () => {
  const names = listFiles(reference).map(({ path }) => path);
  deepEqual(names.filter((path) => !path.startsWith("cells/")), [
    "aggregates.csv",
    "curves.csv",
    "plots/curves-smoke.svg",
    "plots/intervals-smoke.svg",
    "plots/profiles-cvar10-smoke.svg",
    "plots/profiles-smoke.svg",
    "plots/profiles-unsafe-smoke.svg",
    "plots/seeds-smoke.svg",
    "report.html",
    "study.config.json",
    "study.csv",
    "study.json",
  ]);
  deepEqual(names.filter((path) => path.startsWith("cells/")), [
    ...["bc", "cql", "references"].flatMap((policy) =>
      [0, 1, 2].map((seed) => `cells/smoke/${policy}/${seed}.json`)
    ),
  ]);
});

for (const jobs of [1, 3]) {
  Deno.test(`a study with ${jobs} jobs has the bytes of one with 2`, async () => {
    using folder = temporary();
    await runStudy({ study, out: folder.path, jobs, backend });
    deepEqual(contents(folder.path), expected);
  });
}

Deno.test("a study on wasm has the bytes of one on the reference backend", async () => {
  using folder = temporary();
  await runStudy({ study, out: folder.path, jobs: 2, backend: "wasm" });
  // The manifest names what computed the cells.
  deepEqual(contents(folder.path).slice(0, -1), expected.slice(0, -1));
});

Deno.test("an interrupted study resumes, repeats nothing and has the bytes of an uninterrupted one", async () => {
  using folder = temporary();
  const out = folder.path;
  await runUntil(2, { out });
  const kept = new Map(
    listFiles(out).filter(({ path }) => path.startsWith("cells/"))
      .map(({ path }) => [path, Deno.statSync(join(out, path)).ino]),
  );
  ok(kept.size >= 2 && kept.size < CELLS, `${kept.size} cells`);
  let first: number | undefined;
  await runStudy({
    study,
    out,
    jobs: 2,
    backend,
    onProgress: ({ cells }) => first ??= cells,
  });
  equal(first, kept.size);
  for (const [path, ino] of kept) {
    equal(Deno.statSync(join(out, path)).ino, ino, `${path} was written again`);
  }
  deepEqual(contents(out), expected);
});

Deno.test("a finished study is derived anew from its cells; a damaged cell is computed again", async () => {
  using folder = temporary();
  const out = folder.path;
  await runStudy({ study, out, jobs: 2, backend });
  Deno.removeSync(join(out, "study.json"));
  const text = Deno.readTextFileSync(join(out, "cells/smoke/bc/1.json"));
  Deno.writeTextFileSync(join(out, "cells/smoke/bc/1.json"), text.slice(0, 99));
  // A cell of another seed is none of this one.
  Deno.copyFileSync(
    join(out, "cells/smoke/cql/0.json"),
    join(out, "cells/smoke/cql/2.json"),
  );
  let first: number | undefined;
  const notes: string[] = [];
  await runStudy({
    study,
    out,
    jobs: 2,
    backend,
    onProgress: ({ cells }) => first ??= cells,
    onNote: (note) => notes.push(note),
  });
  equal(first, CELLS - 2);
  const cells = join(out, "cells/smoke");
  deepEqual(notes, [
    `${cells}/bc/1.json: is not JSON (line 6 column 3); it is computed again`,
    `${cells}/cql/2.json: is the cell of something else; it is computed again`,
  ]);
  deepEqual(contents(out), expected);
});

Deno.test("a folder of another study or of something else is refused and not touched", async () => {
  const refused = async (out: string, line: string) => {
    const before = listFiles(out);
    const other = resolveStudy({
      presets: ["smoke"],
      seeds: [0, 1, 3],
      overrides,
    });
    await rejects(
      runStudy({ study: other, out, jobs: 1, backend }),
      new InputError(`${out}: ${line}`),
    );
    deepEqual(listFiles(out), before);
  };
  await refused(
    reference,
    "holds another study (its study.config.json differs); choose another folder with --out",
  );
  using folder = temporary();
  Deno.writeTextFileSync(join(folder.path, "notes.txt"), "mine");
  await refused(
    folder.path,
    "is not empty (it holds notes.txt); choose another folder with --out",
  );
});

Deno.test({
  name: "links and pipes in a study's folder are refused in one line",
  ignore: Deno.build.os === "windows",
  async fn() {
    using folder = temporary();
    const out = join(folder.path, "study");
    copyFolder(reference, out);
    const path = join(out, "cells/smoke/bc");
    const refused = async (line: string) =>
      await rejects(
        runStudy({ study, out, jobs: 1, backend }),
        new InputError(`${path}${line}`),
      );
    Deno.renameSync(path, join(folder.path, "elsewhere"));
    Deno.symlinkSync(join(folder.path, "elsewhere"), path);
    await refused(": is a link, which no run leaves; remove it");
    Deno.removeSync(path);
    Deno.mkdirSync(path);
    pipe(join(path, "0.json"));
    await refused(
      "/0.json: is a pipe, a socket or a device, which no run leaves; remove it",
    );
  },
});

Deno.test("what happens to lie in a study's folder is not in its manifest", async () => {
  using folder = temporary();
  const out = copyFolder(reference, join(folder.path, "study"));
  Deno.writeTextFileSync(join(out, "notes.txt"), "mine");
  await runStudy({ study, out, jobs: 1, backend });
  Deno.removeSync(join(out, "notes.txt"));
  deepEqual(contents(out), expected);
});

Deno.test("a cell is what the pipeline finds with that seed", async () => {
  using folder = temporary();
  const metrics = await runPipeline({
    config: resolveConfig("smoke", overrides, { seed: 1 }),
    backend: referenceBackend,
    out: join(folder.path, "run"),
  });
  const cell = (policy: string) =>
    JSON.parse(
      Deno.readTextFileSync(join(reference, `cells/smoke/${policy}/1.json`)),
    );
  for (const policy of ["bc", "cql"]) {
    const { exact, sha256, alarms } = metrics.policies[policy];
    deepEqual(cell(policy).exact, exact);
    deepEqual(cell(policy).alarms, alarms!.raised);
    equal(cell(policy).policySha256, sha256);
  }
  deepEqual(cell("references").exact, metrics.references);
  ok(cell("cql").alarms.length > 0);
});

Deno.test("a cell that cannot be computed ends the study in one line; what is finished is kept", async () => {
  using folder = temporary();
  const { smoke } = study.presets;
  // No request gives this: it is found out in the cell.
  const dataset = { ...smoke.dataset, sha256: "0".repeat(64) };
  const run = runStudy({
    study: {
      ...study,
      seeds: [0],
      presets: {
        ...study.presets,
        tutorial: { ...smoke, dataset },
      },
    },
    out: folder.path,
    jobs: 1,
    backend,
  });
  await rejects(run, (error) => {
    ok(error instanceof InputError);
    ok(error.message.startsWith("tutorial, cql, seed 0: "), error.message);
    ok(!error.message.includes("\n"));
    return true;
  });
  deepEqual(
    listFiles(folder.path).map(({ path }) => path),
    ["cells/smoke/cql/0.json", "study.config.json"],
  );
});

Deno.test("a study whose environment makes no sense is refused before anything is made", async () => {
  using folder = temporary();
  const { smoke } = study.presets;
  const start: [number, number] = [9, 9];
  const environment = { ...smoke.environment!, start };
  const presets = { smoke: { ...smoke, environment } };
  await rejects(
    runStudy({ study: { ...study, presets }, out: folder.path, backend }),
    /environment\.start is \[9,9\]/,
  );
  deepEqual([...Deno.readDirSync(folder.path)], []);
});
