/**
 * Discrete implicit Q-learning (Kostrikov, Nair and Levine, 2022): values of the best actions that
 * the data hold, without asking for the value of any other, and a policy cloned from the data in
 * proportion to how much better than V its actions are.
 *
 * Deviations from the paper: one critic in place of the minimum of two, a target network that is
 * updated at an interval in place of a moving average, and a policy over discrete actions.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { planLayout } from "../../kernels/plan.ts";
import { number, type NumbersNamed } from "../settings.ts";
import {
  type AlgorithmDefinition,
  type LearnerSettings,
  learnerSettings,
  rewardScaleOf,
  type ValueSettings,
  valueSettings,
} from "./define.ts";
import {
  backwardCalls,
  batchBuffers,
  forwardCalls,
  gatherCalls,
  lastLayer,
  lossRowsCall,
  maskTables,
  meanLossesCall,
  networkBuffers,
  outputGradientName,
  softmaxBuffers,
  softmaxCall,
  targetCalls,
  trainedNetwork,
} from "./network_calls.ts";
import { call, stateOf, view } from "./program.ts";

/** Settings of IQL. */
export type IqlSettings =
  & LearnerSettings
  & ValueSettings
  & NumbersNamed<"expectile" | "advantageCap">
  & { readonly advantageTemperature: number | null };

/** Advantage temperatures, where none is given, in the largest absolute reward of the data. */
const TEMPERATURES_IN_LARGEST = 10;

/**
 * With u = Q'(s,a) - V(s) and the target network Q', the losses, each of a network of its own, are
 * `policyLoss` mean(-min(exp(u / T), advantageCap) · log p(a | s)) with
 * T = advantageTemperature · rewardScale (without one, a tenth of the largest absolute reward of the data
 * takes its place), `valueLoss` mean(|expectile - 1[u < 0]| · u²) and
 * `criticLoss` mean((Q(s,a) - y)²), y = r + γ · V(s').
 * What stands in another network's loss is held fixed, and all three are updated from the same
 * parameters.
 */
export const implicitQLearning: AlgorithmDefinition<"iql", IqlSettings> = {
  name: "iql",
  title: "implicit Q-learning",
  settings: {
    steps: { ...learnerSettings.steps, default: 80_000 },
    learningRate: learnerSettings.learningRate,
    learningRateSchedule: learnerSettings.learningRateSchedule,
    batchSize: learnerSettings.batchSize,
    gamma: valueSettings.gamma,
    expectile: number(
      0.01,
      0.99,
      0.7,
      "expectile of the data's action values that V estimates: 0.5 is their mean, towards 1 their best",
    ),
    advantageTemperature: {
      ...number(
        1e-9,
        1e9,
        1,
        "advantage, in units of the data's rewards, that makes an action's weight in cloning e times as large; `null`: a tenth of the largest absolute reward of the data",
      ),
      nullable: true,
      default: null,
    },
    advantageCap: number(1, 1e6, 100, "the largest such weight"),
    targetUpdateInterval: valueSettings.targetUpdateInterval,
    logInterval: { ...learnerSettings.logInterval, default: 1_000 },
    ensembleSize: learnerSettings.ensembleSize,
    rewardScale: valueSettings.rewardScale,
    checkpointChoice: valueSettings.checkpointChoice,
  },
  startsFrom: "cql",
  isScaledByData: ({ advantageTemperature }) => advantageTemperature === null,
  build(settings, shape) {
    const { batchSize, expectile, advantageCap } = settings;
    const { largestReward = 1 } = shape;
    const rewardScale = rewardScaleOf(settings, shape);
    const temperature = rewardScale *
      (settings.advantageTemperature ??
        largestReward / TEMPERATURES_IN_LARGEST);
    const policy = trainedNetwork("policy", shape, shape.actionCount);
    const value = trainedNetwork("value", shape, 1, { isFirst: false });
    const critic = trainedNetwork("critic", shape, shape.actionCount, {
      isFirst: false,
      hasTarget: true,
    });
    const networks = [policy, value, critic];
    const { outputStride: stride } = lastLayer(policy);
    const rowCapacity = 2 * batchSize;
    const plan = planLayout(batchSize, rowCapacity);
    const target = targetCalls(
      critic,
      plan,
      shape.tableRows,
      settings.targetUpdateInterval,
      ROWS.gradient,
    );
    const values = view("value.onlineValues");
    const actionValues = view("critic.onlineValues");
    const weights = view("advantageWeights");
    const sampleLosses = view("sampleLosses");
    const valueCall = call("expectile_rows", {
      actionValues: target.values,
      values,
      weights,
      sampleLosses,
      gradient: view(outputGradientName(value)),
    }, {
      stride,
      table: target.table,
      term: 1,
      expectile,
      oneMinusExpectile: 1 - expectile,
      gradientScale: -2 / batchSize,
      inverseTemperature: 1 / temperature,
      cap: advantageCap,
      logCap: Math.log(advantageCap),
    });
    const criticCall = call("td_samples", {
      actionValues,
      values,
      sampleLosses,
      sampleGradient: view("critic.sampleGradient"),
    }, { stride, term: 2, twiceInverseBatch: 2 / batchSize });
    const policyCall = call("weighted_clone_rows", {
      logits: view("onlineValues"),
      probabilities: view("probabilities"),
      logSumExp: view("logSumExp"),
      weights,
      sampleLosses,
      gradient: view(outputGradientName(policy)),
    }, { stride, term: 0, inverseBatch: 1 / batchSize });
    return {
      networks,
      state: stateOf(networks),
      outputs: "logits",
      discount: settings.gamma,
      rewardScale,
      plan,
      tableRows: shape.tableRows,
      tables: maskTables(policy, shape.tableRows),
      buffers: [
        ...networks.flatMap((network) => networkBuffers(network, rowCapacity)),
        ...batchBuffers(policy, plan, 3),
        ...softmaxBuffers(policy, rowCapacity),
        { name: "advantageWeights", length: batchSize },
        { name: "critic.sampleGradient", length: batchSize },
        ...target.buffers,
      ],
      step: [
        ...gatherCalls(policy),
        ...networks.flatMap((network) =>
          forwardCalls(
            network,
            "online",
            network === value ? ROWS.all : ROWS.gradient,
          )
        ),
        ...target.step,
        valueCall,
        criticCall,
        // Nothing but a sample's own action has a gradient: any finite rowTerms serve.
        lossRowsCall(critic, actionValues.buffer, 0),
        softmaxCall(policy, 1),
        policyCall,
        meanLossesCall(3, batchSize),
        ...networks.flatMap((network) => backwardCalls(network)),
      ],
      targetUpdate: target.targetUpdate,
      sweep: target.sweep,
      targetUpdateInterval: settings.targetUpdateInterval,
      lossTerms: [
        { name: "policyLoss", weight: 1 },
        { name: "valueLoss", weight: 1 },
        { name: "criticLoss", weight: 1 },
      ],
    };
  },
};
