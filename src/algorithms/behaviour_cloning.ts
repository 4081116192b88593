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

/** What a behaviour cloning program depends on. */
export interface BehaviourCloningOptions {
  /** Layer widths: observation size, hidden layers, actions. */
  readonly sizes: readonly number[];
  readonly batchSize: number;
  /** Weight of mean(logits²). */
  readonly beta: number;
  /** Rows of the observation table. */
  readonly tableRows: number;
}

/**
 * The program: loss = mean(-log p(a | s)) + beta · mean(logits²). Loss terms `imitationLoss` and
 * `regularizationLoss`, the latter with beta.
 */
export function behaviourCloning(options: BehaviourCloningOptions): Program {
  const { sizes, batchSize, beta, tableRows } = options;
  const network = networkLayout(sizes);
  const { outputs: actions, outputStride: stride } =
    network.layers[network.layers.length - 1];
  const samples = call("clone_samples", {
    logits: view("onlineValues"),
    logSumExp: view("logSumExp"),
    sampleLosses: view("sampleLosses"),
    sampleGradient: view("sampleGradient"),
  }, {
    actions,
    stride,
    inverseBatch: 1 / batchSize,
    squareWeight: beta / actions,
  });
  return {
    network,
    plan: planLayout(batchSize, batchSize),
    tableRows,
    buffers: commonBuffers(network, batchSize, batchSize),
    state: ["parameters", "firstMoment", "secondMoment"],
    step: [
      ...gatherCalls(network),
      ...forwardCalls("online", "parameters", network, ROWS.gradient),
      ...lossCalls(network, batchSize, samples, {
        probabilityWeight: 1 / batchSize,
        valueWeight: 2 * beta / (batchSize * actions),
      }),
      ...backwardCalls(network),
    ],
    sync: [],
    sweep: [],
    targetUpdateInterval: 0,
    lossTerms: ["imitationLoss", "regularizationLoss"],
  };
}
