/**
 * Discrete behaviour cloning: cross-entropy with a penalty on the squared logits, as in d3rlpy's
 * `DiscreteBC`.
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
  softmaxBuffers,
  softmaxCall,
  trainedNetwork,
} from "./network_calls.ts";
import { call, stateOf, view } from "./program.ts";

/**
 * Loss = mean(-log p(a | s)) + beta · mean(l²), where l are the normalised logits log p(· | s).
 * Loss terms `imitationLoss` and `regularizationLoss`, the latter with beta.
 */
export const behaviourCloning: AlgorithmDefinition<
  "bc",
  LearnerSettings & NumbersNamed<"beta">
> = {
  name: "bc",
  title: "behaviour cloning",
  settings: {
    steps: learnerSettings.steps,
    learningRate: learnerSettings.learningRate,
    learningRateSchedule: learnerSettings.learningRateSchedule,
    batchSize: learnerSettings.batchSize,
    beta: number(0, 1_000, 0.5, "weight of the mean squared normalised logit"),
    logInterval: learnerSettings.logInterval,
    ensembleSize: learnerSettings.ensembleSize,
  },
  build({ batchSize, beta }, shape) {
    const network = trainedNetwork("policy", shape, shape.actionCount);
    const { outputs: actions, outputStride: stride } = lastLayer(network);
    const logits = view("onlineValues");
    const logSumExp = view("logSumExp");
    const rowPenalty = view("rowPenalty");
    const plan = planLayout(batchSize, batchSize);
    const own = [
      call("clone_rows", {
        logits,
        probabilities: view("probabilities"),
        logSumExp,
        rowTerms: view("rowTerms"),
        rowPenalty,
      }, {
        actions,
        stride,
        beta,
        squareWeight: beta / actions,
      }),
      call("clone_samples", {
        logits,
        logSumExp,
        rowPenalty,
        sampleLosses: view("sampleLosses"),
        sampleGradient: view("sampleGradient"),
      }, { stride, inverseBatch: 1 / batchSize }),
    ];
    return {
      networks: [network],
      state: stateOf([network]),
      outputs: "logits",
      // The next observation plays no part.
      discount: 0,
      rewardScale: 1,
      plan,
      tableRows: shape.tableRows,
      tables: maskTables(network, shape.tableRows),
      buffers: [
        ...networkBuffers(network, batchSize),
        ...batchBuffers(network, plan, 2),
        ...softmaxBuffers(network, batchSize),
        { name: "sampleGradient", length: batchSize },
        { name: "rowTerms", length: batchSize * stride },
        { name: "rowPenalty", length: batchSize },
      ],
      step: [
        ...gatherCalls(network),
        ...forwardCalls(network, "online", ROWS.gradient),
        softmaxCall(network, 1),
        ...own,
        lossRowsCall(network, "rowTerms", 1 / batchSize),
        meanLossesCall(2, batchSize),
        ...backwardCalls(network),
      ],
      targetUpdate: [],
      sweep: [],
      targetUpdateInterval: 0,
      lossTerms: [
        { name: "imitationLoss", weight: 1 },
        { name: "regularizationLoss", weight: 1 },
      ],
    };
  },
};
