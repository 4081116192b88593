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
import { networkLayout } from "../network/layout.ts";
import {
  backwardCalls,
  commonBuffers,
  forwardBuffers,
  forwardCalls,
  gatherCalls,
  lossCalls,
} from "./network_calls.ts";
import { call, type Program, view } from "./program.ts";

/** Names of the loss terms. */
export const Q_LOSS_TERMS: readonly string[] = ["tdLoss", "conservativeLoss"];

/** What a Q-learning program depends on. The discount is in the plan. */
export interface QLearningOptions {
  /** Layer widths: observation size, hidden layers, actions. */
  readonly sizes: readonly number[];
  /** Samples of a minibatch. */
  readonly batchSize: number;
  /** Weight of mean(logsumexp Q(s,·) - Q(s,a)); 0 for (Double) DQN. */
  readonly alpha: number;
  /** T of the conservative term: alpha · mean(T · logsumexp(Q/T) - Q(s,a)). */
  readonly temperature: number;
  /** How often the target takes the next action to be replaced by a uniform one; 0 for the papers'. */
  readonly actionNoise: number;
  /** Whether the online network chooses the action of the target (Double DQN). */
  readonly doubleQ: boolean;
  /** Steps between two hard copies into the target network. */
  readonly targetUpdateInterval: number;
  /** Rows of the observation table. */
  readonly tableRows: number;
}

/**
 * The program: loss = mean(Huber(Q(s,a) - y)) + alpha · mean(T · logsumexp(Q(s,·)/T) - Q(s,a)).
 * Loss terms
 * `tdLoss` and `conservativeLoss`, the latter without alpha.
 *
 * The target network changes only at a sync, so its values for the whole observation table are
 * computed once per sync (the sweep), unless evaluating each step's next observations costs less.
 * Both ways give the same bits.
 */
export function qLearning(options: QLearningOptions): Program {
  const {
    sizes,
    batchSize,
    alpha,
    temperature,
    actionNoise,
    doubleQ,
    targetUpdateInterval,
    tableRows,
  } = options;
  const network = networkLayout(sizes);
  const rowCapacity = 2 * batchSize;
  const { outputs: actions, outputStride: stride } =
    network.layers[network.layers.length - 1];
  const table = tableRows <= targetUpdateInterval * batchSize;
  const targetForward = (rows: number) =>
    forwardCalls("target", "targetParameters", network, rows);
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
    network,
    plan: planLayout(batchSize, rowCapacity),
    tableRows,
    buffers: [
      ...commonBuffers(network, rowCapacity, batchSize),
      { name: "targetParameters", length: network.parameterCount },
      ...forwardBuffers("target", network, rowCapacity),
      ...(table ? [{ name: "targetTable", length: tableRows * stride }] : []),
    ],
    state: ["parameters", "firstMoment", "secondMoment", "targetParameters"],
    step: [
      ...gatherCalls(network),
      ...forwardCalls(
        "online",
        "parameters",
        network,
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
        count: network.parameterCount,
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
    lossTerms: Q_LOSS_TERMS,
  };
}
