/**
 * Collecting an offline data set with a behaviour policy.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { canRunForever } from "../mdp/endless.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { sampleIndex } from "../mdp/sampling.ts";
import { startEpisode } from "../mdp/stepping.ts";
import { requireLength } from "../numerics/arrays.ts";
import { randomStream } from "../numerics/random.ts";
import { buildDataset } from "./formats/builder.ts";
import { categorical } from "./categories.ts";
import type { Dataset } from "./dataset.ts";

/**
 * Plays episodes and records them. Episode i draws from its own stream "episode/i", for
 * each step the action and then the outcome, so that it depends on no other episode. Where the
 * environment forbids actions, the data say which were allowed.
 *
 * @param mdp The environment.
 * @param policy [S, A] action probabilities.
 * @param episodes Number of episodes, at least 1.
 * @param seed The run's seed.
 * @param heed Called before each episode; what it throws ends the collection.
 * @param isLog Whether the data say with which probability each action was taken and how each
 *   episode ended.
 * @throws {InputError} If the number of episodes is not a whole number of at least 1, the policy has
 *   another shape, or its episodes may have no end.
 *
 * @example Ten episodes along the cliff
 * ```ts
 * import { collectDataset, makeEnvironment } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const { mdp, behaviour } = makeEnvironment("cliffWalking");
 * const dataset = collectDataset(mdp, behaviour, 10, 42);
 * equal(dataset.episodeOffsets.length, 11);
 * ```
 */
export function collectDataset(
  mdp: FiniteMdp,
  policy: Float64Array,
  episodes: number,
  seed: number,
  heed?: () => void,
  isLog = false,
): Dataset {
  if (!Number.isInteger(episodes) || episodes < 1) {
    throw new InputError(
      `dataset.episodes is ${episodes}: give a whole number of at least 1`,
    );
  }
  const { actionCount, observationSize } = mdp;
  requireLength(policy.length, mdp.stateCount * actionCount, "the policy");
  if (mdp.horizon === null && canRunForever(mdp, policy)) {
    throw new InputError(
      "episodes of the behaviour policy need not end: give environment.maxSteps, the steps after which they are truncated",
    );
  }
  const data = buildDataset(observationSize, "the collected data");
  const allowed = allowedIn(mdp);
  const observe = (state: number) =>
    data.addObservation(
      mdp.observations,
      state * observationSize,
      allowed?.[state],
    );
  for (let episode = 0; episode < episodes; episode++) {
    heed?.();
    const stream = randomStream(seed, `episode/${episode}`);
    const walk = startEpisode(mdp, stream);
    observe(walk.state);
    let last = 0;
    while (!walk.terminated && !walk.truncated) {
      const action = sampleIndex(
        policy,
        walk.state * actionCount,
        actionCount,
        stream,
      );
      const propensity = policy[walk.state * actionCount + action];
      const outcome = walk.step(action);
      observe(walk.state);
      data.addTransition(
        action,
        mdp.reward[outcome],
        isLog ? propensity : undefined,
      );
      last = mdp.outcome[outcome];
    }
    const name = isLog && walk.terminated ? mdp.outcomes[last - 1].name : "";
    data.endEpisode(walk.terminated, walk.truncated, name);
  }
  return { ...data.finish(actionCount), ...categorical(mdp) };
}

/** [S] the actions that are allowed in each state; undefined where all are. */
function allowedIn(
  { stateCount, actionCount, allowed }: FiniteMdp,
): number[][] | undefined {
  return allowed && Array.from({ length: stateCount }, (_, state) => {
    const row = allowed.subarray(
      state * actionCount,
      (state + 1) * actionCount,
    );
    return [...row.keys()].filter((action) => row[action] === 1);
  });
}
