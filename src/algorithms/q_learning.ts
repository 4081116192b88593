/**
 * Deep Q-learning on a fixed data set: DQN (Mnih et al., 2015), Double DQN (van Hasselt et al.,
 * 2016) and discrete conservative Q-learning (Kumar et al., 2020, CQL(H)). One program: DQN and
 * Double DQN are CQL with alpha 0; they differ in the target.
 *
 * Deviations from the papers, shared with d3rlpy: Adam in place of RMSProp, a Huber loss at 1, and
 * CQL on top of the Double DQN target.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { planLayout } from "../../kernels/plan.ts";
import {
  number,
  type NumbersNamed,
  type SettingDefinitions,
} from "../settings.ts";
import {
  checkCritics,
  criticProgram,
  type CriticSettings,
  criticSettings,
} from "./critics.ts";
import {
  type AlgorithmDefinition,
  type LearnerSettings,
  learnerSettings,
  type LearningShape,
  rewardScaleOf,
  type ValueSettings,
  valueSettings,
} from "./define.ts";
import {
  backwardCalls,
  batchBuffers,
  forwardCalls,
  gatherCalls,
  lossRowsCall,
  maskTables,
  meanLossesCall,
  networkBuffers,
  qSamplesCall,
  softmaxBuffers,
  softmaxCall,
  targetCalls,
  trainedNetwork,
} from "./network_calls.ts";
import { type Program, stateOf, view } from "./program.ts";

/** Settings that the three have in common. */
export type QSettings =
  & LearnerSettings
  & ValueSettings
  & CriticSettings
  & NumbersNamed<"targetActionNoise">;

/** Those of CQL. */
export type CqlSettings = QSettings & NumbersNamed<"alpha" | "temperature">;

const settings: SettingDefinitions<CqlSettings> = {
  steps: { ...learnerSettings.steps, default: 80_000 },
  learningRate: learnerSettings.learningRate,
  learningRateSchedule: learnerSettings.learningRateSchedule,
  batchSize: learnerSettings.batchSize,
  gamma: valueSettings.gamma,
  alpha: number(0, 1_000, 6, "weight of the conservative term"),
  temperature: number(
    1e-6,
    1e6,
    1,
    "temperature of its logsumexp: differences of action values far above it count in full",
  ),
  targetUpdateInterval: valueSettings.targetUpdateInterval,
  logInterval: { ...learnerSettings.logInterval, default: 1_000 },
  ensembleSize: learnerSettings.ensembleSize,
  rewardScale: valueSettings.rewardScale,
  targetActionNoise: number(
    0,
    1,
    0,
    "probability with which the target replaces the next action by a uniform one",
  ),
  ...criticSettings,
  checkpointChoice: valueSettings.checkpointChoice,
};

/** Double DQN with the conservative term. */
export const conservativeQLearning: AlgorithmDefinition<"cql", CqlSettings> = {
  name: "cql",
  title: "conservative Q-learning",
  settings,
  check: checkCritics,
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
  check: checkCritics,
  build: (settings, shape) => qLearning(settings, shape, { doubleQ: false }),
};

/** Q-learning with the online network's choice and the target network's value. */
export const doubleDeepQLearning: AlgorithmDefinition<"doubleDqn", QSettings> =
  {
    name: "doubleDqn",
    title: "Double DQN",
    settings: dqnSettings,
    startsFrom: "cql",
    check: checkCritics,
    build: (settings, shape) => qLearning(settings, shape, { doubleQ: true }),
  };

/** What the three differ in. */
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
 * latter without alpha. Several critics and quantile heads: see {@link criticProgram}.
 */
function qLearning(
  settings: QSettings,
  shape: LearningShape,
  { doubleQ, alpha = 0, temperature = 1 }: Variant,
): Program {
  const { batchSize, gamma, targetUpdateInterval } = settings;
  const common = {
    outputs: "qValues",
    discount: gamma,
    rewardScale: rewardScaleOf(settings, shape),
    tableRows: shape.tableRows,
    targetUpdateInterval,
    lossTerms: [
      { name: "tdLoss", weight: 1 },
      { name: "conservativeLoss", weight: alpha },
    ],
  } as const;
  if (settings.criticCount > 1 || settings.quantiles > 0) {
    const loss = { ...settings, doubleQ, alpha, temperature };
    return { ...common, ...criticProgram(loss, shape) };
  }
  const network = trainedNetwork("value", shape, shape.actionCount, {
    hasTarget: true,
  });
  const rowCapacity = 2 * batchSize;
  const plan = planLayout(batchSize, rowCapacity);
  const target = targetCalls(
    network,
    plan,
    shape.tableRows,
    targetUpdateInterval,
    ROWS.next,
  );
  const samples = qSamplesCall(network, target, view("onlineValues"), {
    ...settings,
    doubleQ,
    alpha,
  });
  return {
    ...common,
    networks: [network],
    state: stateOf([network]),
    plan,
    tables: maskTables(network, shape.tableRows),
    buffers: [
      ...networkBuffers(network, rowCapacity),
      ...batchBuffers(network, plan, 2),
      ...softmaxBuffers(network, rowCapacity),
      { name: "sampleGradient", length: batchSize },
      ...target.buffers,
    ],
    step: [
      ...gatherCalls(network),
      ...forwardCalls(network, "online", doubleQ ? ROWS.all : ROWS.gradient),
      ...target.step,
      softmaxCall(network, temperature),
      samples,
      lossRowsCall(network, "probabilities", alpha / batchSize),
      meanLossesCall(2, batchSize),
      ...backwardCalls(network),
    ],
    targetUpdate: target.targetUpdate,
    sweep: target.sweep,
  };
}
