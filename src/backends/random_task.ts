/**
 * Small trainings on random data, by which backends are compared.
 *
 * @module
 */
import { flush } from "../../kernels/portable.ts";
import {
  buildProgram,
  configureAlgorithm,
  knownTables,
  type NetworkName,
} from "../algorithms/index.ts";
import type { CriticSettings } from "../algorithms/critics.ts";
import {
  fittedQProgram,
  TARGET_PROBABILITIES,
} from "../algorithms/fitted_q_evaluation.ts";
import { initialState } from "../algorithms/training_state.ts";
import { adamSchedule } from "../algorithms/schedule.ts";
import type { TrainingTask } from "./backend.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { type DistinctRows, distinctRows } from "../dataset/distinct_rows.ts";
import { planSource, uniformDraw } from "../dataset/minibatch_plan.ts";
import { initialParameters } from "../network/initial.ts";
import { type RandomStream, randomStream } from "../numerics/random.ts";

/** Shape of a task. */
export interface Shape {
  /** `fqe` is fitted Q evaluation. */
  readonly algorithm: NetworkName | "fqe";
  /** Numbers of an observation. */
  readonly inputs: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  /** Number of actions. */
  readonly actions: number;
  /** Transitions of a minibatch. */
  readonly batchSize: number;
  /** Runs that learn at once. */
  readonly runs: number;
  /** Steps between two target updates. */
  readonly interval: number;
  /** Episodes of up to 8 steps, half of whose observations are of few kinds. */
  readonly episodes: number;
  /** Whether about half of the actions are forbidden. */
  readonly masked?: boolean;
  /** Of an algorithm that has one; by default small, so that the multiplier rises. */
  readonly budget?: number;
  /** Of algorithms that have them; by default one critic that is a mean. */
  readonly critics?: CriticSettings;
}

/** A data set of random walks over few observations and of observations that do not repeat. */
export function randomDataset(
  shape: Pick<Shape, "inputs" | "actions" | "episodes" | "masked">,
  random: RandomStream,
): Dataset {
  const { inputs: D, actions, episodes } = shape;
  const lengths = Array.from({ length: episodes }, () => 1 + random.integer(8));
  const N = lengths.reduce((a, b) => a + b, 0);
  const kinds = Float32Array.from(
    { length: 6 * D },
    () => random.integer(3) - 1,
  );
  const observations = new Float32Array((N + episodes) * D);
  for (let row = 0; row < N + episodes; row++) {
    const kind = random.integer(12);
    for (let i = 0; i < D; i++) {
      observations[row * D + i] = kind < 6
        ? kinds[kind * D + i]
        : 2 * random.uniform() - 1;
    }
  }
  const episodeOffsets = new Uint32Array(episodes + 1);
  const terminated = new Uint8Array(N);
  const truncated = new Uint8Array(N);
  lengths.forEach((length, e) => {
    episodeOffsets[e + 1] = episodeOffsets[e] + length;
    (random.uniform() < 0.5 ? terminated : truncated)[
      episodeOffsets[e + 1] - 1
    ] = 1;
  });
  const taken = Int32Array.from({ length: N }, () => random.integer(actions));
  return {
    observationSize: D,
    actionCount: actions,
    observations,
    ...(shape.masked
      ? { allowed: randomMasks(taken, episodeOffsets, actions, random) }
      : {}),
    actions: taken,
    rewards: Float32Array.from({ length: N }, () => 20 * random.uniform() - 15),
    terminated,
    truncated,
    episodeOffsets,
  };
}

/** [N + E, A] flags that allow at least what was taken; some rows allow all, some a single action. */
function randomMasks(
  taken: Int32Array,
  episodeOffsets: Uint32Array,
  actions: number,
  random: RandomStream,
): Uint8Array {
  const episodes = episodeOffsets.length - 1;
  const allowed = new Uint8Array((taken.length + episodes) * actions);
  for (let e = 0; e < episodes; e++) {
    for (let i = episodeOffsets[e]; i <= episodeOffsets[e + 1]; i++) {
      const row = (i + e) * actions;
      const share = [0, 0.3, 0.7, 1][random.integer(4)];
      for (let a = 0; a < actions; a++) {
        if (random.uniform() < share) allowed[row + a] = 1;
      }
      const kept = i < episodeOffsets[e + 1]
        ? taken[i]
        : random.integer(actions);
      allowed[row + kept] = 1;
    }
  }
  return allowed;
}

/** [rows, actions] probabilities, of allowed actions. */
function randomPolicy(
  { count, allowed }: DistinctRows,
  actions: number,
  seed: number,
): Float32Array {
  const random = randomStream(seed, "policy");
  const policy = new Float32Array(count * actions);
  for (let row = 0; row < policy.length; row += actions) {
    const weights = Array.from(
      { length: actions },
      (_, a) => allowed?.[row + a] === 0 ? 0 : random.uniform() ** 3,
    );
    const sum = weights.reduce((sum, w) => sum + w, 0);
    weights.forEach((w, a) => policy[row + a] = flush(Math.fround(w / sum)));
  }
  return policy;
}

/** Program and everything else for a shape; equal arguments give equal tasks. */
export function randomTask(
  shape: Shape,
  seed: number,
  steps: number,
): TrainingTask {
  const { algorithm, batchSize, runs, interval, hidden } = shape;
  const dataset = randomDataset(shape, randomStream(seed, "data"));
  const rows = distinctRows(
    dataset.observations,
    shape.inputs,
    undefined,
    dataset.allowed,
  );
  const settings = {
    batchSize,
    gamma: 0.97,
    alpha: 1.5,
    temperature: 0.5,
    targetActionNoise: 0.05,
    targetUpdateInterval: interval,
    unsafeReward: -8,
    budget: shape.budget ?? 0.05,
    multiplierRate: 20,
    ...shape.critics,
    // With an odd number of runs the imitator has hidden layers of its own.
    sharedLayers: shape.runs % 2 === 0,
    // Networks that have learnt little give actions about the same probability.
    actionFlexibility: 0.95,
    learningRate: 3e-3,
    criticLearningRate: 1e-2,
  };
  const sizes = {
    observationSize: shape.inputs,
    hidden,
    actionCount: shape.actions,
    tableRows: rows.count,
    masked: shape.masked,
  };
  // Settings that an algorithm does not have are of no effect.
  const configured = algorithm === "fqe"
    ? null
    : configureAlgorithm<NetworkName>(algorithm, settings);
  const program = configured
    ? buildProgram(configured, sizes)
    : fittedQProgram(settings, sizes);
  const tables: Record<string, Float32Array> = configured
    ? {
      ...(rows.allowed && { allowed: Float32Array.from(rows.allowed) }),
      ...knownTables(configured, {
        dataset,
        rowOf: rows.rowOf,
        rowCount: rows.count,
      }),
    }
    : { [TARGET_PROBABILITIES]: randomPolicy(rows, shape.actions, seed) };
  const each = <T>(make: (run: number) => T): T[] =>
    Array.from({ length: runs }, (_, run) => make(run));
  return {
    program,
    observations: rows.observations,
    tables,
    plan: planSource(
      program.plan,
      each((run) => ({
        dataset,
        rowOf: rows.rowOf,
        tableRows: rows.count,
        discount: program.discount,
        rewardScale: program.rewardScale,
        bootstrapOnTruncation: run % 2 === 0,
        draw: uniformDraw(
          randomStream(seed, `batch/${run}`),
          dataset.actions.length,
        ),
      })),
      each((run) => adamSchedule(3e-3 / (1 + run), "linear", steps)),
    ),
    state: initialState(
      program,
      program.networks.map(({ layout, prefix }) =>
        each((run) => initialParameters(layout, seed + run, 0, prefix))
      ),
    ),
  };
}
