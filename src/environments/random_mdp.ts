/**
 * The random MDPs of SPIBB (Laroche, Trichelair and Tachet des Combes 2019, "Safe Policy Improvement
 * with Baseline Bootstrapping", section 3.3, and the code that they published): every pair of state
 * and action leads to a few states, drawn without replacement, with probabilities that are the gaps
 * between uniform numbers. Episodes start in state 0; the goal is the state that the best policy
 * reaches last from there (of the lowest optimal value, but above 0.95^50), pays 1 and ends the
 * episode; nothing else pays. The discount is 0.95, and data are cut after 50 steps.
 *
 * With the easter egg (Nadjahi, Laroche and Tachet des Combes 2019, "Safe Policy Improvement with
 * Soft Baseline Bootstrapping", section 4.1) another state does the same, unknown to the baseline.
 *
 * All is drawn from the run's seed. The observation is the state's index.
 *
 * @module
 */
import { exp } from "../../kernels/portable.ts";
import { InputError } from "../errors.ts";
import { mdpRows, pointStart, stateIndices } from "../mdp/build.ts";
import { policyChain } from "../mdp/chain.ts";
import {
  endingOutcomes,
  type FiniteMdp,
  type NamedOutcome,
} from "../mdp/mdp.ts";
import { discountedActionValues } from "../mdp/optimal.ts";
import { chainSystem } from "../mdp/solve.ts";
import { randomStream } from "../numerics/random.ts";
import { boolean, integer, number } from "../settings.ts";
import {
  type EnvironmentDefinition,
  horizonSetting,
  indexShape,
} from "./define.ts";

/** Sizes, goals, baseline and horizon. */
export interface RandomMdpSettings {
  /** Number of states. */
  readonly states: number;
  /** Number of actions. */
  readonly actions: number;
  /** States that each action may lead to. */
  readonly successors: number;
  /** How far the baseline is on the way from uniform actions to the optimum. */
  readonly baselineRatio: number;
  /** Whether a second state pays and ends the episode. */
  readonly easterEgg: boolean;
  /** Steps after which an episode is truncated; null: none. */
  readonly maxSteps: number | null;
}

/** What was drawn. */
export interface RandomMdp extends RandomMdpSettings {
  /** The run's seed. */
  readonly seed: number;
  /** [S, A, successors] where each action may lead. */
  readonly nextStates: Int32Array;
  /** [S, A, successors] how likely. */
  readonly probabilities: Float64Array;
  /** The state that pays and ends. */
  readonly goal: number;
  /** The other one; null without the setting. */
  readonly egg: number | null;
}

const OUTCOMES: readonly NamedOutcome[] = [
  { name: "goal", ends: true, unsafe: false },
  { name: "easterEgg", ends: true, unsafe: false },
];
const GOAL = 1;
const EASTER_EGG = 2;

const DISCOUNT = 0.95;
/** 0.95^50: a goal that is worth less lies too far. */
const FARTHEST = 0.0769449752767133;
/** Draws for each state after which the baseline is left as it is. */
const MOST_DRAWS = 100;

/** Random MDPs. */
export const randomMdp: EnvironmentDefinition<
  "randomMdp",
  RandomMdpSettings,
  RandomMdp
> = {
  name: "randomMdp",
  title: "a random MDP",
  settings: {
    states: integer(2, 100, 50, "number of states"),
    actions: integer(2, 16, 4, "number of actions"),
    successors: integer(1, 16, 4, "states that each action may lead to"),
    baselineRatio: number(
      0.1,
      1,
      0.5,
      "how far the baseline is on the way from uniform actions to the optimum",
    ),
    easterEgg: boolean(
      false,
      "whether a second state pays and ends the episode, unknown to the baseline",
    ),
    maxSteps: horizonSetting(50),
  },
  complete,
  shape: ({ states, actions, maxSteps }) =>
    indexShape(states, actions, maxSteps),
  resolve: drawWorld,
  mdp: (world) => tables(world, world.goal, world.egg),
  behaviours: { baseline },
  describe: ({ states, actions, successors, goal, egg }) => ({
    states,
    actions,
    successors,
    goal,
    easterEgg: egg,
  }),
};

function complete(settings: RandomMdpSettings): RandomMdpSettings {
  const { states, successors, easterEgg } = settings;
  if (successors > states) {
    throw new InputError(
      `successors: ${successors} are more than the ${states} states`,
    );
  }
  if (easterEgg && states < 3) {
    throw new InputError(
      "states: an easter egg needs one beside the start and the goal; give at least 3",
    );
  }
  return settings;
}

function drawWorld(settings: RandomMdpSettings, seed: number): RandomMdp {
  const { states, actions, successors, easterEgg } = settings;
  const stream = randomStream(seed, "random-mdp");
  const nextStates = new Int32Array(states * actions * successors);
  const probabilities = new Float64Array(nextStates.length);
  for (let i = 0; i < nextStates.length; i += successors) {
    const cuts = Array.from({ length: successors - 1 }, () => stream.uniform())
      .sort((a, b) => a - b);
    [...cuts, 1].forEach((cut, k) => {
      probabilities[i + k] = cut - (cuts[k - 1] ?? 0);
    });
    const drawn = new Set<number>();
    while (drawn.size < successors) drawn.add(stream.integer(states));
    nextStates.set([...drawn], i);
  }
  const world = { ...settings, seed, nextStates, probabilities };
  const goal = farthestState(world);
  const egg = easterEgg ? otherState(world, goal) : null;
  return { ...world, goal, egg };
}

type Transitions = Omit<RandomMdp, "goal" | "egg">;

/** The state of the lowest optimal value as a goal, of those that are not too far. */
function farthestState(world: Transitions): number {
  let [farthest, lowest] = [-1, 1];
  for (let goal = 1; goal < world.states; goal++) {
    const mdp = tables(world, goal, null);
    const value = largest(rowOf(optimalValues(mdp), 0, mdp));
    if (value < lowest && value > FARTHEST) [farthest, lowest] = [goal, value];
  }
  if (farthest < 0) {
    throw new InputError(
      `environment.successors: with seed ${world.seed} no state can be a goal: take another seed or more successors`,
    );
  }
  return farthest;
}

/** A state that is neither start nor goal. */
function otherState({ seed, states }: Transitions, goal: number): number {
  const stream = randomStream(seed, "random-mdp/easter-egg");
  const drawn = 1 + stream.integer(states - 2);
  return drawn < goal ? drawn : drawn + 1;
}

/** The world with these ends. */
function tables(
  { states, actions, successors, nextStates, probabilities, maxSteps }:
    Transitions,
  goal: number,
  egg: number | null,
): FiniteMdp {
  const rows = mdpRows(states, actions);
  nextStates.forEach((nextState, i) => {
    const pair = Math.floor(i / successors);
    const state = Math.floor(pair / actions);
    if (state === goal || state === egg || probabilities[i] === 0) return;
    const ending = nextState === goal
      ? GOAL
      : nextState === egg
      ? EASTER_EGG
      : 0;
    rows.add(state, pair % actions, {
      probability: probabilities[i],
      nextState,
      reward: ending === 0 ? 0 : 1,
      outcome: ending,
    });
  });
  return {
    stateCount: states,
    actionCount: actions,
    ...rows.finish(),
    outcomes: egg === null ? OUTCOMES.slice(0, 1) : OUTCOMES,
    start: pointStart(states, 0),
    horizon: maxSteps,
    discount: DISCOUNT,
    ...stateIndices(states),
  };
}

/**
 * A policy between uniform actions and the optimum: the softmax of the optimal action values whose
 * temperature rises until its value is halfway from the one wanted to the optimum, then made worse
 * one state at a time, where the best action loses a tenth of its probability, until its value is
 * the one wanted.
 */
function baseline(world: RandomMdp, epsilon: number): Float64Array {
  const { actions, states, seed, goal, baselineRatio } = world;
  const mdp = tables(world, goal, null);
  const q = optimalValues(mdp);
  const optimum = largest(rowOf(q, 0, mdp));
  const policy = new Float64Array(states * actions).fill(1 / actions);
  const uniform = policyValue(mdp, policy);
  const wanted = (ratio: number) => uniform + ratio * (optimum - uniform);

  // Begins where the softmax is greedy.
  let inverseTemperature = 2e6;
  do {
    inverseTemperature *= 0.9;
    for (let s = 0; s < states; s++) {
      const values = rowOf(q, s, mdp);
      const top = largest(values);
      normalise(
        rowOf(policy, s, mdp),
        (a) => exp(Math.fround(inverseTemperature * (values[a] - top))),
      );
    }
  } while (policyValue(mdp, policy) > wanted((1 + baselineRatio) / 2));

  const stream = randomStream(seed, "random-mdp/baseline");
  let draws = MOST_DRAWS * states;
  while (draws-- > 0 && policyValue(mdp, policy) > wanted(baselineRatio)) {
    const s = stream.integer(states);
    const values = rowOf(q, s, mdp);
    const best = values.indexOf(largest(values));
    const row = rowOf(policy, s, mdp);
    normalise(row, (a) => row[a] * (a === best ? 0.9 : 1));
  }
  return policy.map((p) => (1 - epsilon) * p + epsilon / actions);
}

/** Fills a row with weights divided by their sum. */
function normalise(row: Float64Array, weight: (action: number) => number) {
  const weights = row.map((_, action) => weight(action));
  const sum = weights.reduce((a, b) => a + b);
  row.set(weights.map((w) => w / sum));
}

function largest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b));
}

/** The action values of a state. */
function rowOf(
  table: Float64Array,
  state: number,
  { actionCount }: FiniteMdp,
): Float64Array {
  return table.subarray(state * actionCount, (state + 1) * actionCount);
}

/** [S, A] optimal action values. */
function optimalValues(mdp: FiniteMdp): Float64Array {
  return discountedActionValues(
    mdp,
    DISCOUNT,
    (q, s) => largest(rowOf(q, s, mdp)),
  );
}

/** What a policy is worth at the start. */
function policyValue(mdp: FiniteMdp, policy: Float64Array): number {
  const chain = policyChain(mdp, policy, null);
  const { first, probability, reward } = chain;
  const expected = new Float64Array(mdp.stateCount);
  for (let s = 0; s < mdp.stateCount; s++) {
    for (let i = first[s]; i < first[s + 1]; i++) {
      expected[s] += probability[i] * reward[i];
    }
  }
  const system = chainSystem(chain, endingOutcomes(mdp), [0], DISCOUNT);
  return system.solve(expected)[0];
}
