/**
 * What a run's report and plots show of a world that is drawn.
 *
 * @module
 */
import { isTable } from "../algorithms/tabular/table_policy.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { datasetStates } from "../dataset/states.ts";
import type { GridDrawing } from "../environments/define.ts";
import type { Metrics } from "../evaluation/results.ts";
import { valueName, valueWords } from "../evaluation/measures.ts";
import { followRollout } from "../evaluation/rollout.ts";
import { unsafeByState, valueByState } from "../mdp/by_state.ts";
import { type FiniteMdp, unsafeName } from "../mdp/mdp.ts";
import { FORBIDDEN } from "../../kernels/portable.ts";
import { evaluatePolicy } from "../network/policy.ts";
import type {
  CellValues,
  GridDetails,
  GridPolicy,
  ShownEpisode,
} from "../report/grid_details.ts";
import type { Learnt, LearntPolicy } from "./learn.ts";
import { rewardScaleIn } from "./metrics.ts";
import type { Problem } from "./problem.ts";

/** Cells of all policies together for which a report has numbers: about a megabyte. */
const MOST_CELLS = 4096;

/** The first so many rollouts are shown, and so many of the lowest return. */
const SHOWN_EPISODES = 3;

/** Steps of an episode that are shown. */
const SHOWN_STEPS = 300;

/**
 * Looks a run's policies up in its world.
 *
 * @param rolloutReturns Return of each rollout, by algorithm.
 * @returns Null where the world is not known or cannot be drawn.
 */
export function gridDetails(
  { dataset, environment }: Problem,
  { config, policies }: Metrics,
  learnt: Readonly<Record<string, Learnt<LearntPolicy>>>,
  rolloutReturns: Readonly<Record<string, Float64Array>>,
): GridDetails | null {
  if (!environment?.drawing) return null;
  const { mdp, drawing } = environment;
  const unsafe = unsafeName(mdp);
  const names = Object.keys(policies);
  const hasRoom = names.length * mdp.stateCount <= MOST_CELLS;
  const details = names.flatMap((name): [string, GridPolicy][] => {
    const { greedyActions, probabilities } = policies[name];
    if (!greedyActions && !probabilities) return [];
    // Of a table, the most probable action of each cell is drawn.
    const actions = greedyActions
      ? Int32Array.from(greedyActions.flat())
      : Int32Array.from(
        probabilities!,
        (row) => row.indexOf(Math.max(...row)),
      );
    const policy = probabilities
      ? Float64Array.from(probabilities.flat())
      : actions;
    const scale = () => rewardScaleIn(config, name, dataset);
    return [[name, {
      actions,
      hazards: unsafe === null ? null : unsafeByState(mdp, policy),
      cells: hasRoom
        ? cellValues(mdp, policy, learnt[name].policy, scale)
        : null,
      episodes: shownEpisodes(mdp, drawing, policy, config.seed, [
        ...rolloutReturns[name] ?? [],
      ]),
    }]];
  });
  return {
    grid: { ...drawing, unsafe: unsafe ?? "hazard" },
    worth: valueWords(valueName(mdp)),
    visits: stateVisits(dataset, mdp),
    policies: Object.fromEntries(details),
  };
}

function cellValues(
  mdp: FiniteMdp,
  does: Int32Array | Float64Array,
  policy: LearntPolicy,
  rewardScale: () => number,
): CellValues {
  const value = valueByState(mdp, does);
  if (isTable(policy)) {
    return { value, kind: "probabilities", scores: does };
  }
  const scores = evaluatePolicy(policy, mdp.observations, mdp.allowed);
  const isValue = policy.outputs === "qValues";
  const scale = isValue ? rewardScale() : 1;
  return {
    value,
    kind: isValue ? "action values" : "logits",
    scores: Float64Array.from(
      scores,
      (score) => score === FORBIDDEN ? NaN : score / scale,
    ),
  };
}

/** The first rollouts, and those of the lowest return (of equal ones the first), where some return is higher. */
function shownEpisodes(
  mdp: FiniteMdp,
  { cells }: GridDrawing,
  policy: Int32Array | Float64Array,
  seed: number,
  returns: readonly number[],
): ShownEpisode[] {
  const all = returns.map((_, episode) => episode);
  const ascending = all.toSorted((a, b) => returns[a] - returns[b] || a - b);
  const highest = returns[ascending[ascending.length - 1]];
  const worst = ascending.slice(0, SHOWN_EPISODES)
    .filter((episode) => returns[episode] < highest);
  const shown = new Set([...all.slice(0, SHOWN_EPISODES), ...worst]);
  return [...shown].sort((a, b) => a - b).map((episode) => {
    const path: GridDrawing["cells"][number][] = [];
    const happened = new Set<number>();
    const { state, steps, truncated } = followRollout(
      mdp,
      policy,
      seed,
      episode,
      (i, state) => {
        happened.add(mdp.outcome[i]);
        if (path.length < SHOWN_STEPS) path.push(cells[state]);
      },
    );
    const names = mdp.outcomes.flatMap(({ name }, n) =>
      happened.has(n + 1) ? [name] : []
    );
    return {
      episode,
      isWorst: worst.includes(episode),
      return: returns[episode],
      steps,
      outcomes: truncated ? [...names, "timeout"] : names,
      path: steps > SHOWN_STEPS ? path : [...path, cells[state]],
    };
  });
}

/** [S] transitions that begin in each state. */
function stateVisits(dataset: Dataset, mdp: FiniteMdp): Uint32Array {
  const states = datasetStates(dataset, mdp);
  const visits = new Uint32Array(mdp.stateCount);
  const { episodeOffsets } = dataset;
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      visits[states[i + e]]++;
    }
  }
  return visits;
}
