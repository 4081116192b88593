/**
 * What readers of worlds take besides the file.
 *
 * @module
 */

/** What a file may not say itself, or what is wanted otherwise. */
export interface WorldReadOptions {
  /**
   * Names of the ends: `death=713,survival=714` (states joined by `+`), or other names for outcomes of
   * the file, `goal=endReward1`. Entering a state named here ends the episode.
   */
  readonly outcomes?: string;
  /** Names of the outcomes that a safe policy avoids; without it, what the file or the names say. */
  readonly unsafe?: readonly string[];
  /**
   * Which actions are allowed. `"all"`: every one, whatever the file says. `"mask"`: by the file's
   * `action_mask`, which Gymnasium means as advice. Anything else: the path of a text file, in which the
   * n-th line of indices (after a line of their numbers, if there is one) lists the actions of state n.
   * Without it: the file's own mask, or an `admissible_actions.txt` beside ICU-Sepsis' tables.
   */
  readonly allowed?: string;
  /** Array of the file that policies observe, [S, D], or [S] names; without it `observations`, or the state. */
  readonly observations?: string;
  /** State in which episodes start, or all that can be acted in; without it, as in the file. */
  readonly start?: number | "uniform";
  /** Steps after which an episode is truncated, or none; without it, as in the file. */
  readonly horizon?: number | null;
  /** Without it, as in the file. */
  readonly discount?: number;
  /** Called with each thing that is assumed or changed and that the file does not state, in one line. */
  readonly onNote?: (note: string) => void;
}
