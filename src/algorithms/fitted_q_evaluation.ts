/**
 * Fitted Q evaluation (Le, Voloshin and Yue, 2019, algorithm 3): what a given policy is worth, learnt from
 * the data of another. It is no learner of policies, and so none of the algorithms of a configuration.
 *
 * Deviations from the paper, shared with d3rlpy's `DiscreteFQE`: a round is a number of Adam's steps from
 * the parameters of the round before, not a regression solved anew, and the loss is Huber's at 1.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { planLayout } from "../../kernels/plan.ts";
import type { LearningShape } from "./define.ts";
import {
  backwardCalls,
  batchBuffers,
  forwardCalls,
  gatherCalls,
  lastLayer,
  lossRowsCall,
  meanLossesCall,
  networkBuffers,
  targetCalls,
  trainedNetwork,
} from "./network_calls.ts";
import { call, type Program, stateOf, view } from "./program.ts";

/** What its Program depends on. */
export interface FittedQSettings {
  /** Transitions of a minibatch. */
  readonly batchSize: number;
  /** γ */
  readonly gamma: number;
  /** Steps of a round: between two hard copies of the parameters to the target network. */
  readonly targetUpdateInterval: number;
}

/** The table of the evaluated policy: its probabilities, [tableRows, actions], flushed. */
export const TARGET_PROBABILITIES = "targetProbabilities";

/**
 * Loss `tdLoss` = mean(Huber(Q(s,a) - y)), y = r + γ · Σ_b π(b|s') · Q'(s',b), with the target network Q' and
 * the evaluated policy π. An action that is not allowed has probability 0.
 */
export function fittedQProgram(
  { batchSize, gamma, targetUpdateInterval }: FittedQSettings,
  shape: Omit<LearningShape, "masked">,
): Program {
  const { tableRows } = shape;
  const network = trainedNetwork(
    "value",
    { ...shape, masked: false },
    shape.actionCount,
    { hasTarget: true },
  );
  const { outputs: actions, outputStride: stride } = lastLayer(network);
  const rowCapacity = 2 * batchSize;
  const plan = planLayout(batchSize, rowCapacity);
  const target = targetCalls(
    network,
    plan,
    tableRows,
    targetUpdateInterval,
    ROWS.next,
  );
  const values = view("onlineValues");
  const samples = call("expected_samples", {
    values,
    targetValues: target.values,
    probabilities: view(TARGET_PROBABILITIES),
    sampleLosses: view("sampleLosses"),
    sampleGradient: view("sampleGradient"),
  }, { actions, stride, table: target.table, inverseBatch: 1 / batchSize });
  return {
    networks: [network],
    state: stateOf([network]),
    outputs: "qValues",
    discount: gamma,
    rewardScale: 1,
    plan,
    tableRows,
    tables: [{ name: TARGET_PROBABILITIES, length: tableRows * actions }],
    buffers: [
      ...networkBuffers(network, rowCapacity),
      ...batchBuffers(network, plan, 1),
      { name: "sampleGradient", length: batchSize },
      ...target.buffers,
    ],
    step: [
      ...gatherCalls(network),
      ...forwardCalls(network, "online", ROWS.gradient),
      ...target.step,
      samples,
      // Nothing but a sample's own action has a gradient: any finite rowTerms serve.
      lossRowsCall(network, values.buffer, 0),
      meanLossesCall(1, batchSize),
      ...backwardCalls(network),
    ],
    targetUpdate: target.targetUpdate,
    sweep: target.sweep,
    targetUpdateInterval,
    lossTerms: [{ name: "tdLoss", weight: 1 }],
  };
}
