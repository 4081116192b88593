/**
 * A world as a log shows it: states with the same observation are one.
 *
 * @module
 */
import { mdpRows } from "../../mdp/build.ts";
import type { FiniteMdp } from "../../mdp/mdp.ts";
import { requireHorizon } from "../../mdp/mdp.ts";

/** The observations of a world. */
export interface ObservedWorld {
  /** C */
  readonly count: number;
  /** [S] the observation of each state. */
  readonly classOf: Uint32Array;
  /** [S] expected steps in each state under whoever acts. */
  readonly visits: Float64Array;
  /** The observation's place by its numbers; see {@link keyOf}. */
  readonly places: ReadonlyMap<string, number>;
}

/** An observation as a key. */
export function keyOf(observation: Float32Array): string {
  return observation.join();
}

/**
 * Finds what is observed.
 *
 * @param behaviour [S, A] whoever acts.
 * @throws InputError if the world has no horizon.
 */
export function observedWorld(
  mdp: FiniteMdp,
  behaviour: Float64Array,
): ObservedWorld {
  const { stateCount, observations, observationSize: size } = mdp;
  const places = new Map<string, number>();
  const classOf = Uint32Array.from({ length: stateCount }, (_, s) => {
    const key = keyOf(observations.subarray(s * size, (s + 1) * size));
    const place = places.get(key) ?? places.size;
    places.set(key, place);
    return place;
  });
  const visits = expectedSteps(mdp, behaviour);
  return { count: places.size, classOf, places, visits };
}

/** [S] expected steps in each state, by forward recursion. */
function expectedSteps(mdp: FiniteMdp, policy: Float64Array): Float64Array {
  const { stateCount, actionCount, outcomeOffsets, nextState } = mdp;
  const horizon = requireHorizon(mdp);
  const steps = new Float64Array(stateCount);
  let now = mdp.start.slice();
  for (let t = 0; t < horizon; t++) {
    const after = new Float64Array(stateCount);
    for (let pair = 0; pair < stateCount * actionCount; pair++) {
      const s = Math.floor(pair / actionCount);
      const mass = now[s] * policy[pair];
      if (mass === 0) continue;
      steps[s] += mass;
      for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
        const outcome = mdp.outcome[i];
        const ends = outcome > 0 && mdp.outcomes[outcome - 1].ends;
        if (!ends) after[nextState[i]] += mass * mdp.probability[i];
      }
    }
    now = after;
  }
  return steps;
}

/** [S] how much each state counts in its observation: by its visits, or all alike where there are none. */
function sharesOf({ count, classOf, visits }: ObservedWorld): Float64Array {
  const sums = new Float64Array(count);
  const members = new Float64Array(count);
  classOf.forEach((c, s) => {
    sums[c] += visits[s];
    members[c]++;
  });
  return visits.map((own, s) => {
    const c = classOf[s];
    return sums[c] > 0 ? own / sums[c] : 1 / members[c];
  });
}

/**
 * What a policy of the states does as far as observations tell.
 *
 * @param policy [S, A]
 * @returns [C, A]
 */
export function asObserved(
  world: ObservedWorld,
  policy: Float64Array,
  actionCount: number,
): Float64Array {
  const shares = sharesOf(world);
  const observed = new Float64Array(world.count * actionCount);
  policy.forEach((p, i) => {
    const s = Math.floor(i / actionCount);
    observed[world.classOf[s] * actionCount + i % actionCount] += shares[s] * p;
  });
  // A state that is never acted in may have a row of zeros.
  for (let row = 0; row < observed.length; row += actionCount) {
    const own = observed.subarray(row, row + actionCount);
    const sum = own.reduce((sum, p) => sum + p, 0);
    own.forEach((p, a) => own[a] = sum > 0 ? p / sum : 1 / actionCount);
  }
  return observed;
}

/** A policy of observations, [C, A], in the states: [S, A]. */
export function inStates(
  { classOf }: ObservedWorld,
  policy: Float64Array,
  actionCount: number,
): Float64Array {
  return Float64Array.from(
    { length: classOf.length * actionCount },
    (_, i) =>
      policy[
        classOf[Math.floor(i / actionCount)] * actionCount + i % actionCount
      ],
  );
}

/** The world that counts of endlessly many episodes would give: of observations, without a horizon. */
export function countedForEver(
  mdp: FiniteMdp,
  world: ObservedWorld,
): FiniteMdp {
  const { stateCount, actionCount, outcomeOffsets } = mdp;
  const { count, classOf } = world;
  const shares = sharesOf(world);
  const merged = new Map<string, [pair: number, index: number, p: number]>();
  const totals = new Float64Array(count * actionCount);
  for (let s = 0; s < stateCount; s++) {
    if (shares[s] === 0) continue;
    for (let a = 0; a < actionCount; a++) {
      const pair = classOf[s] * actionCount + a;
      const own = s * actionCount + a;
      for (let i = outcomeOffsets[own]; i < outcomeOffsets[own + 1]; i++) {
        const next = classOf[mdp.nextState[i]];
        const key = `${pair} ${next} ${mdp.outcome[i]} ${mdp.reward[i]}`;
        const p = shares[s] * mdp.probability[i];
        const found = merged.get(key);
        if (found) found[2] += p;
        else merged.set(key, [pair, i, p]);
        totals[pair] += p;
      }
    }
  }
  const rows = mdpRows(count, actionCount);
  for (const [pair, i, p] of merged.values()) {
    rows.add(Math.floor(pair / actionCount), pair % actionCount, {
      probability: p / totals[pair],
      nextState: classOf[mdp.nextState[i]],
      reward: mdp.reward[i],
      outcome: mdp.outcome[i],
    });
  }
  const start = new Float64Array(count);
  mdp.start.forEach((p, s) => start[classOf[s]] += p);
  return {
    ...rows.finish(),
    stateCount: count,
    actionCount,
    outcomes: mdp.outcomes,
    start,
    horizon: null,
    discount: mdp.discount,
    observations: Float32Array.from({ length: count }, (_, c) => c),
    observationSize: 1,
  };
}
