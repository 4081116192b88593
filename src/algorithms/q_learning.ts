/**
 * Deep Q-learning on a fixed data set: DQN (Mnih et al., 2015), Double DQN (van Hasselt et al.,
 * 2016) and discrete conservative Q-learning (Kumar et al., 2020, CQL(H)). One program: DQN and
 * Double DQN are CQL with alpha 0 and with one or the other target.
 *
 * Deviations from the papers, shared with d3rlpy: Adam in place of RMSProp, a Huber loss at 1, and
 * CQL on top of the Double DQN target.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { planLayout } from "../../kernels/plan.ts";
import {
  choice,
  integer,
  number,
  type NumbersNamed,
  type SettingDefinitions,
} from "../settings.ts";
import {
  type AlgorithmDefinition,
  type CheckpointChoice,
  type LearnerSettings,
  learnerSettings,
  type LearningShape,
} from "./define.ts";
import {
  backwardCalls,
  forwardCalls,
  gatherCalls,
  lastLayer,
  lossBuffers,
  lossCalls,
  networkBuffers,
  trainedNetwork,
} from "./network_calls.ts";
import { call, type Program, stateOf, view } from "./program.ts";

/** Settings that the three have in common. */
export type QSettings =
  & LearnerSettings
  & NumbersNamed<
    "gamma" | "targetUpdateInterval" | "rewardScale" | "actionNoise"
  >
  & Required<CheckpointChoice>;

/** Those of CQL. */
export type CqlSettings = QSettings & NumbersNamed<"alpha" | "temperature">;

const settings: SettingDefinitions<CqlSettings> = {
  steps: { ...learnerSettings.steps, default: 80_000 },
  learningRate: learnerSettings.learningRate,
  learningRateSchedule: learnerSettings.learningRateSchedule,
  batchSize: learnerSettings.batchSize,
  gamma: number(0, 1, 0.99, "discount"),
  alpha: number(0, 1_000, 6, "weight of the conservative term"),
  temperature: number(
    1e-6,
    1e6,
    1,
    "temperature of its logsumexp: differences of action values far above it count in full",
  ),
  targetUpdateInterval: integer(
    1,
    100_000_000,
    8_000,
    "steps between hard copies to the target network",
  ),
  logInterval: { ...learnerSettings.logInterval, default: 1_000 },
  members: learnerSettings.members,
  rewardScale: number(
    1e-6,
    1e6,
    1,
    "rewards are multiplied by it; action values are in its units",
  ),
  actionNoise: number(
    0,
    1,
    0,
    "how often the target takes the next action to be replaced by a uniform one",
  ),
  checkpointChoice: choice(
    ["last", "model"],
    "`last`, or `model`: of the logging intervals in the second half, the policy worth most in a pessimistic model counted from the data",
  ),
};

/** Double DQN with the conservative term. */
export const conservativeQLearning: AlgorithmDefinition<"cql", CqlSettings> = {
  name: "cql",
  title: "conservative Q-learning",
  settings,
  build: (settings, shape) =>
    qLearning(settings, shape, { doubleQ: true, ...settings }),
};

const { alpha: _, temperature: __, ...dqnSettings } = settings;

/** Q-learning with the target network's own maximum. */
export const deepQLearning: AlgorithmDefinition<"dqn", QSettings> = {
  name: "dqn",
  title: "DQN",
  settings: dqnSettings,
  startsFrom: "cql",
  build: (settings, shape) => qLearning(settings, shape, { doubleQ: false }),
};

/** Q-learning with the online network's choice and the target network's value. */
export const doubleDeepQLearning: AlgorithmDefinition<"doubleDqn", QSettings> =
  {
    name: "doubleDqn",
    title: "Double DQN",
    settings: dqnSettings,
    startsFrom: "cql",
    build: (settings, shape) => qLearning(settings, shape, { doubleQ: true }),
  };

/** What tells the three apart. */
interface Variant {
  /** Whether the online network chooses the action of the target. */
  readonly doubleQ: boolean;
  /** Weight of mean(logsumexp Q(s,·) - Q(s,a)). */
  readonly alpha?: number;
  /** T of the conservative term: alpha · mean(T · logsumexp(Q/T) - Q(s,a)). */
  readonly temperature?: number;
}

/**
 * Loss = mean(Huber(Q(s,a) - y)) + alpha · mean(T · logsumexp(Q(s,·)/T) - Q(s,a)),
 * y = r + γ · ((1 - n) · Q'(s',a') + n · mean Q'(s',·)) with the action noise n, the target network
 * Q' and a' = argmax Q(s',·), or of Q' for DQN. Loss terms `tdLoss` and `conservativeLoss`, the
 * latter without alpha.
 *
 * The target network changes only at a sync, so its values for the whole observation table are
 * computed once per sync (the sweep), unless evaluating each step's next observations costs less.
 * Both ways give the same bits.
 */
function qLearning(
  { batchSize, gamma, rewardScale, actionNoise, targetUpdateInterval }:
    QSettings,
  shape: LearningShape,
  { doubleQ, alpha = 0, temperature = 1 }: Variant,
): Program {
  const { tableRows } = shape;
  const network = trainedNetwork("value", shape, shape.actionCount, {
    hasTarget: true,
  });
  const { layout } = network;
  const { outputs: actions, outputStride: stride } = lastLayer(network);
  const rowCapacity = 2 * batchSize;
  const table = tableRows <= targetUpdateInterval * batchSize;
  const targetForward = (rows: number) =>
    forwardCalls("target", "targetParameters", layout, rows);
  const samples = call("q_samples", {
    values: view("onlineValues"),
    targetValues: view(table ? "targetTable" : "targetValues"),
    logSumExp: view("logSumExp"),
    sampleLosses: view("sampleLosses"),
    sampleGradient: view("sampleGradient"),
  }, {
    actions,
    stride,
    table: table ? 1 : 0,
    doubleQ: doubleQ ? 1 : 0,
    greedyShare: 1 - actionNoise,
    uniformShare: actionNoise / actions,
    inverseBatch: 1 / batchSize,
    conservativeWeight: alpha / batchSize,
  });
  return {
    networks: [network],
    state: stateOf([network]),
    outputs: "qValues",
    discount: gamma,
    rewardScale,
    plan: planLayout(batchSize, rowCapacity),
    tableRows,
    buffers: [
      ...networkBuffers(network, rowCapacity),
      ...lossBuffers(network, rowCapacity, batchSize),
      ...(table ? [{ name: "targetTable", length: tableRows * stride }] : []),
    ],
    step: [
      ...gatherCalls(network),
      ...forwardCalls(
        "online",
        "parameters",
        layout,
        doubleQ ? ROWS.all : ROWS.gradient,
      ),
      ...(table ? [] : targetForward(ROWS.next)),
      ...lossCalls(network, batchSize, [samples], {
        temperature,
        rowTerms: "probabilities",
        weight: alpha / batchSize,
      }),
      ...backwardCalls(network),
    ],
    sync: [
      call("copy", {
        input: view("parameters"),
        output: view("targetParameters"),
      }, {
        count: layout.parameterCount,
      }),
    ],
    sweep: table
      ? [
        ...gatherCalls(network),
        ...targetForward(ROWS.all),
        call("scatter_rows", {
          values: view("targetValues"),
          table: view("targetTable"),
        }, {
          stride,
        }),
      ]
      : [],
    targetUpdateInterval,
    lossTerms: [
      { name: "tdLoss", weight: 1 },
      { name: "conservativeLoss", weight: alpha },
    ],
  };
}
