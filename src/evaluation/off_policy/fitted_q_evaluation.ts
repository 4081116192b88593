/**
 * What a policy is worth by fitted Q evaluation with a network: for observations that hardly repeat, of
 * which counts say nothing.
 *
 * @module
 */
import { flush } from "../../../kernels/portable.ts";
import {
  fittedQProgram,
  TARGET_PROBABILITIES,
} from "../../algorithms/fitted_q_evaluation.ts";
import { learnerSettings } from "../../algorithms/define.ts";
import { adamSchedule } from "../../algorithms/schedule.ts";
import {
  initialState,
  type TrainingState,
} from "../../algorithms/training_state.ts";
import type { Backend, TrainingTask } from "../../backends/backend.ts";
import { checkConfig, checkSettings } from "../../config/schema.ts";
import type { Dataset } from "../../dataset/dataset.ts";
import type { DistinctRows } from "../../dataset/distinct_rows.ts";
import { learntRows } from "../../dataset/ends.ts";
import { planSource, uniformDraw } from "../../dataset/minibatch_plan.ts";
import { validateDataset } from "../../dataset/validate.ts";
import { InputError } from "../../errors.ts";
import {
  encodeObservations,
  type Encoder,
  type EncoderName,
  fitEncoder,
} from "../../network/encoder.ts";
import { initialParameters } from "../../network/initial.ts";
import { evaluatePolicy } from "../../network/policy.ts";
import { requireLength } from "../../numerics/arrays.ts";
import { randomStream } from "../../numerics/random.ts";
import { defaultsOf, type SettingDefinitions } from "../../settings.ts";
import {
  DivergenceError,
  runTraining,
  startCursor,
} from "../../training/train.ts";

/** What is estimated: the expected discounted sum of what each step pays. */
export interface FittedQuantity {
  /** [N] what each step pays: rewards, or 1 on the last step of episodes that have an outcome. */
  readonly rewards: ArrayLike<number>;
  /** γ, in [0, 1]. */
  readonly discount: number;
}

/** How the networks are trained. */
export interface FittedQTraining {
  /** Updates of the parameters, in rounds of equally many; by default 10,000. */
  readonly steps: number;
  /** Adam's step size, which falls to 0 with the last step; by default 1e-3. */
  readonly learningRate: number;
  /** Transitions of a minibatch, drawn uniformly with replacement; by default 256. */
  readonly batchSize: number;
}

const fittedQTraining: SettingDefinitions<FittedQTraining> = {
  steps: { ...learnerSettings.steps, default: 10_000 },
  learningRate: { ...learnerSettings.learningRate, default: 1e-3 },
  batchSize: learnerSettings.batchSize,
};

/** How a policy is evaluated by networks. */
export interface FittedQOptions extends Partial<FittedQTraining> {
  /** H, steps after which an episode ends in any case. */
  readonly horizon: number;
  /** Units of each hidden layer; by default [64, 64]. */
  readonly hidden?: readonly number[];
  /** How observations are encoded; by default one-hot where the data say that they are names, else scaled. */
  readonly encoder?: EncoderName;
  /** Names the streams of the initial networks and of the minibatches; by default 0. */
  readonly seed?: number;
}

/** What the policy is worth in the data's distinct observations, U of them in the order of `learntRows`. */
export interface FittedQ {
  /** [U, A] Q, with H steps to go; of no meaning for actions that are not allowed. */
  readonly actionValues: Float64Array;
  /** [U] Σ_a π(a|s) · Q(s,a). */
  readonly values: Float64Array;
  /** Their mean over the first observations of the episodes. */
  readonly value: number;
}

/**
 * Fitted Q evaluation (Le, Voloshin and Yue, 2019, algorithm 3) of a policy in H rounds from Q = 0, for
 * several quantities side by side. In tables the same is `plugin`, with pairs never seen worth 0; a
 * network gives them what it extrapolates.
 *
 * Rewards are scaled so that no sum that an episode of the data has is above 1/2: a Huber loss at 1 then
 * is half a squared one, whose minimum is the mean. A truncated step goes on from its final observation.
 *
 * @param target [U, A] the policy's probabilities in the distinct observations of the data, 0 where an
 *   action is not allowed.
 * @returns One for each quantity, with the same bits on every backend.
 * @throws InputError if the data are not valid, sizes differ, or a setting is out of range.
 * @throws DivergenceError if a loss or parameter is no longer finite.
 *
 * @example The policy that always takes action 1 gets the reward of every second step
 * ```ts
 * import { datasetFromArrays, fittedQEvaluation, wasmBackend } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 1, 0, 1],
 *   actions: [0, 1, 1, 0],
 *   rewards: [0, 2, 1, 0],
 *   terminated: [0, 1, 0, 1],
 * });
 * const target = Float64Array.of(0, 1, 0, 1);
 * const [{ value }] = await fittedQEvaluation(
 *   dataset,
 *   target,
 *   [{ rewards: dataset.rewards, discount: 1 }],
 *   { horizon: 2, steps: 400, hidden: [8], learningRate: 0.01, batchSize: 16 },
 *   wasmBackend({ threads: 1 }),
 * );
 * equal(value.toFixed(1), "3.0");
 * ```
 */
export async function fittedQEvaluation(
  dataset: Dataset,
  target: Float64Array,
  quantities: readonly FittedQuantity[],
  options: FittedQOptions,
  backend: Backend,
): Promise<FittedQ[]> {
  const prepared = prepareFittedQ(dataset, target, quantities, options);
  const { task, steps } = prepared;
  const session = await backend.open(task);
  let state: TrainingState;
  try {
    await runTraining(session, task.program.lossTerms, {
      from: startCursor(quantities.length, 1),
      to: steps,
      logInterval: steps,
      onInterval: () => {},
    });
    state = await session.read();
  } finally {
    await session.close();
  }
  const { parameters } = state.buffers;
  if (!parameters.every(Number.isFinite)) {
    throw new DivergenceError(state.step, "a parameter");
  }
  return quantities.map((_, q) =>
    fittedQ(dataset, target, prepared, q, parameters)
  );
}

/** A task that a backend can open, and what is needed to use its result. */
export interface PreparedFittedQ {
  /** A run for each quantity. */
  readonly task: TrainingTask;
  /** Steps to make: H rounds of equally many. */
  readonly steps: number;
  /** [quantities] what rewards are multiplied by. */
  readonly scales: readonly number[];
  /** Of the data's distinct observations. */
  readonly encoder: Encoder | null;
  /** The data's distinct observations. */
  readonly rows: DistinctRows;
}

/** Checks the arguments of {@link fittedQEvaluation} and makes its task. */
export function prepareFittedQ(
  dataset: Dataset,
  target: Float64Array,
  quantities: readonly FittedQuantity[],
  options: FittedQOptions,
): PreparedFittedQ {
  const {
    horizon,
    hidden = [64, 64],
    encoder: name = dataset.observationCategories ? "oneHot" : "minmax",
    seed = 0,
    ...given
  } = options;
  const settings = { ...defaultsOf(fittedQTraining), ...given };
  checkSettings(
    { ...fittedQTraining, horizon: learnerSettings.steps },
    { ...settings, horizon },
    "fitted Q evaluation",
  );
  const { steps, learningRate, batchSize } = settings;
  checkConfig(
    { seed, network: { hidden, encoder: name } },
    "fitted Q evaluation",
  );
  validateDataset(dataset, "the data set");
  if (quantities.length === 0) {
    throw new InputError("nothing is to be estimated");
  }
  const { actionCount, actions } = dataset;
  const rows = learntRows(dataset);
  requireDistributions(target, rows.count, actionCount);
  const encoder = fitEncoder(name, { ...dataset, ...rows });
  const observations = encodeObservations(rows.observations, encoder);
  const stepsOfRound = Math.max(1, Math.floor(steps / horizon));
  const program = fittedQProgram({
    batchSize,
    // Each run's plans have its own.
    gamma: Math.max(...quantities.map(({ discount }) => discount)),
    targetUpdateInterval: stepsOfRound,
  }, {
    observationSize: observations.length / rows.count,
    hidden,
    actionCount,
    tableRows: rows.count,
  });
  const scales = quantities.map((quantity) => rewardScale(dataset, quantity));
  const total = stepsOfRound * horizon;
  const constants = adamSchedule(learningRate, "linear", total);
  const plan = planSource(
    program.plan,
    quantities.map(({ rewards, discount }, q) => ({
      dataset: { ...dataset, rewards: Float32Array.from(rewards) },
      rowOf: rows.rowOf,
      tableRows: rows.count,
      rewardScale: scales[q],
      discount,
      bootstrapOnTruncation: true,
      // The same for each, so that no estimate depends on what else is estimated.
      draw: uniformDraw(randomStream(seed, "minibatch/fqe"), actions.length),
    })),
    quantities.map(() => constants),
  );
  const [{ layout }] = program.networks;
  const state = initialState(program, [
    quantities.map(() => initialParameters(layout, seed, 0, "fqe/")),
  ]);
  // Q = 0 before the first round.
  state.buffers.targetParameters.fill(0);
  return {
    task: {
      program,
      observations,
      tables: {
        [TARGET_PROBABILITIES]: Float32Array.from(
          target,
          (p) => flush(Math.fround(p)),
        ),
      },
      plan,
      state,
    },
    steps: total,
    scales,
    encoder,
    rows,
  };
}

/** Rows of a policy may miss a sum of 1 by this. */
const TOLERANCE = 1e-6;

function requireDistributions(
  target: Float64Array,
  states: number,
  actionCount: number,
): void {
  requireLength(target.length, states * actionCount, "the policy's table");
  for (let s = 0; s < states; s++) {
    const row = target.subarray(s * actionCount, (s + 1) * actionCount);
    const sum = row.reduce((sum, p) => sum + p, 0);
    if (row.every((p) => p >= 0) && Math.abs(sum - 1) <= TOLERANCE) continue;
    throw new InputError(
      `the policy's probabilities in distinct observation ${s} are no distribution: they sum to ${sum}`,
    );
  }
}

/** By what the largest discounted sum from any step on becomes 1/2; 1 where all are 0. */
function rewardScale(
  { episodeOffsets, actions }: Dataset,
  { rewards, discount }: FittedQuantity,
): number {
  requireLength(rewards.length, actions.length, "the rewards");
  if (!(discount >= 0 && discount <= 1)) {
    throw new InputError(`the discount is ${discount}: give one from 0 to 1`);
  }
  let largest = 0;
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    let sum = 0;
    for (let i = episodeOffsets[e + 1] - 1; i >= episodeOffsets[e]; i--) {
      sum = rewards[i] + discount * sum;
      largest = Math.max(largest, Math.abs(sum));
    }
  }
  if (!Number.isFinite(largest)) throw new InputError("a reward is not finite");
  return largest > 0 ? 1 / (2 * largest) : 1;
}

/** What a quantity's network says, in the units of its rewards. */
function fittedQ(
  { actionCount, episodeOffsets }: Dataset,
  target: Float64Array,
  { task: { program }, encoder, rows, scales }: PreparedFittedQ,
  quantity: number,
  parameters: Float32Array,
): FittedQ {
  const [{ layout: network }] = program.networks;
  const { parameterCount } = network;
  const first = quantity * parameterCount;
  const own = parameters.subarray(first, first + parameterCount);
  const outputs = evaluatePolicy(
    { network, members: [own], outputs: "qValues", encoder },
    rows.observations,
  );
  const actionValues = Float64Array.from(outputs, (x) => x / scales[quantity]);
  const values = new Float64Array(rows.count);
  actionValues.forEach((q, i) => {
    values[Math.floor(i / actionCount)] += target[i] * q;
  });
  const episodes = episodeOffsets.length - 1;
  let sum = 0;
  for (let e = 0; e < episodes; e++) {
    sum += values[rows.rowOf[episodeOffsets[e] + e]];
  }
  return { actionValues, values, value: sum / episodes };
}
