import { deepEqual, equal, rejects } from "node:assert/strict";
import { referenceBackend } from "../../src/backends/reference.ts";
import { learn } from "../../src/run/learn.ts";
import { openProblem } from "../../src/run/problem.ts";
import { configuredAlgorithm } from "../../src/study/cell.ts";
import { cellConfig, resolveStudy } from "../../src/study/config.ts";
import { keptTraining } from "../../src/study/kept_training.ts";
import { overrides, temporary } from "./small_study.ts";

const bc = { steps: 2_500, batchSize: 4, logInterval: 400 };
const study = resolveStudy({
  presets: ["smoke"],
  algorithms: ["bc"],
  seeds: [0],
  overrides: { ...overrides, algorithms: { bc } },
});
const config = cellConfig(study, { preset: "smoke", policy: "bc", seed: 0 });
const problem = openProblem(config, {});
const algorithm = configuredAlgorithm(config, "bc") as Parameters<
  typeof keptTraining
>[2];
const entry = { config, problem };
const options = { ...entry, algorithm, backend: referenceBackend };

/** Trains until it dies at a step, with checkpoints so many milliseconds apart. */
async function killed(directory: string, every: number): Promise<void> {
  using kept = keptTraining(directory, entry, algorithm, every)!;
  const onStep = (step: number) => {
    if (step > 2_100) throw new Error("killed");
  };
  await rejects(learn({ ...options, ...kept.options, onStep }), /killed/);
}

Deno.test("a small training that was killed goes on from its last checkpoint, and has the bits of one that was not", async () => {
  const expected = await learn(options);
  for (
    const [every, from] of [[0, 2_000], [1e9, 0]] as const
  ) {
    using folder = temporary();
    const directory = `${folder.path}/cell`;
    await killed(directory, every);
    using kept = keptTraining(directory, entry, algorithm)!;
    const starts: number[] = [];
    const learnt = await learn({
      ...options,
      ...kept.options,
      onStart(columns, rows, step) {
        starts.push(step);
        kept.options.onStart(columns, rows);
      },
    });
    deepEqual(starts, [from]);
    deepEqual(learnt, expected);
    kept.remove();
    equal([...Deno.readDirSync(folder.path)].length, 0);
  }
});
