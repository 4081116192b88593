/**
 * What a run found, as `metrics.json`.
 *
 * @module
 */
import type { ValueSettings } from "../algorithms/define.ts";
import {
  type Algorithm,
  type AlgorithmName,
  isTableName,
  suspicionsOfData,
} from "../algorithms/index.ts";
import {
  isTable,
  probabilitiesIn,
} from "../algorithms/tabular/table_policy.ts";
import type { Config } from "../config/config.ts";
import { named } from "../dataset/action_codes.ts";
import { ownObservationNames } from "../dataset/observation_names.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { distinctRows } from "../dataset/distinct_rows.ts";
import { countDistinct } from "../dataset/distinct_count.ts";
import { cutEpisodes } from "../dataset/ends.ts";
import { suspicionsOf } from "../dataset/inspect.ts";
import { type DatasetSummary, summariseDataset } from "../dataset/summary.ts";
import type { GridDrawing } from "../environments/define.ts";
import type { KnownEnvironment } from "../environments/index.ts";
import { checkAgreement } from "../evaluation/agreement.ts";
import { logOf } from "../evaluation/off_policy/log.ts";
import type { OffPolicyEvaluation } from "../evaluation/off_policy/evaluate.ts";
import {
  actionMismatchRate,
  sampledTransitions,
} from "../evaluation/mismatch.ts";
import {
  type ExactMetrics,
  exactMetrics,
  type Metrics,
  type PolicyMetrics,
  rolloutMetrics,
} from "../evaluation/results.ts";
import {
  type ReferencePolicies,
  referencePolicies,
} from "../evaluation/references.ts";
import { valueName } from "../evaluation/measures.ts";
import { rollOut, type RolloutResult } from "../evaluation/rollout.ts";
import { evaluateExactly, type ExactEvaluation } from "../mdp/exact.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { evaluatePolicy, greedyActions } from "../network/policy.ts";
import { meanAndStd } from "../numerics/moments.ts";
import { policyInStates } from "../evaluation/evaluate.ts";
import { largestRewardOf } from "../training/task.ts";
import { problemBell } from "./alarms.ts";
import { logEvaluator, type LogRequest } from "./evaluate_on_log.ts";
import { type LearntPolicy, unsafeIn } from "./learn.ts";
import type { Problem } from "./problem.ts";

/** What the plots need beyond `metrics.json`. */
export interface Evaluation {
  /** For `metrics.json`. */
  readonly metrics: Metrics;
  /** Return of each rollout, by algorithm. */
  readonly rolloutReturns: Readonly<Record<string, Float64Array>>;
}

/**
 * Evaluates the learnt policies.
 *
 * @param learnt Policies by algorithm, with the SHA-256 of their files.
 * @param heed Called between the pieces of the work; what it throws ends it.
 * @throws InputError if the data do not fit the environment.
 */
export async function evaluateRun(
  config: Config,
  problem: Problem,
  learnt: Readonly<Record<string, { policy: LearntPolicy; sha256: string }>>,
  heed?: () => void,
): Promise<Evaluation> {
  const { dataset, heldOut, environment } = problem;
  const references = environment === null
    ? null
    : exactReferences(environment, dataset);
  const offPolicy = await heldOutEvaluator(config, problem);
  heed?.();
  const rolloutReturns: Record<string, Float64Array> = {};
  const policies: Record<string, PolicyMetrics> = {};
  const bell = problemBell(config, problem);
  heed?.();
  for (const [name, { policy, sha256 }] of Object.entries(learnt)) {
    const data = {
      ...(offPolicy && { offPolicy: await offPolicy(name, policy) }),
      actionMismatchRate: mismatch(config, heldOut ?? dataset, policy, heed),
      ...(bell && "network" in policy && {
        alarms: bell.alarms(policy, rewardScaleIn(config, name, dataset)),
      }),
      sha256,
    };
    if (environment === null || references === null) {
      policies[name] = data;
      continue;
    }
    const { mdp, drawing } = environment;
    const does = policyInStates(policy, mdp);
    heed?.();
    const evaluation = evaluateExactly(mdp, does);
    heed?.();
    const sampled = sampledEpisodes(config, mdp, does, evaluation, heed);
    if (sampled) rolloutReturns[name] = sampled.rollouts.returns;
    const value = valueName(mdp);
    policies[name] = {
      ...(sampled && { rollout: rolloutMetrics(sampled.rollouts, mdp) }),
      exact: exactMetrics(evaluation, mdp),
      regret: references.optimal[value]! - evaluation[value]!,
      ...(sampled && { rolloutAgrees: sampled.agrees }),
      ...data,
      ...(does instanceof Int32Array
        ? { greedyActions: rowsOf(does, lineLength(does.length, drawing)) }
        : { probabilities: rowsOf(does, mdp.actionCount) }),
    };
  }
  const known = environment !== null && references !== null
    ? {
      environment: environmentMetrics(environment, references.optimal),
      references,
    }
    : {};
  const summary = (of: Dataset) =>
    environment === null
      ? summariseUnknown(of)
      : summariseDataset(of, environment.mdp);
  const suspicious = suspiciousIn(config, problem);
  const metrics: Metrics = {
    schema: "holdfast/metrics/1",
    config,
    ...known,
    dataset: summary(dataset),
    ...(heldOut && { heldOut: summary(heldOut) }),
    ...(suspicious.length > 0 && { suspicious }),
    displacementMisfit: bell ? bell.misfit : "the data stay on disk",
    policies,
  };
  return { metrics, rolloutReturns };
}

/**
 * Evaluates policies on the episodes that are held out; null where none are.
 *
 * @param fqe See {@link LogRequest}.
 * @returns From an algorithm's name and its policy.
 */
export async function heldOutEvaluator(
  { dataset: { splitSeed }, algorithms, evaluation: { require } }: Config,
  { dataset, heldOut, all, environment }: Problem,
  fqe?: LogRequest["fqe"],
): Promise<
  | ((name: string, policy: LearntPolicy) => Promise<OffPolicyEvaluation>)
  | null
> {
  if (heldOut === undefined) return null;
  const { horizon = null, discount = 1 } = environment?.mdp ?? {};
  const evaluateOn = await logEvaluator(heldOut, {
    // As of the split: other seeds of a run are evaluated alike.
    seed: splitSeed,
    horizon: Math.max(horizon ?? 1, longestEpisode(all)),
    ...(discount < 1 && { discount }),
    known: all.stored
      ? all.stored.take(Uint32Array.from(all.stored.survey.telling))
      : all,
    fqe,
    require,
  });
  return (name, policy) => {
    if (isTable(policy)) {
      return evaluateOn({ kind: "table", name, table: policy }, {});
    }
    const settings: object = algorithms[name as AlgorithmName]!;
    const { gamma } = settings as Partial<ValueSettings>;
    return evaluateOn(
      { kind: "network", name, network: policy, acting: { kind: "greedy" } },
      {
        rewardScale: rewardScaleIn({ algorithms }, name, dataset),
        actionValueDiscount: gamma,
      },
    );
  };
}

/** What rewards were multiplied by where an algorithm learnt from them. */
export function rewardScaleIn(
  { algorithms }: Pick<Config, "algorithms">,
  name: string,
  dataset: Dataset,
): number {
  const settings: object = algorithms[name as AlgorithmName]!;
  const { rewardScale } = settings as Partial<ValueSettings>;
  return rewardScale ?? 1 / largestRewardOf(dataset);
}

function longestEpisode({ episodeOffsets: offsets }: Dataset): number {
  return offsets.reduce(
    (most, end, e) => e === 0 ? 0 : Math.max(most, end - offsets[e - 1]),
    0,
  );
}

/**
 * What looks wrong in data from a file, but for what the configuration has an answer to; that observations
 * hardly repeat, where a table is learnt; and what leaves an algorithm without an effect.
 */
export function suspiciousIn(
  { dataset: { sha256 }, network: { encoder }, algorithms }: Config,
  problem: Problem,
): readonly string[] {
  const { all, dataset, environment } = problem;
  const tables = Object.keys(algorithms).filter(isTableName);
  const forLearners = [
    ...(tables.length > 0 ? hardlyRepeats(dataset, tables) : []),
    ...Object.entries(algorithms).flatMap(([name, settings]) =>
      dataset.stored ? [] : suspicionsOfData({ name, settings } as Algorithm, {
        dataset,
        ...unsafeIn(problem),
      })
    ),
  ];
  if (sha256 === null) return forLearners;
  // A world that is known says itself what its observations are.
  const encoded = environment ? "oneHot" : encoder;
  return [...suspicionsOf(all, encoded), ...forLearners];
}

/** Where more of the steps than this have an observation of their own, a table says little. */
const MOST_SINGLE = 0.5;

function hardlyRepeats(dataset: Dataset, tables: readonly string[]): string[] {
  const { states, stateCount } = logOf(dataset);
  const visits = new Uint32Array(stateCount);
  for (const state of states) visits[state]++;
  const once = visits.filter((n) => n === 1).length;
  return once <= MOST_SINGLE * states.length ? [] : [
    `${once} of ${states.length} observations occur once: the table of ${
      tables.join(", ")
    } says little of them and nothing of others; round the observations, or take a learner with a network`,
  ];
}

/**
 * Evaluates the policies that need no training.
 *
 * @throws InputError if the data do not fit the environment.
 */
export function exactReferences(
  { mdp, behaviour }: KnownEnvironment,
  dataset: Dataset,
): Record<keyof ReferencePolicies, ExactMetrics> {
  const policies = Object.entries(referencePolicies(mdp, behaviour, dataset));
  return Object.fromEntries(
    policies.map((
      [name, policy],
    ) => [name, exactMetrics(evaluateExactly(mdp, policy), mdp)]),
  ) as Record<keyof ReferencePolicies, ExactMetrics>;
}

function environmentMetrics(
  { title, mdp, description }: KnownEnvironment,
  optimal: ExactMetrics,
): Metrics["environment"] {
  const { returnStd: _, discountedReturnStd: __, ...means } = optimal;
  const { cvar10: ___, cvar1: ____, ...rest } = means;
  const { timeoutProbability: _____, ...best } = rest;
  const { outcomes, horizon, discount } = mdp;
  return { title, ...description, outcomes, horizon, discount, optimal: best };
}

/** Steps that rollouts may take, about: a second of work. */
const MOST_ROLLOUT_STEPS = 10_000_000;

/** Rollouts of a policy, and whether they agree with its exact values; null where they would not end. */
function sampledEpisodes(
  { seed, evaluation: { episodes } }: Config,
  mdp: FiniteMdp,
  policy: Int32Array | Float64Array,
  exact: ExactEvaluation,
  heed?: () => void,
): { rollouts: RolloutResult; agrees: boolean } | null {
  const { lengthMean } = exact;
  if (lengthMean === null || lengthMean * episodes > MOST_ROLLOUT_STEPS) {
    return null;
  }
  const rollouts = rollOut(mdp, policy, episodes, seed, heed);
  return { rollouts, agrees: checkAgreement(rollouts, exact).agrees };
}

/** States that follow each other along a line of the drawing: a column or a row. */
function lineLength(states: number, drawing: GridDrawing | null): number {
  if (drawing === null) return states;
  const [[x], [nextX]] = drawing.cells;
  return x === nextX ? drawing.height : drawing.width;
}

function rowsOf(
  values: Int32Array | Float64Array,
  length: number,
): number[][] {
  return Array.from(
    { length: values.length / length },
    (_, row) => [...values.subarray(row * length, (row + 1) * length)],
  );
}

function mismatch(
  config: Config,
  dataset: Dataset,
  policy: LearntPolicy,
  heed?: () => void,
): number {
  const { observationSize: size, actionCount, stored } = dataset;
  const { evaluation: { mismatchSamples }, seed } = config;
  if (stored) {
    const total = dataset.episodeOffsets[dataset.episodeOffsets.length - 1];
    const sampled = sampledTransitions(total, mismatchSamples, seed);
    return mismatch(config, sampledEpisodesOf(dataset, sampled), policy, heed);
  }
  const { count, observations, rowOf, allowed } = distinctRows(
    dataset.observations,
    size,
    undefined,
    dataset.allowed,
  );
  if (isTable(policy)) {
    const { probabilities } = probabilitiesIn(
      policy,
      { observations, observationSize: size, actionCount, allowed },
      "the policy",
    );
    const does = (row: number) => {
      const first = rowOf[row] * actionCount;
      return probabilities.subarray(first, first + actionCount);
    };
    return actionMismatchRate(dataset, does, mismatchSamples, seed);
  }
  // Only the sampled observations are evaluated, each distinct one once.
  const actions = new Int32Array(count).fill(-1);
  const actionIn = (row: number): number => {
    const u = rowOf[row];
    if (actions[u] < 0) {
      heed?.();
      const observation = observations.subarray(u * size, (u + 1) * size);
      const may = allowed?.subarray(u * actionCount, (u + 1) * actionCount);
      [actions[u]] = greedyActions(
        evaluatePolicy(policy, observation, may),
        actionCount,
        may,
      );
    }
    return actions[u];
  };
  return actionMismatchRate(dataset, actionIn, mismatchSamples, seed);
}

/** The transitions of data on disk that {@link mismatch} looks at, an episode each. */
function sampledEpisodesOf(dataset: Dataset, sampled: Uint32Array): Dataset {
  const { observationSize, actionCount, actionNames, stored } = dataset;
  const found = stored!.transitions(sampled);
  return {
    observationSize,
    actionCount,
    actionNames,
    ...found,
    terminated: found.isTerminated,
    truncated: new Uint8Array(sampled.length),
    episodeOffsets: Uint32Array.from(
      { length: sampled.length + 1 },
      (_, k) => k,
    ),
  };
}

/** What can be said of data without their environment. */
function summariseUnknown(
  dataset: Dataset,
): DatasetSummary {
  const { stored, episodeOffsets } = dataset;
  const episodes = episodeOffsets.length - 1;
  const { returns, distinctObservations } = stored
    ? {
      returns: stored.survey.returns,
      distinctObservations: countDistinct(dataset),
    }
    : returnsAndDistinct(dataset);
  const { mean, std } = meanAndStd(returns);
  return {
    episodes,
    transitions: episodeOffsets[episodes],
    distinctObservations,
    returnMean: mean,
    returnStd: std,
    cutEpisodes: cutEpisodes(dataset),
    ...ownObservationNames(dataset.observationNames),
    ...named(dataset.actionNames),
  };
}

/** [E] returns, and the different observations in which an action was taken. */
function returnsAndDistinct(
  { episodeOffsets, rewards, observations, observationSize }: Dataset,
): { returns: Float64Array; distinctObservations: number } {
  const episodes = episodeOffsets.length - 1;
  const returns = new Float64Array(episodes);
  const { count, rowOf } = distinctRows(observations, observationSize);
  const acted = new Uint8Array(count);
  for (let e = 0; e < episodes; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      returns[e] += rewards[i];
      acted[rowOf[i + e]] = 1;
    }
  }
  const distinctObservations = acted.reduce((sum, flag) => sum + flag, 0);
  return { returns, distinctObservations };
}
