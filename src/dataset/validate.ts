/**
 * What must hold for a data set, whatever file it came from.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { wrongActionNames } from "./action_codes.ts";
import { areCategories, firstOutside } from "./categories.ts";
import type { Dataset } from "./dataset.ts";
import { wrongOutcomes } from "./episode_outcomes.ts";
import { wrongObservationNames } from "./observation_names.ts";

/** More actions than this are probably ids; the network has an output for each. */
export const MOST_ACTIONS = 1_000_000;

/**
 * Checks everything that the rest of the suite takes for granted: lengths agree, episodes
 * follow each other and none is empty, actions are in range and named apart, numbers are finite and
 * names among their categories, flags are 0 or 1 and stand on an episode's last step only, and an
 * action that was taken was allowed. Both flags may stand on one step, and
 * neither may: an episode whose log just stops.
 *
 * @param dataset The data set.
 * @param name What to call it in messages, e.g. the file's name.
 * @throws {InputError} at the first thing that does not hold, with its episode and step.
 *
 * @example An action that is not there
 * ```ts
 * import { collectDataset, makeEnvironment, validateDataset } from "@holdfast/offline-rl";
 * import { throws } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const dataset = collectDataset(mdp, behaviour, 1, 42);
 * dataset.actions[0] = 7;
 * throws(() => validateDataset(dataset, "mine"), /^InputError: mine: episode 0, step 0: action 7/);
 * ```
 */
export function validateDataset(dataset: Dataset, name: string): void {
  // What stays on disk was validated when it was read for the first time.
  if (dataset.stored) void dataset.stored.survey;
  else validatePiece(dataset, name, 0);
}

/**
 * Checks a part of a data set; see {@link validateDataset}.
 *
 * @param firstEpisode What the part's first episode is called in messages.
 */
export function validatePiece(
  dataset: Dataset,
  name: string,
  firstEpisode: number,
): void {
  const {
    observationSize,
    actionCount,
    observations,
    actions,
    rewards,
    episodeOffsets,
  } = dataset;
  const fail = (what: string): never => {
    throw new InputError(`${name}: ${what}`);
  };
  if (!Number.isSafeInteger(observationSize) || observationSize < 1) {
    fail(
      `an observation must have at least one number, not ${observationSize}`,
    );
  }
  const transitions = actions.length;
  const episodes = episodeOffsets.length - 1;
  if (episodes < 1 || transitions < 1) fail("it holds no transition");
  if (
    !Number.isSafeInteger(actionCount) || actionCount < 1 ||
    actionCount > MOST_ACTIONS
  ) {
    fail(
      `the number of actions must be from 1 to ${MOST_ACTIONS}, not ${actionCount}`,
    );
  }
  const wrong = dataset.actionNames &&
    wrongActionNames(dataset.actionNames, actionCount);
  if (wrong !== undefined) fail(wrong);
  const wrongName = dataset.observationNames &&
    wrongObservationNames(dataset.observationNames, observationSize);
  if (wrongName !== undefined) fail(wrongName);
  for (
    const [column, length] of [
      ["rewards", rewards.length],
      ["terminated", dataset.terminated.length],
      ["truncated", dataset.truncated.length],
      ["propensities", dataset.propensities?.length ?? transitions],
    ] as const
  ) {
    if (length !== transitions) {
      fail(`${length} ${column} for ${transitions} actions`);
    }
  }
  checkOffsets(episodeOffsets, transitions, fail);
  const named = (episode: number) => `episode ${firstEpisode + episode}`;
  if (dataset.outcomes) {
    const { names, ofEpisode } = dataset.outcomes;
    if (ofEpisode.length !== episodes) {
      fail(`${ofEpisode.length} outcomes for ${episodes} episodes`);
    }
    const wrong = wrongOutcomes(names);
    if (wrong !== undefined) fail(wrong);
    const unknown = ofEpisode.findIndex((n) => n > names.length);
    if (unknown >= 0) {
      fail(`${named(unknown)}: outcome ${ofEpisode[unknown]} has no name`);
    }
  }
  const rows = transitions + episodes;
  if (observations.length !== rows * observationSize) {
    fail(
      `${observations.length} observation numbers where ${rows} rows of ${observationSize} ` +
        "(one a transition and a final one an episode) were expected",
    );
  }

  const place = (transition: number): string => {
    const episode = episodeOf(episodeOffsets, transition);
    return `${named(episode)}, step ${transition - episodeOffsets[episode]}`;
  };
  for (let i = 0; i < transitions; i++) {
    const action = actions[i];
    if (action < 0 || action >= actionCount) {
      fail(`${place(i)}: action ${action} is outside 0 … ${actionCount - 1}`);
    }
    if (!Number.isFinite(rewards[i])) {
      fail(`${place(i)}: the reward is ${rewards[i]}`);
    }
    const propensity = dataset.propensities?.[i] ?? 1;
    if (!(propensity > 0 && propensity <= 1)) {
      fail(`${place(i)}: the propensity is ${propensity}, not in (0, 1]`);
    }
  }
  const numberAt = (i: number): string => {
    const row = Math.floor(i / observationSize);
    const episode = episodeOfRow(episodeOffsets, row);
    return `${named(episode)}, observation ${
      row - episodeOffsets[episode] - episode
    }: number ${i % observationSize} is ${observations[i]}`;
  };
  for (let i = 0; i < observations.length; i++) {
    if (!Number.isFinite(observations[i])) fail(numberAt(i));
  }
  const { observationCategories: categories } = dataset;
  if (categories !== undefined) {
    if (!areCategories(categories, observationSize)) {
      fail(
        `observationCategories must be ${observationSize} whole numbers from 1`,
      );
    }
    const i = firstOutside(observations, categories);
    if (i >= 0) {
      fail(
        `${numberAt(i)}, not a whole number from 0 to ${
          categories[i % observationSize] - 1
        }`,
      );
    }
  }
  checkFlags("terminated", dataset.terminated, episodeOffsets, place, fail);
  checkFlags("truncated", dataset.truncated, episodeOffsets, place, fail);
  if (dataset.allowed) checkAllowed(dataset, dataset.allowed, named, fail);
}

/**
 * The episode of a transition, by bisection.
 *
 * @param episodeOffsets [E + 1] as in a data set.
 * @param transition 0 … N - 1.
 */
export function episodeOf(
  episodeOffsets: Uint32Array,
  transition: number,
): number {
  return bisect(
    episodeOffsets,
    (episode) => episodeOffsets[episode] <= transition,
  );
}

function episodeOfRow(episodeOffsets: Uint32Array, row: number): number {
  return bisect(
    episodeOffsets,
    (episode) => episodeOffsets[episode] + episode <= row,
  );
}

/** Last episode that starts at or before the place asked for. */
function bisect(
  episodeOffsets: Uint32Array,
  starts: (episode: number) => boolean,
): number {
  let low = 0;
  let high = episodeOffsets.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts(middle)) low = middle;
    else high = middle;
  }
  return low;
}

type Fail = (what: string) => never;

function checkAllowed(
  { actionCount, actionNames, actions, terminated, episodeOffsets }: Dataset,
  allowed: Uint8Array,
  named: (episode: number) => string,
  fail: Fail,
): void {
  const rows = actions.length + episodeOffsets.length - 1;
  if (allowed.length !== rows * actionCount) {
    fail(
      `${allowed.length} flags of allowed actions where ${rows} rows of ${actionCount} ` +
        "(one an observation) were expected",
    );
  }
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    const end = episodeOffsets[e + 1];
    for (let i = episodeOffsets[e]; i <= end; i++) {
      const where = `${named(e)}, step ${i - episodeOffsets[e]}`;
      const row = allowed.subarray(
        (i + e) * actionCount,
        (i + e + 1) * actionCount,
      );
      const odd = row.find((flag) => flag > 1);
      if (odd !== undefined) {
        fail(
          `${where}: whether an action is allowed is ${odd}, must be 0 or 1`,
        );
      }
      if (i < end && row[actions[i]] === 0) {
        const name = actionNames?.[actions[i]] ?? actions[i];
        fail(`${where}: the action ${name} was taken, but is not allowed`);
      }
      // What follows an episode's end has no part in learning.
      const isOver = i === end && terminated[end - 1] === 1;
      if (!isOver && !row.includes(1)) fail(`${where}: allows no action`);
    }
  }
}

function checkOffsets(
  offsets: Uint32Array,
  transitions: number,
  fail: Fail,
): void {
  if (offsets[0] !== 0) {
    fail(`episode offsets start at ${offsets[0]} instead of 0`);
  }
  for (let e = 1; e < offsets.length; e++) {
    if (offsets[e] === offsets[e - 1]) fail(`episode ${e - 1} is empty`);
    if (offsets[e] < offsets[e - 1]) {
      fail(`episode ${e - 1} ends before it starts`);
    }
  }
  const last = offsets[offsets.length - 1];
  if (last !== transitions) {
    fail(
      `episode offsets end at ${last} but there are ${transitions} transitions`,
    );
  }
}

function checkFlags(
  column: string,
  flags: Uint8Array,
  offsets: Uint32Array,
  place: (transition: number) => string,
  fail: Fail,
): void {
  let episode = 0;
  for (let i = 0; i < flags.length; i++) {
    const isLast = i + 1 === offsets[episode + 1];
    if (isLast) episode++;
    if (flags[i] > 1) {
      fail(`${place(i)}: ${column} is ${flags[i]}, must be 0 or 1`);
    }
    if (flags[i] === 1 && !isLast) {
      fail(`${place(i)}: ${column} before the last step of its episode`);
    }
  }
}
