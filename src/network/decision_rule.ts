/**
 * How a policy's networks become one value an action, under the arithmetic contract.
 *
 * @module
 */
import { lowestShare, lowestSum } from "../../kernels/lowest_sum.ts";
import {
  clipped,
  flush,
  FORBIDDEN,
  log,
  sqrt,
} from "../../kernels/portable.ts";
import { InputError } from "../errors.ts";
import { requireLength } from "../numerics/arrays.ts";
import { type NetworkLayout, networkLayout } from "./layout.ts";

/** Networks that say which actions the data's behaviour takes. */
export interface Imitator {
  /** Flat parameter buffers of {@link actionLayout}, at least one; the mean of their outputs are logits. */
  readonly members: readonly Float32Array[];
  /** In [0, 1): an action is excluded unless it is more than this many times as likely as the likeliest one. */
  readonly flexibility: number;
}

/** Networks that say how likely an unsafe step is after an action, discounted. */
export interface HazardTerm {
  /** Flat parameter buffers of {@link actionLayout}, one for each member of the policy. */
  readonly members: readonly Float32Array[];
  /** For each, what its outputs, clipped to [0, 1], are multiplied by before the member's values lose them. */
  readonly multipliers: readonly number[];
}

/** What is made of the networks' outputs; without any part, the mean of the members' outputs are the values. */
export interface DecisionRule {
  /** N: output a · N + k is quantile k of action a, and their mean the action's value. */
  readonly quantiles?: number;
  /** In (0, 1]: the value is the mean of this lowest share of the quantiles (their CVaR); by default of all. */
  readonly risk?: number;
  /** The members' mean loses this many of their (population) standard deviations; by default none. */
  readonly spread?: number;
  /** Excludes actions that the behaviour hardly takes. */
  readonly imitator?: Imitator;
  /** What each member's values lose: multiplier · probability of an unsafe step. */
  readonly hazard?: HazardTerm;
}

/** The layers of networks that have one output an action, beside a policy's. */
export function actionLayout(
  { layers }: NetworkLayout,
  actions: number,
): NetworkLayout {
  return networkLayout([...layers.map(({ inputs }) => inputs), actions]);
}

/**
 * Requires that a rule fits its networks.
 *
 * @param where Begins the message.
 * @throws InputError if it does not.
 */
export function requireRule(
  { network, members, quantiles, risk, spread, imitator, hazard }:
    & DecisionRule
    & {
      readonly network: NetworkLayout;
      readonly members: readonly Float32Array[];
    },
  where = "",
): void {
  const demand = (isMet: boolean, what: string) => {
    if (!isMet) throw new InputError(where + what);
  };
  const requireNetworks = (
    all: readonly Float32Array[],
    count: number,
  ) => {
    for (const { length } of all) {
      requireLength(length, count, `${where}a network's parameters`);
    }
  };
  const { outputs } = network.layers.at(-1)!;
  demand(
    quantiles === undefined ||
      Number.isSafeInteger(quantiles) && quantiles > 0 &&
        outputs % quantiles === 0,
    `${outputs} outputs are not those of ${quantiles} quantiles`,
  );
  demand(
    risk === undefined || quantiles !== undefined,
    "risk is of quantiles, and there are none",
  );
  demand(
    risk === undefined || risk > 0 && risk <= 1,
    `risk is ${risk}, not above 0 and at most 1`,
  );
  demand(
    spread === undefined || spread >= 0 && spread <= LARGEST_SPREAD,
    `spread is ${spread}, not a number from 0 to ${LARGEST_SPREAD}`,
  );
  demand(members.length > 0, "the policy has no network");
  requireNetworks(members, network.parameterCount);
  const beside = actionLayout(network, outputs / (quantiles ?? 1));
  if (imitator) {
    const { members, flexibility } = imitator;
    demand(members.length > 0, "the imitator has no network");
    requireNetworks(members, beside.parameterCount);
    demand(
      flexibility >= 0 && flexibility < 1,
      `flexibility is ${flexibility}, not from 0 and below 1`,
    );
  }
  if (hazard) {
    const [own, multipliers] = [
      hazard.members.length,
      hazard.multipliers.length,
    ];
    demand(
      own === members.length && multipliers === own,
      `${own} networks and ${multipliers} multipliers of the hazard for ${members.length} members`,
    );
    requireNetworks(hazard.members, beside.parameterCount);
    demand(
      hazard.multipliers.every((x) => x >= 0 && x < Infinity),
      "a multiplier is not a number from 0",
    );
  }
}

const LARGEST_SPREAD = 1e6;

/**
 * Values of actions from their quantiles: the left fold in ascending order of k, or at a risk below 1
 * of size, of those that count in full, then of the next one times `fraction`; all times `scale`.
 *
 * @param outputs [rows, A · N]
 * @returns [rows, A]
 */
export function quantileValues(
  outputs: Float32Array,
  quantiles: number,
  risk = 1,
): Float32Array {
  const { whole, fraction, scale } = lowestShare(quantiles, risk);
  return new Float32Array(outputs.length / quantiles).map((_, i) => {
    const sum = lowestSum(outputs, i * quantiles, quantiles, whole, fraction);
    return flush(Math.fround(sum * scale));
  });
}

/**
 * The members' mean, a left fold times f32(1 / members), less `spread` times the square root of the
 * mean square of their differences from it, folded likewise.
 */
export function meanOfMembers(
  members: readonly Float32Array[],
  spread = 0,
): Float32Array {
  const { fround } = Math;
  // One has no deviation.
  if (members.length === 1) return members[0];
  const share = fround(1 / members.length);
  const mean = (terms: readonly number[]) =>
    flush(fround(terms.reduce((sum, term) => fround(sum + term)) * share));
  return members[0].map((_, i) => {
    const values = members.map((member) => member[i]);
    const middle = mean(values);
    if (spread === 0) return middle;
    const squares = values.map((value) => {
      const difference = fround(value - middle);
      return fround(difference * difference);
    });
    return flush(
      fround(middle - fround(fround(spread) * sqrt(mean(squares)))),
    );
  });
}

/**
 * What a member's values are without the cost of unsafe steps: values - multiplier · hazards, hazards
 * taken as 0 below 0 and as 1 above 1, as the kernel `less_hazard` has it; NaN where a hazard is.
 */
export function lessHazard(
  values: Float32Array,
  hazards: Float32Array,
  multiplier: number,
): Float32Array {
  const { fround } = Math;
  const factor = fround(multiplier);
  return values.map((value, i) =>
    // What overflows is not safe: clipped, NaN would count as 0.
    Number.isNaN(hazards[i])
      ? NaN
      : flush(fround(value - fround(factor * clipped(hazards[i]))))
  );
}

/**
 * The difference of an action's logit from the largest one at which, and below which, it is excluded:
 * the portable logarithm, and {@link FORBIDDEN} for 0, which no difference reaches.
 */
export function exclusionThreshold(flexibility: number): number {
  const share = Math.fround(flexibility);
  // The logarithm is one of normal numbers.
  return share < 2 ** -126 ? FORBIDDEN : log(share);
}

/**
 * Writes {@link FORBIDDEN} over the values of excluded actions: those whose logit is at or below the
 * largest one of the row, of allowed actions, by the threshold of {@link exclusionThreshold}; NaN where
 * logits that are not finite leave that open.
 *
 * @param values [rows, actions]
 * @param logits [rows, actions]
 * @param allowed [rows, actions] 1 where the action may be chosen; without it, all may.
 */
export function excludeUnlikely(
  values: Float32Array,
  logits: Float32Array,
  actions: number,
  flexibility: number,
  allowed?: Uint8Array,
): Float32Array {
  const threshold = exclusionThreshold(flexibility);
  const kept = values.slice();
  for (let row = 0; row < kept.length; row += actions) {
    let largest = -Infinity;
    for (let i = row; i < row + actions; i++) {
      if (allowed?.[i] !== 0 && logits[i] > largest) largest = logits[i];
    }
    for (let i = row; i < row + actions; i++) {
      const below = Math.fround(logits[i] - largest);
      if (below <= threshold) kept[i] = FORBIDDEN;
      // An imitator that overflows excludes nothing: the action has no value then, rather than one without the rule.
      else if (Number.isNaN(below)) kept[i] = NaN;
    }
  }
  return kept;
}
