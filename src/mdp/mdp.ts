/**
 * A finite Markov decision process with a horizon, in tables.
 *
 * @module
 */

/** Something that can happen in a step and has a name: reaching the goal, entering a hazard, … */
export interface NamedOutcome {
  /** As metrics, plots and reports call it; a word in camel case. */
  readonly name: string;
  /** Whether it ends the episode. */
  readonly ends: boolean;
  /** Whether a safe policy avoids it. */
  readonly unsafe: boolean;
}

/**
 * S states, A actions, K outcomes per state and action. Outcome k of (s, a) has index
 * `(s * actionCount + a) * outcomeCount + k`. Probabilities are f64 and sum to 1 over k;
 * unused outcomes have probability 0.
 */
export interface FiniteMdp {
  /** S */
  readonly stateCount: number;
  /** A */
  readonly actionCount: number;
  /** K */
  readonly outcomeCount: number;
  /** [S, A, K] probability of each outcome. */
  readonly probability: Float64Array;
  /** [S, A, K] next state of each outcome. */
  readonly nextState: Int32Array;
  /** [S, A, K] reward of each outcome. */
  readonly reward: Float64Array;
  /** [S, A, K] what happens: 0 nothing that has a name, n the n-th of `outcomes`. */
  readonly outcome: Uint8Array;
  /** What has a name. */
  readonly outcomes: readonly NamedOutcome[];
  /** Episodes are truncated after this many steps. */
  readonly maxSteps: number;
  /** State in which every episode starts. */
  readonly startState: number;
  /** [S, D] the observation of each state, row-major. */
  readonly observations: Float32Array;
  /** D */
  readonly observationSize: number;
}

/**
 * Which entries of `outcome` end an episode.
 *
 * @returns [outcomes + 1] 1 where it ends.
 */
export function endingOutcomes(
  { outcomes }: Pick<FiniteMdp, "outcomes">,
): Uint8Array {
  return Uint8Array.from([false, ...outcomes.map(({ ends }) => ends)], Number);
}

/**
 * Which entries of `outcome` a safe policy avoids.
 *
 * @returns [outcomes + 1] 1 where it is unsafe.
 */
export function unsafeOutcomes(
  { outcomes }: Pick<FiniteMdp, "outcomes">,
): Uint8Array {
  return Uint8Array.from(
    [false, ...outcomes.map(({ unsafe }) => unsafe)],
    Number,
  );
}

/** What all unsafe outcomes are called together: the name of the only one, or `unsafe`. */
export function unsafeName({ outcomes }: Pick<FiniteMdp, "outcomes">): string {
  const unsafe = outcomes.filter((outcome) => outcome.unsafe);
  return unsafe.length === 1 ? unsafe[0].name : "unsafe";
}

/**
 * What happens on entering each state, as in `outcome`. A state that no outcome of positive
 * probability enters counts as 0.
 *
 * @returns [S]
 */
export function outcomeByState(mdp: FiniteMdp): Uint8Array {
  const entered = new Uint8Array(mdp.stateCount);
  for (let i = 0; i < mdp.probability.length; i++) {
    if (mdp.probability[i] > 0) entered[mdp.nextState[i]] = mdp.outcome[i];
  }
  return entered;
}
