/**
 * Discrete behaviour cloning: cross-entropy with a penalty on the squared logits, as in d3rlpy's
 * `DiscreteBC`.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { planLayout } from "../../kernels/plan.ts";
import { networkLayout } from "../network/layout.ts";
import {
  backwardCalls,
  commonBuffers,
  forwardCalls,
  gatherCalls,
  lossCalls,
} from "./network_calls.ts";
import { call, type Program, view } from "./program.ts";

/** Names of the loss terms. */
export const CLONING_LOSS_TERMS: readonly string[] = [
  "imitationLoss",
  "regularizationLoss",
];

/** What a behaviour cloning program depends on. */
export interface BehaviourCloningOptions {
  /** Layer widths: observation size, hidden layers, actions. */
  readonly sizes: readonly number[];
  /** Samples of a minibatch. */
  readonly batchSize: number;
  /** Weight of the mean squared normalised logit. */
  readonly beta: number;
  /** Rows of the observation table. */
  readonly tableRows: number;
}

/**
 * The program: loss = mean(-log p(a | s)) + beta · mean(l²), where l are the normalised logits
 * log p(· | s). Loss terms `imitationLoss` and `regularizationLoss`, the latter with beta.
 */
export function behaviourCloning(options: BehaviourCloningOptions): Program {
  const { sizes, batchSize, beta, tableRows } = options;
  const network = networkLayout(sizes);
  const { outputs: actions, outputStride: stride } =
    network.layers[network.layers.length - 1];
  const logits = view("onlineValues");
  const logSumExp = view("logSumExp");
  const rowPenalty = view("rowPenalty");
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
      squareWeight: beta / actions,
      twiceSquareWeight: 2 * beta / actions,
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
    network,
    plan: planLayout(batchSize, batchSize),
    tableRows,
    buffers: [
      ...commonBuffers(network, batchSize, batchSize),
      { name: "rowTerms", length: batchSize * stride },
      { name: "rowPenalty", length: batchSize },
    ],
    state: ["parameters", "firstMoment", "secondMoment"],
    step: [
      ...gatherCalls(network),
      ...forwardCalls("online", "parameters", network, ROWS.gradient),
      ...lossCalls(network, batchSize, own, {
        temperature: 1,
        rowTerms: "rowTerms",
        weight: 1 / batchSize,
      }),
      ...backwardCalls(network),
    ],
    sync: [],
    sweep: [],
    targetUpdateInterval: 0,
    lossTerms: CLONING_LOSS_TERMS,
  };
}
