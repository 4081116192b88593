/**
 * How the source says that each episode ended, in its own words.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/** Names of outcomes and which one each episode has. */
export interface EpisodeOutcomes {
  /** In the order of their UTF-16 units; each occurs. */
  readonly names: readonly string[];
  /** [E] 0 where the source says nothing, n for the n-th name. */
  readonly ofEpisode: Uint8Array;
}

/** The number of an outcome is a byte. */
const MOST_OUTCOMES = 255;
const LONGEST_NAME = 100;

/**
 * The outcomes of texts; undefined where all are empty.
 *
 * @param texts [E] empty where the source says nothing.
 * @throws InputError if there are more than 255 different ones, or one is longer than 100 characters.
 */
export function episodeOutcomes(
  texts: readonly string[],
  file: string,
): EpisodeOutcomes | undefined {
  const names = [...new Set(texts)].filter((text) => text !== "").sort();
  if (names.length === 0) return undefined;
  const wrong = wrongOutcomes(names);
  if (wrong) throw new InputError(`${file}: ${wrong}`);
  const numbers = new Map(names.map((name, n) => [name, n + 1]));
  const ofEpisode = Uint8Array.from(texts, (text) => numbers.get(text) ?? 0);
  return { names, ofEpisode };
}

/** Says what is wrong with names of outcomes, or nothing. */
export function wrongOutcomes(names: readonly string[]): string | undefined {
  if (names.length > MOST_OUTCOMES) {
    return `${names.length} different outcomes of episodes, where at most ${MOST_OUTCOMES} are supported: ` +
      "if this is no outcome, rename its column";
  }
  if (names.some((name) => name === "" || name.length > LONGEST_NAME)) {
    return `the name of an outcome must have from 1 to ${LONGEST_NAME} characters`;
  }
  if (new Set(names).size < names.length) return "two outcomes have one name";
}

/** The names as an entry of a safetensors file's metadata; none without outcomes. */
export function outcomesToMetadata(
  outcomes: EpisodeOutcomes | undefined,
): Record<string, string> {
  return outcomes ? { outcome_names: JSON.stringify(outcomes.names) } : {};
}
