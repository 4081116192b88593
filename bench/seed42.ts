/**
 * The benchmarks' data set and tasks: the 16,753 transitions of the d3rlpy dump that the old
 * tutorial made with seed 42 (not those that the suite collects with its own seed 42), and the
 * tutorial's two algorithms at their default size.
 *
 * @module
 */
import { buildProgram, configureAlgorithm } from "../src/algorithms/index.ts";
import { initialState } from "../src/algorithms/training_state.ts";
import { adamSchedule } from "../src/algorithms/schedule.ts";
import type { TrainingTask } from "../src/backends/backend.ts";
import type { Dataset } from "../src/dataset/dataset.ts";
import { distinctRows } from "../src/dataset/distinct_rows.ts";
import { planSource, uniformDraw } from "../src/dataset/minibatch_plan.ts";
import { initialParameters } from "../src/network/initial.ts";
import { randomStream } from "../src/numerics/random.ts";

/** The two algorithms of the tutorial preset. */
export type Algorithm = "bc" | "cql";

/** What can be varied; the defaults are the tutorial's. */
export interface Variation {
  readonly hidden?: readonly number[];
  readonly batchSize?: number;
  readonly runs?: number;
  readonly dataset?: Dataset;
  readonly targetUpdateInterval?: number;
}

/** Reads `tests/fixtures/gridworld_seed42.json`. */
export function seed42Dataset(): Dataset {
  const file = new URL(
    "../tests/fixtures/gridworld_seed42.json",
    import.meta.url,
  );
  const { episodeLengths, x, y, actions, endings } = JSON.parse(
    Deno.readTextFileSync(file),
  );
  const N: number = actions.length;
  const digit = (text: string, i: number) => parseInt(text[i], 15);
  const observations = new Float32Array(2 * x.length);
  for (let row = 0; row < x.length; row++) {
    observations[2 * row] = digit(x, row);
    observations[2 * row + 1] = digit(y, row);
  }
  const episodeOffsets = new Uint32Array(episodeLengths.length + 1);
  const rewards = new Float32Array(N).fill(-1);
  const terminated = new Uint8Array(N);
  episodeLengths.forEach((length: number, e: number) => {
    episodeOffsets[e + 1] = episodeOffsets[e] + length;
    rewards[episodeOffsets[e + 1] - 1] = endings[e] === "g" ? 50 : -100;
    terminated[episodeOffsets[e + 1] - 1] = 1;
  });
  return {
    observationSize: 2,
    actionCount: 4,
    observations,
    actions: Int32Array.from(actions, Number),
    rewards,
    terminated,
    truncated: new Uint8Array(N),
    episodeOffsets,
  };
}

/**
 * Floating-point operations of a step that evaluates every sample and skips no zero: a forward pass
 * is 2 · weights a sample, a backward pass twice that; Q-learning adds a pass of the online and one
 * of the target network on the next observations.
 */
export function denseFlops(
  algorithm: Algorithm,
  sizes: readonly number[] = [2, 256, 256, 4],
  batchSize = 256,
): number {
  let weights = 0;
  for (let l = 1; l < sizes.length; l++) weights += sizes[l - 1] * sizes[l];
  return 2 * weights * batchSize * (algorithm === "bc" ? 3 : 5);
}

/** A learner's task for up to `steps` steps. */
export function benchTask(
  algorithm: Algorithm,
  steps: number,
  {
    hidden = [256, 256],
    batchSize = 256,
    runs = 1,
    dataset = seed42Dataset(),
    targetUpdateInterval = 8000,
  }: Variation = {},
): TrainingTask {
  const rows = distinctRows(dataset.observations, dataset.observationSize);
  const { observationSize, actionCount } = dataset;
  const program = buildProgram(
    algorithm === "bc"
      ? configureAlgorithm("bc", { batchSize })
      : configureAlgorithm("cql", { batchSize, targetUpdateInterval }),
    { observationSize, hidden, actionCount, tableRows: rows.count },
  );
  const each = <T>(make: (run: number) => T): T[] =>
    Array.from({ length: runs }, (_, run) => make(run));
  return {
    program,
    observations: rows.observations,
    plan: planSource(
      program.plan,
      each((run) => ({
        dataset,
        rowOf: rows.rowOf,
        tableRows: rows.count,
        discount: program.discount,
        rewardScale: program.rewardScale,
        bootstrapOnTruncation: false,
        draw: uniformDraw(
          randomStream(42, `batch/${run}`),
          dataset.actions.length,
        ),
      })),
      each(() => adamSchedule(3e-4, "constant", steps)),
    ),
    state: initialState(
      program,
      program.networks.map(({ layout, prefix }) =>
        each((run) => initialParameters(layout, 42 + run, 0, prefix))
      ),
    ),
  };
}
