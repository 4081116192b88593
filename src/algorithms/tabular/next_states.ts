/**
 * The next states of each pair, counted, and what entering any state is worth: for learners that doubt which
 * next states there are.
 *
 * @module
 */
import { endingOutcomes } from "../../mdp/mdp.ts";
import type { CountedModel } from "./counted_model.ts";

/**
 * Pair p led to the states `next[i]` for i in `first[p]` up to, without it, `first[p + 1]`, each once.
 */
export interface NextStates {
  /** [S · A + 1] */
  readonly first: Uint32Array;
  /** [n] */
  readonly next: Int32Array;
  /** [n] how often. */
  readonly count: Float64Array;
  /** [n] mean reward. */
  readonly reward: Float64Array;
  /** [n] share that went on. */
  readonly goesOn: Float64Array;
  /**
   * The same for entering a state from anywhere, [S]. A state that was never entered pays the lowest reward
   * of the data, at most 0, and goes on.
   */
  readonly entered: {
    readonly count: Float64Array;
    readonly reward: Float64Array;
    readonly goesOn: Float64Array;
  };
}

/** Outcomes of a counted model by next state. */
export function nextStates(
  { counts, model }: Pick<CountedModel, "counts" | "model">,
): NextStates {
  const { stateCount, outcomeOffsets, probability, nextState } = model;
  const ends = endingOutcomes(model);
  const first = new Uint32Array(counts.length + 1);
  const next: number[] = [];
  const sums: Sums[] = [];
  const into = Array.from({ length: stateCount }, noSums);
  for (let pair = 0; pair < counts.length; pair++) {
    first[pair] = next.length;
    for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
      // Outcomes stand in the order of their next states.
      if (next.length === first[pair] || next.at(-1) !== nextState[i]) {
        next.push(nextState[i]);
        sums.push(noSums());
      }
      // Frequencies are counts divided by that of the pair.
      const n = Math.round(probability[i] * counts[pair]);
      for (const sum of [sums[sums.length - 1], into[nextState[i]]]) {
        sum.count += n;
        sum.reward += n * model.reward[i];
        if (ends[model.outcome[i]] === 0) sum.goesOn += n;
      }
    }
  }
  first[counts.length] = next.length;
  const lowest = model.reward.reduce((min, r) => Math.min(min, r), 0);
  return {
    first,
    next: Int32Array.from(next),
    ...means(sums, lowest),
    entered: means(into, lowest),
  };
}

interface Sums {
  count: number;
  reward: number;
  goesOn: number;
}

function noSums(): Sums {
  return { count: 0, reward: 0, goesOn: 0 };
}

function means(
  sums: readonly Sums[],
  lowest: number,
): NextStates["entered"] {
  return {
    count: Float64Array.from(sums, ({ count }) => count),
    reward: Float64Array.from(
      sums,
      ({ count, reward }) => count === 0 ? lowest : reward / count,
    ),
    goesOn: Float64Array.from(
      sums,
      ({ count, goesOn }) => count === 0 ? 1 : goesOn / count,
    ),
  };
}
