/**
 * What a learner has learnt: all that a checkpoint needs besides the config.
 *
 * @module
 */
import type { Program } from "./program.ts";

/** State of `runs` learners after `step` steps. Everything else is derived. */
export interface LearnerState {
  /** Steps made. */
  readonly step: number;
  /** Runs that learn at once; usually 1. */
  readonly runs: number;
  /** One array [runs, length] per name of the program's `state`. */
  readonly buffers: Readonly<Record<string, Float32Array>>;
}

/**
 * State before the first step: the given parameters, moments of zero, and a target network (where
 * the program has one) equal to the parameters.
 *
 * @param parameters One flat parameter buffer per run.
 */
export function initialState(
  program: Program,
  parameters: readonly Float32Array[],
): LearnerState {
  const runs = parameters.length;
  const all = new Float32Array(runs * program.network.parameterCount);
  parameters.forEach((p, run) =>
    all.set(p, run * program.network.parameterCount)
  );
  const buffers = Object.fromEntries(program.state.map((name) => {
    const copied = name === "parameters" || name === "targetParameters";
    return [name, copied ? all.slice() : new Float32Array(all.length)];
  }));
  return { step: 0, runs, buffers };
}
