/**
 * Discrete batch-constrained Q-learning (Fujimoto, Conti, Ghavamzadeh and Pineau, 2019, "Benchmarking
 * batch deep reinforcement learning algorithms"): Q-learning that only knows the actions which an
 * imitator of the data finds likely enough, when it learns and when it acts.
 *
 * Deviations from the paper, shared with d3rlpy's `DiscreteBCQ`: the penalty is on normalised logits, and
 * all hidden layers are shared by default.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { planLayout } from "../../kernels/plan.ts";
import { exclusionThreshold } from "../network/decision_rule.ts";
import { boolean, number, type NumbersNamed } from "../settings.ts";
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
  headOf,
  lastLayer,
  lossRowsCall,
  maskTables,
  meanLossesCall,
  networkBuffers,
  softmaxBuffers,
  softmaxCall,
  targetCalls,
  trainedNetwork,
} from "./network_calls.ts";
import { call, stateOf, view } from "./program.ts";

/** Settings of discrete BCQ. */
export type BcqSettings =
  & LearnerSettings
  & ValueSettings
  & NumbersNamed<"actionFlexibility" | "beta">
  & { readonly sharedLayers: boolean };

/**
 * With the imitator's probabilities p, an action b is allowed in s where
 * p(b | s) > actionFlexibility · max p(· | s). Loss = mean(Huber(Q(s,a) - y)) + mean(-log p(a | s)) +
 * beta · mean(l²), y = r + γ · Q'(s',a'), a' = argmax of Q(s',·) over the allowed actions, with the target
 * network Q' and l = log p(· | s). Loss terms `imitationLoss`, `regularizationLoss` (with beta), `tdLoss`.
 */
export const batchConstrainedQLearning: AlgorithmDefinition<
  "bcq",
  BcqSettings
> = {
  name: "bcq",
  title: "batch-constrained Q-learning",
  settings: {
    steps: { ...learnerSettings.steps, default: 80_000 },
    learningRate: learnerSettings.learningRate,
    learningRateSchedule: learnerSettings.learningRateSchedule,
    batchSize: learnerSettings.batchSize,
    gamma: valueSettings.gamma,
    actionFlexibility: number(
      0,
      0.999_999,
      0.3,
      "an action counts if the imitator finds it more than this many times as likely as the likeliest: 0 allows all",
    ),
    beta: number(
      0,
      1_000,
      0.01,
      "weight of the imitator's mean squared normalised logit",
    ),
    sharedLayers: boolean(
      true,
      "whether the imitator stands on the hidden layers of the action values, or has its own",
    ),
    targetUpdateInterval: valueSettings.targetUpdateInterval,
    logInterval: { ...learnerSettings.logInterval, default: 1_000 },
    ensembleSize: learnerSettings.ensembleSize,
    rewardScale: valueSettings.rewardScale,
    checkpointChoice: valueSettings.checkpointChoice,
  },
  startsFrom: "cql",
  build(settings, shape) {
    const { batchSize, beta, actionFlexibility, sharedLayers } = settings;
    const value = trainedNetwork("value", shape, shape.actionCount, {
      hasTarget: true,
    });
    // Without hidden layers there is nothing to share.
    const head = sharedLayers && shape.hidden.length > 0
      ? headOf(value, "imitator", shape.actionCount)
      : undefined;
    const imitator = head ??
      trainedNetwork("imitator", shape, shape.actionCount, {
        isFirst: false,
        decides: true,
      });
    const networks = [value, imitator];
    const { outputs: actions, outputStride: stride } = lastLayer(value);
    const rowCapacity = 2 * batchSize;
    const plan = planLayout(batchSize, rowCapacity);
    const target = targetCalls(
      value,
      plan,
      shape.tableRows,
      settings.targetUpdateInterval,
      ROWS.next,
    );
    const values = view("onlineValues");
    const logits = view("imitator.onlineValues");
    const logSumExp = view("imitator.logSumExp");
    const rowPenalty = view("rowPenalty");
    const sampleLosses = view("sampleLosses");
    return {
      networks,
      state: stateOf(networks),
      outputs: "qValues",
      decision: {
        imitator: { network: "imitator", flexibility: actionFlexibility },
      },
      discount: settings.gamma,
      rewardScale: rewardScaleOf(settings, shape),
      plan,
      tableRows: shape.tableRows,
      tables: maskTables(value, shape.tableRows),
      buffers: [
        ...networks.flatMap((network) => networkBuffers(network, rowCapacity)),
        ...batchBuffers(value, plan, 3),
        ...softmaxBuffers(imitator, rowCapacity),
        { name: "sampleGradient", length: batchSize },
        { name: "imitator.sampleGradient", length: batchSize },
        { name: "rowTerms", length: batchSize * stride },
        { name: "rowPenalty", length: batchSize },
        ...target.buffers,
      ],
      step: [
        ...gatherCalls(value),
        ...networks.flatMap((network) =>
          forwardCalls(network, "online", ROWS.all)
        ),
        ...target.step,
        softmaxCall(imitator, 1),
        call("clone_rows", {
          logits,
          probabilities: view("imitator.probabilities"),
          logSumExp,
          rowTerms: view("rowTerms"),
          rowPenalty,
        }, { actions, stride, beta, squareWeight: beta / actions }),
        call("clone_samples", {
          logits,
          logSumExp,
          rowPenalty,
          sampleLosses,
          sampleGradient: view("imitator.sampleGradient"),
        }, { stride, inverseBatch: 1 / batchSize }),
        call("bcq_samples", {
          values,
          logits,
          targetValues: target.values,
          sampleLosses,
          sampleGradient: view("sampleGradient"),
        }, {
          actions,
          stride,
          table: target.table,
          term: 2,
          logFlexibility: exclusionThreshold(actionFlexibility),
          inverseBatch: 1 / batchSize,
        }),
        lossRowsCall(imitator, "rowTerms", 1 / batchSize),
        // Nothing but a sample's own action has a gradient: any finite rowTerms serve.
        lossRowsCall(value, values.buffer, 0),
        meanLossesCall(3, batchSize),
        ...backwardCalls(imitator),
        ...backwardCalls(value, { head }),
      ],
      targetUpdate: target.targetUpdate,
      sweep: target.sweep,
      targetUpdateInterval: settings.targetUpdateInterval,
      lossTerms: [
        { name: "imitationLoss", weight: 1 },
        { name: "regularizationLoss", weight: 1 },
        { name: "tdLoss", weight: 1 },
      ],
    };
  },
};
