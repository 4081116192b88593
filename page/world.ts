/**
 * The world, the data and policies in it, as the page shows them.
 *
 * @module
 */
import { canonicalJson } from "../src/files/canonical_json.ts";
import type { Config } from "../src/config/config.ts";
import { datasetStates } from "../src/dataset/states.ts";
import { summariseDataset } from "../src/dataset/summary.ts";
import type { KnownEnvironment } from "../src/environments/index.ts";
import { unsafeMeasure, valueName } from "../src/evaluation/measures.ts";
import {
  type ReferencePolicies,
  referencePolicies,
} from "../src/evaluation/references.ts";
import { exactMetrics, unendedName } from "../src/evaluation/results.ts";
import { followRollout, rollOut } from "../src/evaluation/rollout.ts";
import {
  bootstrapInterval,
  shareInterval,
} from "../src/evaluation/statistics.ts";
import { unsafeByState } from "../src/mdp/by_state.ts";
import { evaluateExactly } from "../src/mdp/exact.ts";
import { type FiniteMdp, unsafeName } from "../src/mdp/mdp.ts";
import type { Policy } from "../src/mdp/policy.ts";
import { randomStream } from "../src/numerics/random.ts";
import { suspiciousIn } from "../src/run/metrics.ts";
import type { Problem } from "../src/run/problem.ts";
import {
  type EpisodeView,
  type PolicyView,
  REFERENCE,
  type RolloutView,
  type WorldView,
  type Worth,
} from "./messages.ts";

/** Rollouts that the page compares with the truth. */
const ROLLOUTS = 30;
/** Bootstrap draws of their mean's interval. */
const DRAWS = 1000;
/** Episodes that are shown walking. */
const WALKS = 100;

/** A world that is known, and what was collected in it. */
export interface Opened {
  readonly config: Config;
  readonly problem: Problem;
  readonly environment: KnownEnvironment;
  readonly references: ReferencePolicies;
  /** [S, A] transitions of the data. */
  readonly counts: Uint32Array;
}

/** Counts the data and plans the references. */
export function openView(
  config: Config,
  problem: Problem,
  environment: KnownEnvironment,
): Opened {
  const { mdp, behaviour } = environment;
  const { dataset } = problem;
  const { episodeOffsets, actions } = dataset;
  const states = datasetStates(dataset, mdp);
  const counts = new Uint32Array(mdp.stateCount * mdp.actionCount);
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      counts[states[i + e] * mdp.actionCount + actions[i]]++;
    }
  }
  const references = referencePolicies(mdp, behaviour, dataset);
  return { config, problem, environment, references, counts };
}

/** What the page draws of it. */
export function worldView(opened: Opened): WorldView {
  const { config, problem, environment, references, counts } = opened;
  const { mdp, drawing, title } = environment;
  const { stateCount, actionCount } = mdp;
  const visits = Uint32Array.from(
    { length: stateCount },
    (_, s) =>
      counts.subarray(s * actionCount, (s + 1) * actionCount)
        .reduce((sum, n) => sum + n, 0),
  );
  return {
    kind: "world",
    config,
    configText: canonicalJson(config),
    title,
    drawing,
    unsafe: unsafeName(mdp),
    references: Object.fromEntries(
      Object.entries(references).map(([name, policy]) => [
        name,
        policyView(`${REFERENCE}${name}`, mdp, policy, config.seed),
      ]),
    ),
    dataset: summariseDataset(problem.dataset, mdp),
    visits,
    pairs: {
      seen: counts.filter((n) => n > 0).length,
      all: visits.filter((n) => n > 0).length * actionCount,
    },
    notes: suspiciousIn(config, problem),
  };
}

/** What a policy does and is worth. */
export function policyView(
  name: string,
  mdp: FiniteMdp,
  policy: Policy,
  seed: number,
): PolicyView {
  return {
    name,
    actions: mostProbable(mdp, policy),
    hazards: unsafeName(mdp) === null ? null : unsafeByState(mdp, policy),
    worth: worthOf(mdp, policy),
    rollouts: rolloutView(mdp, policy, seed),
  };
}

/** Exact values from the start, or from a distribution over states. */
export function worthOf(
  mdp: FiniteMdp,
  policy: Policy,
  start = mdp.start,
): Worth {
  const metrics = exactMetrics(evaluateExactly(mdp, policy, { start }), mdp);
  const unsafe = unsafeMeasure(mdp);
  return {
    value: metrics[valueName(mdp)] ?? null,
    unsafe: unsafe && (metrics[unsafe as keyof typeof metrics] ?? null),
  };
}

/** [S] what a policy most probably does: of one that depends on the step, at the first. */
function mostProbable(mdp: FiniteMdp, policy: Policy): Int32Array {
  const { stateCount, actionCount } = mdp;
  if (policy instanceof Int32Array) return policy.slice(0, stateCount);
  return Int32Array.from({ length: stateCount }, (_, s) => {
    const row = policy.subarray(s * actionCount, (s + 1) * actionCount);
    return row.indexOf(row.reduce((most, p) => Math.max(most, p), 0));
  });
}

/** Whether a policy does the same at every step. */
function isStationary(mdp: FiniteMdp, policy: Policy): boolean {
  const { stateCount, actionCount } = mdp;
  return policy.length ===
    stateCount * (policy instanceof Int32Array ? 1 : actionCount);
}

function rolloutView(
  mdp: FiniteMdp,
  policy: Policy,
  seed: number,
): RolloutView | null {
  if (!isStationary(mdp, policy)) return null;
  const { returns, returnMean, unsafeRate } = rollOut(
    mdp,
    policy,
    ROLLOUTS,
    seed,
  );
  const mean = (values: Float64Array) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    episodes: ROLLOUTS,
    mean: returnMean,
    interval: bootstrapInterval(
      { runs: ROLLOUTS, tasks: 1, scores: returns },
      mean,
      DRAWS,
      randomStream(seed, "page/rollouts"),
    ),
    unsafe: unsafeRate,
    unsafeInterval: shareInterval(Math.round(unsafeRate * ROLLOUTS), ROLLOUTS),
  };
}

/** Episodes of a policy with the luck of its rollouts, one after another; none of one that depends on the step. */
export function walks(
  mdp: FiniteMdp,
  policy: Policy,
  seed: number,
): EpisodeView[] {
  if (!isStationary(mdp, policy)) return [];
  return Array.from({ length: WALKS }, (_, episode) => {
    const states: number[] = [];
    let value = 0;
    let end: string = unendedName(mdp);
    const walk = followRollout(mdp, policy, seed, episode, (i, state) => {
      states.push(state);
      value += mdp.reward[i];
      if (mdp.outcome[i] > 0) end = mdp.outcomes[mdp.outcome[i] - 1].name;
    });
    return { states: [...states, walk.state], value, end };
  });
}
