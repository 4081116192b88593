/**
 * What is known of a world that is drawn and of the policies in it: pictures and cells show it.
 *
 * @module
 */
import type { Cell } from "../settings.ts";
import type { Grid } from "./plots/grid.ts";

/** A world that is drawn. */
export interface GridDetails {
  /** How it is drawn. */
  readonly grid: Grid;
  /** What a policy is judged by there, in words: `return`. */
  readonly worth: string;
  /** [S] transitions of the data that begin in each state. */
  readonly visits: ArrayLike<number>;
  /** Those that have an action in each state, by name. */
  readonly policies: Readonly<Record<string, GridPolicy>>;
}

/** A policy in a world that is drawn. */
export interface GridPolicy {
  /** [S] its action, of a table the most probable one. */
  readonly actions: Int32Array;
  /** [S] exact probability of what is unsafe in an episode from each state; null where nothing is. */
  readonly hazards: Float64Array | null;
  /** Its numbers in each state; null where the world has more cells than a page has room for. */
  readonly cells: CellValues | null;
  /** Some of its rollouts; none where none were made. */
  readonly episodes: readonly ShownEpisode[];
}

/** What a policy is worth from each state, and why it acts as it does. */
export interface CellValues {
  /** [S] exact expected return of an episode from each state; NaN where it is not defined. */
  readonly value: Float64Array;
  /** What `scores` are. */
  readonly kind: "action values" | "logits" | "probabilities";
  /** [S, A] in units of the rewards, where they are action values; NaN where the policy excludes the action. */
  readonly scores: ArrayLike<number>;
}

/** A rollout in a picture. */
export interface ShownEpisode {
  /** Which of the rollouts: its luck is that of the streams `rollout/i`. */
  readonly episode: number;
  /** Whether it is shown because few rollouts have a lower return, rather than as one of the first. */
  readonly isWorst: boolean;
  /** Undiscounted. */
  readonly return: number;
  /** Steps until it ended. */
  readonly steps: number;
  /** What happened that has a name, in order of the world's names; `timeout` if it was cut. */
  readonly outcomes: readonly string[];
  /** The cells that it came to, the start first; of a long episode the first. */
  readonly path: readonly Cell[];
}
