/**
 * A finite Markov decision process with a horizon, in tables.
 *
 * @module
 */

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
  /** [S, A, K] what the outcome is: 0 goes on, 1 terminates at the goal, 2 terminates in a hazard. */
  readonly ending: Uint8Array;
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
 * What entering each state means: 0 goes on, 1 ends at the goal, 2 ends in a hazard. A state
 * that no outcome of positive probability enters counts as 0.
 *
 * @returns [S]
 */
export function stateEndings(mdp: FiniteMdp): Uint8Array {
  const endings = new Uint8Array(mdp.stateCount);
  for (let i = 0; i < mdp.probability.length; i++) {
    if (mdp.probability[i] > 0) endings[mdp.nextState[i]] = mdp.ending[i];
  }
  return endings;
}
