/**
 * What Q-learning becomes with several critics, or with critics that are quantile heads (QR-DQN, Dabney et
 * al., 2018): targets from the most pessimistic critic, quantile regression in place of the Huber loss of a
 * mean, and actions compared by the lowest share of the quantiles (CVaR; IQN, Dabney et al., 2018b).
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { lowestShare } from "../../kernels/lowest_sum.ts";
import { padded } from "../../kernels/padding.ts";
import { planLayout } from "../../kernels/plan.ts";
import { InputError } from "../errors.ts";
import {
  integer,
  number,
  type NumbersNamed,
  type SettingDefinitions,
} from "../settings.ts";
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
  outputGradientName,
  targetTables,
  trainedNetwork,
} from "./network_calls.ts";
import {
  type Call,
  call,
  type Decision,
  type Program,
  type ProgramNetwork,
  stateOf,
  view,
} from "./program.ts";

/** Settings of an algorithm's critics. */
export type CriticSettings = NumbersNamed<"criticCount" | "quantiles" | "risk">;

/** Their definitions. */
export const criticSettings: SettingDefinitions<CriticSettings> = {
  criticCount: integer(
    1,
    16,
    1,
    "critics of a network, from the same minibatches; the target is that of the lowest, actions are compared by their mean",
  ),
  quantiles: integer(
    0,
    200,
    0,
    "quantiles of the return that a critic estimates for each action; 0: its mean alone",
  ),
  risk: number(
    1e-3,
    1,
    1,
    "share of the lowest quantiles whose mean (CVaR) is the value of an action; 1: all",
  ),
};

/** Of a Q-learning algorithm, what its critics' calls depend on. */
export interface CriticLoss extends CriticSettings {
  /** B */
  readonly batchSize: number;
  /** Steps between two copies to the target networks. */
  readonly targetUpdateInterval: number;
  /** n: share of the target that takes a uniform next action. */
  readonly targetActionNoise: number;
  /** Whether the online critics choose the action of the target. */
  readonly doubleQ: boolean;
  /** Weight of the conservative term. */
  readonly alpha: number;
  /** Its temperature. */
  readonly temperature: number;
}

/** What of a Program its critics decide. */
type CriticProgram = Pick<
  Program,
  | "networks"
  | "state"
  | "decision"
  | "plan"
  | "tables"
  | "buffers"
  | "step"
  | "targetUpdate"
  | "sweep"
>;

/** Refuses a risk where there are no quantiles. @throws InputError if it is so. */
export function checkCritics({ quantiles, risk }: CriticSettings): void {
  if (quantiles > 0 || risk === 1) return;
  throw new InputError(
    `risk: ${risk} is a share of quantiles, and there are none: set quantiles, such as 32`,
  );
}

/**
 * With critics c and quantiles k (one, the mean, for `quantiles` 0), v(s, a) the mean over critics of an
 * action's value at the risk, and likewise v' of the target networks: the next action is a' = argmax v(s', ·),
 * or v' where not `doubleQ`; each next action has the quantiles of the critic that values it lowest; and the
 * loss is the sum over critics of their Huber or quantile regression losses, plus alpha times one conservative
 * term on v.
 */
export function criticProgram(
  loss: CriticLoss,
  shape: LearningShape,
): CriticProgram {
  const { batchSize, criticCount, quantiles, risk, doubleQ, alpha } = loss;
  const { actionCount: actions, tableRows, masked = false } = shape;
  const width = Math.max(1, quantiles);
  const stride = padded(actions);
  const gradientStride = padded(width);
  const rowCapacity = 2 * batchSize;
  const plan = planLayout(batchSize, rowCapacity);
  // Masks are on actions, which the networks' outputs are not.
  const critics = Array.from(
    { length: criticCount },
    (_, c) =>
      trainedNetwork(
        c === 0 ? "value" : `critic${c + 1}`,
        { ...shape, masked: false },
        actions * width,
        { isFirst: c === 0, hasTarget: true },
      ),
  );
  const headStride = lastLayer(critics[0]).outputStride;

  const share = lowestShare(width, risk);
  /** The mean over critics of each action's value, masked. */
  const valueCalls = (
    which: "online" | "target",
    values: string,
    rows: number,
  ): Call[] => [
    ...critics.map(({ prefix }, c) =>
      call("action_values", {
        heads: view(`${prefix}${which}Values`),
        values: view(values),
      }, {
        rows,
        actions,
        headStride,
        stride,
        quantiles: width,
        ...share,
        accumulate: c > 0 ? 1 : 0,
        criticShare: c === criticCount - 1 ? 1 / criticCount : 1,
      })
    ),
    ...(masked
      ? [
        call("mask_rows", { allowed: view("allowed"), values: view(values) }, {
          rows,
          actions,
          stride,
        }),
      ]
      : []),
  ];

  const { whole, fraction } = share;
  const targetsOf = (rows: number): Call[] => [
    ...critics.flatMap((critic) => forwardCalls(critic, "target", rows)),
    ...(doubleQ ? [] : valueCalls("target", "targetChoice", rows)),
    ...critics.slice(1).map(({ prefix }) =>
      call("lowest_critic", {
        heads: view(`${prefix}targetValues`),
        lowest: view("targetValues"),
      }, {
        rows,
        actions,
        stride: headStride,
        quantiles: width,
        whole,
        fraction,
      })
    ),
  ];
  const heads = {
    rows: "targetValues",
    table: "targetTable",
    stride: headStride,
  };
  const choice = {
    rows: "targetChoice",
    table: "targetChoiceTable",
    stride,
  };
  const { views: [targetHeads, targetChoice], table, ...target } = targetTables(
    critics,
    targetsOf,
    doubleQ ? [heads] : [heads, choice],
    plan,
    tableRows,
    loss.targetUpdateInterval,
    ROWS.next,
  );

  const values = view("actionValues");
  const noise = loss.targetActionNoise;
  const policyCall = call("greedy_policy", {
    values: doubleQ ? values : targetChoice,
    policy: view("nextPolicy"),
  }, {
    actions,
    stride,
    table: doubleQ ? 0 : table,
    greedyShare: 1 - noise,
    noise,
    uniformShare: noise / actions,
  });

  // Of the conservative term, what one critic has.
  const conservativeWeight = alpha / (batchSize * criticCount);
  const samplesCall = ({ prefix }: ProgramNetwork, c: number): Call => {
    const policy = view("nextPolicy");
    const own = view(`${prefix}onlineValues`);
    const written = {
      sampleLosses: view("sampleLosses"),
      sampleGradient: view(`${prefix}sampleGradient`),
    };
    const common = {
      actions,
      stride,
      table,
      inverseBatch: 1 / batchSize,
      accumulate: c > 0 ? 1 : 0,
    };
    return quantiles === 0
      ? call("critic_samples", {
        policy,
        targetValues: targetHeads,
        values: own,
        ...written,
      }, { ...common, conservativeWeight })
      : call("quantile_samples", {
        policy,
        targetHeads,
        heads: own,
        ...written,
      }, {
        ...common,
        headStride,
        gradientStride,
        quantiles,
        midpoint: 1 / (2 * quantiles),
        inverseQuantiles: 1 / quantiles,
      });
  };
  const rowsCall = (critic: ProgramNetwork): Call =>
    quantiles === 0
      ? lossRowsCall(critic, "probabilities", conservativeWeight)
      : call("quantile_loss_rows", {
        probabilities: view("probabilities"),
        heads: view(`${critic.prefix}onlineValues`),
        sampleGradient: view(`${critic.prefix}sampleGradient`),
        gradient: view(outputGradientName(critic)),
      }, {
        actions,
        stride,
        quantiles,
        gradientStride,
        headStride,
        ...share,
        weight: conservativeWeight,
      });
  const { temperature } = loss;
  const decision: Decision = {
    ...(criticCount > 1 && { critics: criticCount }),
    ...(quantiles > 0 && { quantiles }),
    ...(risk < 1 && { risk }),
  };
  return {
    // What is decided by is masked.
    networks: critics.map((critic, c) => ({
      ...critic,
      masked: c === 0 && masked,
    })),
    state: stateOf(critics),
    decision,
    plan,
    tables: masked ? [{ name: "allowed", length: tableRows * actions }] : [],
    buffers: [
      ...critics.flatMap((critic) => networkBuffers(critic, rowCapacity)),
      ...batchBuffers(critics[0], plan, 2),
      ...[
        "actionValues",
        "targetChoice",
        "nextPolicy",
        "probabilities",
      ].map((name) => ({ name, length: rowCapacity * stride })),
      { name: "logSumExp", length: rowCapacity },
      ...critics.map(({ prefix }) => ({
        name: `${prefix}sampleGradient`,
        length: batchSize * (quantiles === 0 ? 1 : gradientStride),
      })),
      ...target.buffers,
    ],
    step: [
      ...gatherCalls(critics[0]),
      ...critics.flatMap((critic) =>
        forwardCalls(critic, "online", doubleQ ? ROWS.all : ROWS.gradient)
      ),
      ...target.step,
      ...valueCalls(
        "online",
        "actionValues",
        doubleQ ? ROWS.all : ROWS.gradient,
      ),
      policyCall,
      call("softmax_rows", {
        values,
        probabilities: view("probabilities"),
        logSumExp: view("logSumExp"),
      }, {
        actions,
        stride,
        temperature,
        inverseTemperature: 1 / temperature,
      }),
      ...critics.map(samplesCall),
      call("conservative_samples", {
        values,
        logSumExp: view("logSumExp"),
        sampleLosses: view("sampleLosses"),
      }, { stride, term: 1 }),
      ...critics.map(rowsCall),
      meanLossesCall(2, batchSize),
      ...critics.flatMap((critic) => backwardCalls(critic)),
    ],
    targetUpdate: target.targetUpdate,
    sweep: target.sweep,
  };
}
