/**
 * Named outcomes of a log: how its episodes end, told by their last reward.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import { InputError } from "../../errors.ts";
import { visible } from "../../visible.ts";
import type { EpisodeOutcome } from "./evaluate.ts";

/** More different last rewards than this are no names of ends. */
const MOST = 6;

/**
 * Reads rules such as `hazard=-20,goal=20`: an episode that terminates with this reward has this outcome.
 *
 * @throws InputError for anything else, for a name that is there twice, or for a reward that ends no episode.
 */
export function outcomesByRule(
  text: string,
  dataset: Dataset,
): EpisodeOutcome[] {
  const rewards = endRewards(dataset);
  const names = new Set<string>();
  return text.split(",").map((part) => {
    const [, name, number] =
      /^\s*([\p{L}_][\p{L}\p{N}_ -]*?)\s*=\s*([+-]?[\d.]+(?:e[+-]?\d+)?)\s*$/iu
        .exec(part) ?? [];
    if (name === undefined || !Number.isFinite(Number(number))) {
      throw new InputError(
        `--outcomes: ${
          JSON.stringify(visible(part, 80))
        } is no rule; write one as "NAME=REWARD"`,
      );
    }
    if (names.has(name) || RESERVED.includes(name)) {
      throw new InputError(
        `--outcomes: ${
          JSON.stringify(name)
        } is there twice or has a meaning of its own`,
      );
    }
    names.add(name);
    const reward = Math.fround(Number(number));
    if (!rewards.includes(reward)) {
      throw new InputError(
        `--outcomes: no episode of the data terminates with the reward ${number}; ${
          rewards.length > MOST
            ? `they do with ${rewards.length} others`
            : `they do with ${rewards.map(shown).join(", ") || "none"}`
        }`,
      );
    }
    return outcome(dataset, name, reward);
  });
}

/**
 * The outcomes that the data name themselves; otherwise one for each reward with which episodes terminate,
 * called after it, or none if these are many.
 */
export function outcomesOf(dataset: Dataset): EpisodeOutcome[] {
  if (dataset.outcomes === undefined) return outcomesByReward(dataset);
  const { names, ofEpisode } = dataset.outcomes;
  const taken = names.find((name) => RESERVED.includes(name));
  if (taken !== undefined) {
    throw new InputError(
      `the data call an outcome ${
        JSON.stringify(taken)
      }, which has a meaning of its own: rename it`,
    );
  }
  return names.map((name, n) => ({
    name,
    ends: ofEpisode.map((own) => own === n + 1 ? 1 : 0),
  }));
}

/** What else can be asked of a policy. */
const RESERVED = ["return", "discountedReturn", "length"];

function outcomesByReward(dataset: Dataset): EpisodeOutcome[] {
  const rewards = endRewards(dataset);
  if (rewards.length > MOST) return [];
  return rewards.map((reward) =>
    outcome(dataset, `ends with reward ${shown(reward)}`, reward)
  );
}

/** A 32-bit float in the few digits that it was written with. */
function shown(reward: number): string {
  return String(Number(reward.toPrecision(7)));
}

/** The different rewards of terminated steps, ascending. */
function endRewards({ terminated, rewards }: Dataset): number[] {
  return [...new Set(rewards.filter((_, i) => terminated[i] === 1))]
    .sort((a, b) => a - b);
}

function outcome(
  { terminated, rewards, episodeOffsets: offsets }: Dataset,
  name: string,
  reward: number,
): EpisodeOutcome {
  return {
    name,
    ends: Uint8Array.from({ length: offsets.length - 1 }, (_, e) => {
      const last = offsets[e + 1] - 1;
      return terminated[last] === 1 && rewards[last] === reward ? 1 : 0;
    }),
  };
}
