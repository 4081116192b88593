/**
 * By which of its exact values a policy is judged, and how they are called.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { ExactEvaluation } from "../mdp/exact.ts";
import { type FiniteMdp, unsafeName } from "../mdp/mdp.ts";
import type { OutcomeProbability } from "./results.ts";

/** What decides it. */
export type MeasuredWorld = Pick<FiniteMdp, "outcomes" | "discount">;

/** The expected return, or the expected discounted return. */
export type ValueName = "returnMean" | "discountedReturnMean";

/** A world that comes with a discount below 1 means the discounted return. */
export function valueName(
  { discount }: Pick<MeasuredWorld, "discount">,
): ValueName {
  return discount < 1 ? "discountedReturnMean" : "returnMean";
}

/** The value in words: `return` or `discounted return`. */
export function valueWords(name: ValueName): string {
  return name === "returnMean" ? "return" : "discounted return";
}

/** The probability of what the world calls unsafe; null where nothing is. */
export function unsafeMeasure(
  world: Pick<MeasuredWorld, "outcomes">,
): OutcomeProbability | null {
  const unsafe = unsafeName(world);
  return unsafe === null ? null : `${unsafe}Probability`;
}

/**
 * Both of a policy, in the order of {@link measureNames}.
 *
 * @throws InputError if its return has no expectation.
 */
export function measuresOf(
  evaluation: ExactEvaluation,
  world: MeasuredWorld,
): number[] {
  const value = evaluation[valueName(world)];
  if (value === null) {
    throw new InputError(
      "a policy goes on for ever and its return has no expectation: give the world a horizon (environment.maxSteps) or a discount",
    );
  }
  const { unsafeProbability } = evaluation;
  return [value, ...unsafeMeasure(world) === null ? [] : [unsafeProbability]];
}

/** Both, as a training table has them behind the losses. */
export function measureNames(world: MeasuredWorld): string[] {
  const unsafe = unsafeMeasure(world);
  return [valueName(world), ...unsafe === null ? [] : [unsafe]];
}
