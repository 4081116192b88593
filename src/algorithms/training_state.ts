/**
 * The state of a training: all that a checkpoint needs besides the config.
 *
 * @module
 */
import { concatenated } from "../numerics/arrays.ts";
import { parametersOf, type Program, stateOf } from "./program.ts";

/** State of `runs` runs after `step` steps. Everything else is derived. */
export interface TrainingState {
  /** Steps made. */
  readonly step: number;
  /** Runs that learn at once; usually 1. */
  readonly runs: number;
  /** One array [runs, length] per name of the program's `state`. */
  readonly buffers: Readonly<Record<string, Float32Array>>;
}

/**
 * State before the first step: the given parameters, moments of zero, and targets equal to the
 * parameters.
 *
 * @param parameters Of each network of the program, one flat parameter buffer per run.
 */
export function initialState(
  program: Program,
  parameters: readonly (readonly Float32Array[])[],
): TrainingState {
  const runs = parameters[0].length;
  const buffers = program.networks.flatMap((network, n) => {
    const all = concatenated(parameters[n]);
    const copies = parametersOf(network);
    return stateOf([network]).map((name) => [
      name,
      copies.includes(name) ? all.slice() : new Float32Array(all.length),
    ]);
  });
  return { step: 0, runs, buffers: Object.fromEntries(buffers) };
}
