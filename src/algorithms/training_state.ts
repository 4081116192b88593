/**
 * The state of a training: all that a checkpoint needs besides the config.
 *
 * @module
 */
import type { NetworkLayout } from "../network/layout.ts";
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
 * State before the first step: the given parameters, moments of zero, targets equal to the
 * parameters, and zeros of whatever else the program's state is.
 *
 * @param parameters Of each network of the program, one flat parameter buffer per run; those of a network
 *   with a `start` are not looked at.
 */
export function initialState(
  program: Program,
  parameters: readonly (readonly Float32Array[])[],
): TrainingState {
  const runs = parameters[0].length;
  const learnt = Object.fromEntries(program.networks.flatMap((network, n) => {
    const { layout, start } = network;
    const all = concatenated(
      start === undefined
        ? parameters[n]
        : parameters[n].map(() => equalParameters(layout, start)),
    );
    const copies = parametersOf(network);
    return stateOf([network]).map((name) => [
      name,
      copies.includes(name) ? all.slice() : new Float32Array(all.length),
    ]);
  }));
  const others = program.buffers.filter(({ name }) =>
    program.state.includes(name) && !Object.hasOwn(learnt, name)
  ).map(({ name, length }) => [name, new Float32Array(runs * length)]);
  return {
    step: 0,
    runs,
    buffers: { ...learnt, ...Object.fromEntries(others) },
  };
}

/** Parameters that are all the same; padding is 0. */
function equalParameters(
  { layers, parameterCount }: NetworkLayout,
  value: number,
): Float32Array {
  const parameters = new Float32Array(parameterCount);
  for (const { inputs, outputs, outputStride, offset } of layers) {
    for (let i = 0; i <= inputs; i++) {
      const first = offset + i * outputStride;
      parameters.fill(value, first, first + outputs);
    }
  }
  return parameters;
}
