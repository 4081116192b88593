/**
 * From what a file lists to a world: ends, names, merged outcomes, the mask.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { pointStart, stateIndices } from "../mdp/build.ts";
import type {
  FiniteMdp,
  MdpObservations,
  MdpRows,
  NamedOutcome,
} from "../mdp/mdp.ts";
import { requireOutcome, SUM_TOLERANCE, validateMdp } from "../mdp/validate.ts";
import { suggest } from "../nearest.ts";
import { fitPolicies, type WorldFile } from "./world_file.ts";
import type { WorldReadOptions } from "./world_options.ts";
import {
  endsByReward,
  endsNamed,
  markUnsafe,
  type OutcomeName,
  parseOutcomeNames,
  UNNAMED_END,
} from "./world_outcomes.ts";

/** Outcomes in any order, a column each. */
export interface Transitions {
  readonly state: number[];
  readonly action: number[];
  readonly nextState: number[];
  readonly probability: number[];
  readonly reward: number[];
  /** 0 nothing that has a name, n the n-th named outcome, or {@link UNNAMED_END}. */
  readonly outcome: number[];
}

/** What a reader found. */
export interface WorldParts {
  readonly title: string;
  readonly stateCount: number;
  readonly actionCount: number;
  readonly transitions: Transitions;
  /** What has a name. */
  readonly outcomes: readonly NamedOutcome[];
  /** [S] the outcome with which entering a state ends the episode, 0 if it does not; null: transitions say. */
  readonly endStates: Uint8Array | null;
  /** [S]; null: the file does not say. */
  readonly start: Float64Array | null;
  readonly horizon: number | null;
  readonly discount: number;
  /** [S, A] 1 where an action is allowed; null: all are. */
  readonly allowed: Uint8Array | null;
  /** [S, A] a mask that the file means as advice. */
  readonly advice: Uint8Array | null;
  /** A file of allowed actions that is used where it lies beside this one. */
  readonly actionList?: string;
  readonly observations: MdpObservations | null;
  /** [S, A] by name. */
  readonly policies: Readonly<Record<string, Float64Array>>;
  readonly forbidden?: "uniform";
}

/** No outcomes yet. */
export function noTransitions(): Transitions {
  return {
    state: [],
    action: [],
    nextState: [],
    probability: [],
    reward: [],
    outcome: [],
  };
}

/** The outcomes of an MDP, a column each. */
export function transitionsOf(mdp: FiniteMdp): Transitions {
  const transitions = noTransitions();
  const { actionCount, outcomeOffsets } = mdp;
  for (let pair = 0; pair + 1 < outcomeOffsets.length; pair++) {
    for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
      transitions.state.push(Math.floor(pair / actionCount));
      transitions.action.push(pair % actionCount);
      transitions.nextState.push(mdp.nextState[i]);
      transitions.probability.push(mdp.probability[i]);
      transitions.reward.push(mdp.reward[i]);
      transitions.outcome.push(mdp.outcome[i]);
    }
  }
  return transitions;
}

/** A whole world as parts, of which options may change some. */
export function partsOfWorld(
  { title, mdp, policies, forbidden }: WorldFile,
): WorldParts {
  return {
    title,
    stateCount: mdp.stateCount,
    actionCount: mdp.actionCount,
    transitions: transitionsOf(mdp),
    outcomes: mdp.outcomes,
    endStates: null,
    start: mdp.start,
    horizon: mdp.horizon,
    discount: mdp.discount,
    allowed: mdp.allowed ?? null,
    advice: null,
    observations: mdp,
    policies,
    ...(forbidden && { forbidden }),
  };
}

/**
 * Makes the world.
 *
 * @param parts What the file holds; its transitions are changed.
 * @param name Name of the file, for messages.
 * @param options What it does not say.
 * @throws InputError if that is no world, in one line.
 */
export function worldFromParts(
  parts: WorldParts,
  name: string,
  options: WorldReadOptions,
): WorldFile {
  const note = (text: string) => options.onNote?.(`${name}: ${text}`);
  const { stateCount, actionCount, transitions } = parts;
  requireIndices(parts, name);
  const wanted = parseOutcomeNames(options.outcomes ?? "");
  const named = nameStates(parts, wanted, name);
  const fileStart = parts.start ?? pointStart(stateCount, 0);
  if (parts.start === null && options.start === undefined) {
    note("the file has no start distribution; episodes start in state 0");
  }
  const over = endedStates(parts, named, fileStart);
  const outcomes = renameOutcomes(
    nameByReward(transitions, named.outcomes, over, note),
    wanted,
    name,
  );
  const order = byPair(transitions, stateCount, actionCount);
  const forbidden = parts.allowed === null
    ? undefined
    : parts.forbidden ?? forbiddenIsMean(parts, parts.allowed, order, over);
  if (parts.allowed) requireActions(parts, parts.allowed, over, name);
  const rows = mergedRows(parts, order, over, name);
  const acts = Uint8Array.from(
    { length: stateCount },
    (_, state) =>
      Number(
        rows.outcomeOffsets[state * actionCount] <
          rows.outcomeOffsets[(state + 1) * actionCount],
      ),
  );
  // A mask on states in which nothing is done any more would be a mask for nothing.
  const allowed = parts.allowed?.map((is, pair) =>
    is || !acts[Math.floor(pair / actionCount)] ? 1 : 0
  );
  const isMasked = allowed?.includes(0);
  const mdp: FiniteMdp = {
    stateCount,
    actionCount,
    ...rows,
    outcomes: options.unsafe ? markUnsafe(outcomes, options.unsafe) : outcomes,
    start: startOf(options, fileStart, acts, name),
    horizon: options.horizon !== undefined ? options.horizon : parts.horizon,
    discount: options.discount ?? parts.discount,
    ...observationsOf(parts),
    ...(isMasked && { allowed }),
  };
  validateMdp(mdp, name);
  const world = { mdp, ...(isMasked && forbidden && { forbidden }) };
  return {
    title: parts.title,
    ...world,
    policies: fitPolicies(parts.policies, world, note),
  };
}

/** States, actions and outcomes must exist before anything is looked up by them. */
function requireIndices(
  { stateCount, actionCount, transitions, outcomes }: WorldParts,
  name: string,
): void {
  const { state, action, nextState, outcome } = transitions;
  const isIndex = (value: number, count: number) =>
    Number.isInteger(value) && value >= 0 && value < count;
  for (let i = 0; i < state.length; i++) {
    const fail = (what: string) => {
      throw new InputError(
        `${name}: state ${state[i]}, action ${action[i]}: ${what}`,
      );
    };
    if (!isIndex(state[i], stateCount)) {
      fail(`states are 0 to ${stateCount - 1}`);
    }
    if (!isIndex(action[i], actionCount)) {
      fail(`actions are 0 to ${actionCount - 1}`);
    }
    if (!isIndex(nextState[i], stateCount)) {
      fail(`leads to state ${nextState[i]}; states are 0 to ${stateCount - 1}`);
    }
    if (
      outcome[i] !== UNNAMED_END && !isIndex(outcome[i], outcomes.length + 1)
    ) {
      fail(`has outcome ${outcome[i]} where ${outcomes.length} have a name`);
    }
  }
}

/** The outcomes known so far, and in which states an episode has ended. */
interface NamedStates {
  readonly outcomes: readonly NamedOutcome[];
  /** [S] */
  readonly endStates: Uint8Array;
}

/** Brings ends that are states, of the file and of the options, to the transitions into them. */
function nameStates(
  { transitions, outcomes: known, endStates: given, stateCount }: WorldParts,
  wanted: readonly OutcomeName[],
  name: string,
): NamedStates {
  const outcomes = [...known];
  const endStates = given?.slice() ?? new Uint8Array(stateCount);
  for (const { name: outcome, states } of wanted) {
    if (states.length === 0) continue;
    let n = outcomes.findIndex((other) => other.name === outcome) + 1;
    if (n === 0) n = outcomes.push(...endsNamed([outcome]));
    for (const state of states) {
      if (state >= stateCount) {
        throw new InputError(
          `${name}: outcomes: ${outcome}: there is no state ${state}; states are 0 to ${
            stateCount - 1
          }`,
        );
      }
      endStates[state] = n;
    }
  }
  const { nextState, outcome } = transitions;
  for (let i = 0; i < nextState.length; i++) {
    outcome[i] = endStates[nextState[i]] || outcome[i];
  }
  return { outcomes, endStates };
}

/**
 * In which states an episode has ended, so that their rows mean nothing: those that end it, and those
 * that other states enter by outcomes that end it and by no other, unless episodes start there.
 */
function endedStates(
  { transitions, stateCount }: WorldParts,
  { outcomes, endStates }: NamedStates,
  start: Float64Array,
): Uint8Array {
  const { state, nextState, probability, outcome } = transitions;
  const over = new Uint8Array(stateCount);
  const live = new Uint8Array(stateCount);
  for (let i = 0; i < state.length; i++) {
    const next = nextState[i];
    if (probability[i] === 0 || state[i] === next) continue;
    const n = outcome[i];
    if (n === UNNAMED_END || (n > 0 && outcomes[n - 1].ends)) over[next] = 1;
    else live[next] = 1;
  }
  return over.map((is, s) =>
    endStates[s] > 0 || (is && !live[s] && start[s] === 0) ? 1 : 0
  );
}

/** Names the ends that have no name, where an episode can come to them. */
function nameByReward(
  { state, nextState, reward, outcome, probability }: Transitions,
  known: readonly NamedOutcome[],
  over: Uint8Array,
  note: (text: string) => void,
): NamedOutcome[] {
  const rewards = new Set<number>();
  const places = new Set<number>();
  for (let i = 0; i < state.length; i++) {
    const counts = outcome[i] === UNNAMED_END && probability[i] !== 0;
    if (!counts || over[state[i]]) continue;
    rewards.add(reward[i]);
    places.add(nextState[i]);
  }
  // One place to end in is one end, whatever is paid on the way into it.
  const { outcomes, indexOf } = endsByReward(places.size === 1 ? [0] : rewards);
  for (let i = 0; i < state.length; i++) {
    if (outcome[i] !== UNNAMED_END) continue;
    outcome[i] = known.length + 1 + Math.max(0, indexOf(reward[i]));
  }
  if (outcomes.length > 0) {
    const names = outcomes.map((end) => end.name).join(", ");
    note(
      `the file has no names of ends; ${
        outcomes.length === 1
          ? "all are called end"
          : `by what they pay they are called ${names}`
      }`,
    );
  }
  return [...known, ...outcomes];
}

function renameOutcomes(
  outcomes: readonly NamedOutcome[],
  wanted: readonly OutcomeName[],
  name: string,
): NamedOutcome[] {
  const renamed = [...outcomes];
  for (const { name: newName, renames } of wanted) {
    if (renames === null) continue;
    const n = outcomes.findIndex((outcome) => outcome.name === renames);
    if (n < 0) {
      const known = outcomes.map((outcome) => outcome.name);
      throw new InputError(
        `${name}: outcomes: the file has no outcome ${renames}${
          known.length === 0 ? "" : `; ${suggest(renames, known)}`
        }`,
      );
    }
    const [{ unsafe }] = endsNamed([newName]);
    renamed[n] = {
      ...outcomes[n],
      name: newName,
      unsafe: unsafe || outcomes[n].unsafe,
    };
  }
  return renamed;
}

/** Indices of transitions in the order of their pairs of state and action, else as they came. */
function byPair(
  { state, action }: Transitions,
  stateCount: number,
  actionCount: number,
): { order: Uint32Array; offsets: Uint32Array } {
  const offsets = new Uint32Array(stateCount * actionCount + 1);
  for (let i = 0; i < state.length; i++) {
    offsets[state[i] * actionCount + action[i] + 1]++;
  }
  for (let pair = 1; pair < offsets.length; pair++) {
    offsets[pair] += offsets[pair - 1];
  }
  const place = offsets.slice();
  const order = new Uint32Array(state.length);
  for (let i = 0; i < state.length; i++) {
    order[place[state[i] * actionCount + action[i]]++] = i;
  }
  return { order, offsets };
}

/**
 * Whether forbidden actions have rows and each is the mean of the rows of the allowed ones, in
 * probabilities and in what they pay: then taking one is taking an allowed one at random.
 */
function forbiddenIsMean(
  { transitions, stateCount, actionCount, outcomes }: WorldParts,
  allowed: Uint8Array,
  { order, offsets }: ReturnType<typeof byPair>,
  over: Uint8Array,
): "uniform" | undefined {
  const { nextState, outcome, probability, reward } = transitions;
  const kinds = outcomes.length + 2;
  /** How much more likely, and better paid, each next state with its outcome is than in the mean. */
  const excess = new Map<number, [number, number]>();
  const add = (pair: number, weight: number) => {
    for (let k = offsets[pair]; k < offsets[pair + 1]; k++) {
      const i = order[k];
      const key = nextState[i] * kinds + Math.min(outcome[i], kinds - 1);
      const entry = excess.get(key) ?? [0, 0];
      entry[0] += weight * probability[i];
      entry[1] += weight * probability[i] * reward[i];
      excess.set(key, entry);
    }
  };
  let found = false;
  for (let state = 0; state < stateCount; state++) {
    const first = state * actionCount;
    const row = allowed.subarray(first, first + actionCount);
    const count = row.reduce((n, is) => n + is, 0);
    if (over[state] || count === 0 || count === actionCount) continue;
    const means = new Map<number, [number, number]>();
    excess.clear();
    row.forEach((is, action) => is && add(first + action, -1 / count));
    for (const [key, [p, r]] of excess) means.set(key, [p, r]);
    for (let action = 0; action < actionCount; action++) {
      if (row[action]) continue;
      found = true;
      excess.clear();
      for (const [key, [p, r]] of means) excess.set(key, [p, r]);
      add(first + action, 1);
      for (const [p, r] of excess.values()) {
        if (!(Math.abs(p) <= SUM_TOLERANCE && Math.abs(r) <= SUM_TOLERANCE)) {
          return undefined;
        }
      }
    }
  }
  return found ? "uniform" : undefined;
}

/** A state that is entered while the episode goes on must leave something to do. */
function requireActions(
  { transitions, outcomes, actionCount }: WorldParts,
  allowed: Uint8Array,
  over: Uint8Array,
  name: string,
): void {
  const { state, action, nextState, probability, outcome } = transitions;
  for (let i = 0; i < state.length; i++) {
    const isTaken = !over[state[i]] && probability[i] > 0 &&
      allowed[state[i] * actionCount + action[i]] === 1;
    if (!isTaken || over[nextState[i]]) continue;
    if (outcome[i] > 0 && outcomes[outcome[i] - 1]?.ends !== false) continue;
    const first = nextState[i] * actionCount;
    if (allowed.subarray(first, first + actionCount).includes(1)) continue;
    throw new InputError(
      `${name}: state ${state[i]}, action ${action[i]}: leads to state ${
        nextState[i]
      }, in which no action is allowed`,
    );
  }
}

/** The rows of what can happen; outcomes that differ in nothing but their probability are one. */
function mergedRows(
  { transitions, stateCount, actionCount, allowed }: WorldParts,
  { order, offsets }: ReturnType<typeof byPair>,
  over: Uint8Array,
  name: string,
): MdpRows {
  const { nextState, outcome, probability, reward } = transitions;
  const checked = { stateCount, nextState, probability, reward };
  const outcomeOffsets = new Uint32Array(stateCount * actionCount + 1);
  const kept: number[] = [];
  const sums: number[] = [];
  // The latest kept outcome that leads to each state, and for each kept one the latest before it.
  const latest = new Int32Array(stateCount).fill(-1);
  const before: number[] = [];
  for (let pair = 0; pair < stateCount * actionCount; pair++) {
    const begin = kept.length;
    const state = Math.floor(pair / actionCount);
    const isLeftOut = over[state] === 1 || allowed?.[pair] === 0;
    for (let k = offsets[pair]; k < offsets[pair + 1] && !isLeftOut; k++) {
      const i = order[k];
      requireOutcome(checked, i, state, pair % actionCount, name);
      if (probability[i] === 0) continue;
      let equal = latest[nextState[i]];
      while (
        equal >= begin && (outcome[kept[equal]] !== outcome[i] ||
          reward[kept[equal]] !== reward[i])
      ) equal = before[equal];
      if (equal >= begin) {
        sums[equal] += probability[i];
        continue;
      }
      before.push(latest[nextState[i]]);
      latest[nextState[i]] = kept.length;
      kept.push(i);
      sums.push(probability[i]);
    }
    outcomeOffsets[pair + 1] = kept.length;
  }
  return {
    outcomeOffsets,
    probability: Float64Array.from(sums),
    nextState: Int32Array.from(kept, (i) => nextState[i]),
    reward: Float64Array.from(kept, (i) => reward[i] + 0), // no negative zero
    outcome: Uint8Array.from(kept, (i) => outcome[i]),
  };
}

function observationsOf(
  { observations: given, stateCount }: WorldParts,
): MdpObservations {
  if (given === null) return stateIndices(stateCount);
  const { observations, observationSize, observationCategories } = given;
  return {
    observations,
    observationSize,
    ...(observationCategories && { observationCategories }),
  };
}

function startOf(
  { start }: WorldReadOptions,
  fileStart: Float64Array,
  acts: Uint8Array,
  name: string,
): Float64Array {
  if (start === undefined) return fileStart;
  const stateCount = acts.length;
  if (start === "uniform") {
    const count = acts.reduce((n, is) => n + is, 0);
    return Float64Array.from(acts, (is) => is / count);
  }
  if (Number.isInteger(start) && start >= 0 && start < stateCount) {
    return pointStart(stateCount, start);
  }
  throw new InputError(
    `${name}: start ${start}: states are 0 to ${stateCount - 1}`,
  );
}
