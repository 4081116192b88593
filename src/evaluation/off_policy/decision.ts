/**
 * Whether the data show that a policy meets what is asked of it.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { visible } from "../../visible.ts";
import { meanAtLeast } from "./betting.ts";
import type { Interval } from "./intervals.ts";

/** A condition such as `hazard<=0.01`. */
export interface Requirement {
  /** What is bounded: `return`, `discountedReturn`, `length` or an outcome's name. */
  readonly name: string;
  /** The side that it must not pass. */
  readonly side: "<=" | ">=";
  /** The limit itself. */
  readonly limit: number;
}

/** A condition and what the data say. */
export interface Condition extends Requirement {
  /** The value is not beyond this, towards the wrong side, with the confidence of the condition; null: none. */
  readonly bound: number | null;
  /** Whether the bound is within the limit. */
  readonly isMet: boolean;
}

/** The answer. */
export interface Decision {
  /** Comes before any figure. */
  readonly support: "supported by these data" | "not supported by these data";
  /** Why not; empty where they are supported. */
  readonly reasons: readonly string[];
  /** Null where nothing was asked. */
  readonly verdict: "meets it" | "not shown by these data" | null;
  /** Each with its share of 1 - confidence. */
  readonly conditions: readonly Condition[];
}

/** What can be asked of a policy: expectations, and probabilities of named ends. */
export function askedNames(
  outcomes: readonly { readonly name: string }[],
): string[] {
  const ends = outcomes.map(({ name }) => name);
  return ["return", "discountedReturn", "length", ...ends];
}

/**
 * Reads conditions, separated by commas.
 *
 * @param names What can be asked of.
 * @throws InputError for anything else.
 */
export function parseRequirements(
  text: string,
  names: readonly string[],
): Requirement[] {
  return text.split(",").map((part) => {
    const [, name, side, number] =
      /^\s*(.+?)\s*(<=|>=)\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*$/i
        .exec(part) ?? [];
    if (name === undefined || !Number.isFinite(Number(number))) {
      throw new InputError(
        `--require: ${
          JSON.stringify(visible(part, 80))
        } is no condition; write one as "NAME<=NUMBER" or "NAME>=NUMBER"`,
      );
    }
    if (!names.includes(name)) {
      throw new InputError(
        `--require: there is no ${
          JSON.stringify(visible(name, 80))
        }; there are ${visible(names.join(", "), 300)}`,
      );
    }
    return { name, side: side as Requirement["side"], limit: Number(number) };
  });
}

/**
 * A bound of the expectation of a sum over an episode, from trajectory importance sampling: w (x - low) is
 * never negative, so its mean is bounded from below, whatever the weights' tail; and where the data lack
 * actions of the policy it can only be too small. For an upper bound the same of high - x.
 *
 * @param weights [E] of whole episodes.
 * @param sums [E] x
 * @param allowed The lowest and the largest x that can be; infinite where that is not known, and so is the bound.
 * @param side The bound that a condition with this side needs: from above for "<=".
 * @returns Infinite where there is none.
 */
export function boundOf(
  weights: Float64Array,
  sums: Float64Array,
  allowed: Interval,
  side: Requirement["side"],
  delta: number,
): number {
  const [low, high] = allowed;
  if (side === ">=" && low === -Infinity) return low;
  if (side === "<=" && high === Infinity) return high;
  const beyond = side === ">="
    ? meanAtLeast(weights.map((w, e) => w * (sums[e] - low)), delta)
    : meanAtLeast(weights.map((w, e) => w * (high - sums[e])), delta);
  const bound = side === ">=" ? low + beyond : high - beyond;
  // A bound past what can be: the weights are wrong, and nothing is shown.
  if (beyond <= high - low) return bound;
  return side === ">=" ? -Infinity : Infinity;
}

/**
 * Decides. Each of k conditions is bounded with confidence 1 - (1 - confidence) / k, so that all bounds hold
 * together with the confidence asked for.
 *
 * @param reasons Why the data do not support the policy; then nothing is shown.
 * @param boundFor Gives a bound that fails with probability `delta` at most.
 */
export function decide(
  requirements: readonly Requirement[],
  reasons: readonly string[],
  confidence: number,
  boundFor: (requirement: Requirement, delta: number) => number,
): Decision {
  const delta = (1 - confidence) / requirements.length;
  const conditions = requirements.map((requirement) => {
    const bound = boundFor(requirement, delta);
    const { side, limit } = requirement;
    const isMet = side === "<=" ? bound <= limit : bound >= limit;
    const isKnown = Number.isFinite(bound);
    return { ...requirement, bound: isKnown ? bound : null, isMet };
  });
  const isShown = reasons.length === 0 &&
    conditions.every(({ isMet }) => isMet);
  return {
    support: reasons.length === 0
      ? "supported by these data"
      : "not supported by these data",
    reasons,
    verdict: requirements.length === 0
      ? null
      : isShown
      ? "meets it"
      : "not shown by these data",
    conditions,
  };
}
