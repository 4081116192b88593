/**
 * Which returns the rewards in a log allow.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import type { Interval } from "./intervals.ts";

/**
 * The lowest and the largest discounted return of an episode of at most `horizon` steps whose rewards
 * all occur in the data: those of terminated steps at its end, the others before.
 *
 * @param horizon H, at least 1.
 */
export function allowedReturns(
  { rewards, terminated }: Pick<Dataset, "rewards" | "terminated">,
  discount: number,
  horizon: number,
): Interval {
  const ending: [number, number] = [Infinity, -Infinity];
  const going: [number, number] = [Infinity, -Infinity];
  for (let i = 0; i < rewards.length; i++) {
    const range = terminated[i] === 1 ? ending : going;
    range[0] = Math.min(range[0], rewards[i]);
    range[1] = Math.max(range[1], rewards[i]);
  }
  const extreme = (side: 0 | 1, choose: (...values: number[]) => number) => {
    let value = 0;
    for (let h = 0; h < horizon; h++) {
      // Where no step goes on, or none ends, the infinite bound is never chosen.
      value = choose(ending[side], going[side] + discount * value);
    }
    return value;
  };
  return [extreme(0, Math.min), extreme(1, Math.max)];
}
