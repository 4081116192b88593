/**
 * The Markov chain that a policy makes of a finite MDP.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { FiniteMdp } from "./mdp.ts";
import type { Policy } from "./policy.ts";

/** How far from 1 the probabilities of a policy in a state may sum to. */
const SUM_TOLERANCE = 1e-9;

/**
 * What can happen in each state under a policy: the outcomes of state s are `first[s]` up to, without
 * it, `first[s + 1]`, all of positive probability; a state that is never acted in has none.
 */
export interface PolicyChain {
  /** [S + 1] */
  readonly first: Uint32Array;
  /** [n] of the action and the outcome together. */
  readonly probability: Float64Array;
  /** [n] */
  readonly nextState: Int32Array;
  /** [n] */
  readonly reward: Float64Array;
  /** [n] as in the MDP. */
  readonly outcome: Uint8Array;
  /** Whether the tables are the same at every step. */
  readonly isStationary: boolean;
  /** Makes these the tables of that step; does nothing if all have the same. */
  toStep(step: number): void;
}

/**
 * Sums the actions up. Outcomes of different actions with the same next state, reward and name are
 * one; those of a single action stay as they are.
 *
 * @param policy What is done, for each state or for each step and state.
 * @param horizon Steps of an episode, null where there is no end to them.
 * @throws InputError if the policy has another shape, is not one of probabilities, or takes an action
 *   that cannot be taken.
 */
export function policyChain(
  mdp: FiniteMdp,
  policy: Policy,
  horizon: number | null,
): PolicyChain {
  const { stateCount, actionCount } = mdp;
  const isTable = policy instanceof Float64Array;
  const perStep = stateCount * (isTable ? actionCount : 1);
  const isStationary = policy.length === perStep;
  if (!isStationary && policy.length !== (horizon ?? 0) * perStep) {
    const shape = isTable ? "S, A" : "S";
    throw new InputError(
      horizon === null
        ? `a policy of ${policy.length} numbers does not fit [${shape}] = ${perStep}; without a horizon it cannot depend on the step`
        : `a policy of ${policy.length} numbers fits neither [${shape}] = ${perStep} nor [T, ${shape}] = ${
          horizon * perStep
        }`,
    );
  }
  const rows = rowCollector(mdp);
  const first = new Uint32Array(stateCount + 1);
  const fill = (step: number) => {
    rows.begin();
    for (let s = 0; s < stateCount; s++) {
      first[s] = rows.count;
      const at = step * perStep + s * (isTable ? actionCount : 1);
      if (isTable) addState(mdp, policy, at, s, rows);
      else if (isActedIn(mdp, s)) {
        const action = policy[at];
        if (!(action >= 0 && action < actionCount)) {
          throw new InputError(
            `state ${s}: there is no action ${action} among 0 … ${
              actionCount - 1
            }`,
          );
        }
        requireOutcomes(mdp, s, action);
        rows.add(s * actionCount + action, 1);
      }
    }
    first[stateCount] = rows.count;
  };
  fill(0);
  return {
    first,
    get probability() {
      return rows.probability;
    },
    get nextState() {
      return rows.nextState;
    },
    get reward() {
      return rows.reward;
    },
    get outcome() {
      return rows.outcome;
    },
    isStationary,
    toStep(step) {
      if (!isStationary) fill(step);
    },
  };
}

/** Adds what a table of probabilities does in a state; `at` is where its row begins. */
function addState(
  mdp: FiniteMdp,
  policy: Float64Array,
  at: number,
  state: number,
  rows: RowCollector,
): void {
  if (!isActedIn(mdp, state)) return;
  const { actionCount } = mdp;
  let sum = 0;
  let actions = 0;
  for (let a = 0; a < actionCount; a++) {
    const weight = policy[at + a];
    if (!(weight >= 0)) {
      throw new InputError(
        `state ${state}, action ${a}: the policy's probability is ${weight}`,
      );
    }
    sum += weight;
    if (weight > 0) actions++;
  }
  if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
    throw new InputError(
      `state ${state}: the policy's probabilities sum to ${sum} instead of 1`,
    );
  }
  const row = state * actionCount;
  if (actions > 1) rows.beginMerging();
  for (let a = 0; a < actionCount; a++) {
    if (policy[at + a] === 0) continue;
    requireOutcomes(mdp, state, a);
    if (actions > 1) rows.merge(row + a, policy[at + a]);
    else rows.add(row + a, policy[at + a]);
  }
}

/** Whether something can be done in a state. */
export function isActedIn(
  { actionCount, outcomeOffsets }: FiniteMdp,
  state: number,
): boolean {
  return outcomeOffsets[state * actionCount] <
    outcomeOffsets[(state + 1) * actionCount];
}

/**
 * Refuses that an episode comes to a state in which nothing can be done.
 *
 * @param first Where the outcomes of each state begin in a chain.
 */
export function requireActedIn(first: Uint32Array, state: number): void {
  if (first[state] < first[state + 1]) return;
  throw new InputError(
    `state ${state}: an episode that has not ended comes there, but no action has an outcome`,
  );
}

function requireOutcomes(mdp: FiniteMdp, state: number, action: number): void {
  const pair = state * mdp.actionCount + action;
  if (mdp.outcomeOffsets[pair] < mdp.outcomeOffsets[pair + 1]) return;
  throw new InputError(
    `state ${state}: the policy takes action ${action}, which cannot be taken there`,
  );
}

/** Gathers outcomes in arrays that grow. */
interface RowCollector {
  readonly count: number;
  readonly probability: Float64Array;
  readonly nextState: Int32Array;
  readonly reward: Float64Array;
  readonly outcome: Uint8Array;
  /** Forgets everything. */
  begin(): void;
  /** Adds the outcomes of a pair, weighted. */
  add(pair: number, weight: number): void;
  /** What follows is merged among itself. */
  beginMerging(): void;
  /** Adds the outcomes of a pair, weighted, to equal ones that were added since merging began. */
  merge(pair: number, weight: number): void;
}

function rowCollector(mdp: FiniteMdp): RowCollector {
  let probability = new Float64Array(1024);
  let nextState = new Int32Array(1024);
  let reward = new Float64Array(1024);
  let outcome = new Uint8Array(1024);
  // Of each next state the place where it was last added, and of each place the one before it.
  const last = new Int32Array(mdp.stateCount);
  let before = new Int32Array(1024);
  let count = 0;
  let mergedFrom = 0;
  const push = (i: number, p: number) => {
    if (count === probability.length) {
      probability = longer(probability, new Float64Array(2 * count));
      nextState = longer(nextState, new Int32Array(2 * count));
      reward = longer(reward, new Float64Array(2 * count));
      outcome = longer(outcome, new Uint8Array(2 * count));
      before = longer(before, new Int32Array(2 * count));
    }
    probability[count] = p;
    nextState[count] = mdp.nextState[i];
    reward[count] = mdp.reward[i];
    outcome[count] = mdp.outcome[i];
    count++;
  };
  return {
    get count() {
      return count;
    },
    get probability() {
      return probability;
    },
    get nextState() {
      return nextState;
    },
    get reward() {
      return reward;
    },
    get outcome() {
      return outcome;
    },
    begin() {
      count = 0;
      last.fill(-1);
    },
    add(pair, weight) {
      const end = mdp.outcomeOffsets[pair + 1];
      for (let i = mdp.outcomeOffsets[pair]; i < end; i++) {
        const p = weight * mdp.probability[i];
        if (p > 0) push(i, p);
      }
    },
    beginMerging() {
      mergedFrom = count;
    },
    merge(pair, weight) {
      const end = mdp.outcomeOffsets[pair + 1];
      for (let i = mdp.outcomeOffsets[pair]; i < end; i++) {
        const p = weight * mdp.probability[i];
        if (p === 0) continue;
        const next = mdp.nextState[i];
        let at = last[next];
        while (
          at >= mergedFrom &&
          (reward[at] !== mdp.reward[i] || outcome[at] !== mdp.outcome[i])
        ) at = before[at];
        if (at >= mergedFrom) probability[at] += p;
        else {
          push(i, p);
          before[count - 1] = last[next];
          last[next] = count - 1;
        }
      }
    },
  };
}

function longer<T extends Float64Array | Int32Array | Uint8Array>(
  from: T,
  to: T,
): T {
  to.set(from as never);
  return to;
}
