/**
 * Initial parameters of a network.
 *
 * @module
 */
import { randomStream } from "../numerics/random.ts";
import type { NetworkLayout } from "./layout.ts";

/**
 * Draws every weight and bias uniformly from ±1/sqrt(inputs of the layer), PyTorch's default for a
 * linear layer, in the order layer, input, output, with each layer's bias last.
 *
 * @param seed The run's seed; the stream is `initial-parameters`.
 * @param member Which of an ensemble's networks; from 1 on it is part of the stream's name.
 * @param prefix Distinguishes a program's networks: part of the stream's name, empty for the first.
 * @returns The flat parameter buffer of `layout`.
 */
export function initialParameters(
  layout: NetworkLayout,
  seed: number,
  member: number,
  prefix = "",
): Float32Array<ArrayBuffer> {
  const name = memberStream(`${prefix}initial-parameters`, member);
  const random = randomStream(seed, name);
  const parameters = new Float32Array(layout.parameterCount);
  for (const { inputs, outputs, outputStride, offset } of layout.layers) {
    const bound = 1 / Math.sqrt(Math.max(1, inputs));
    for (let i = 0; i <= inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        parameters[offset + i * outputStride + o] = (2 * random.uniform() - 1) *
          bound;
      }
    }
  }
  return parameters;
}

/** Name of a stream of an ensemble's member; the first has the name of a single network's. */
export function memberStream(name: string, member: number): string {
  return member === 0 ? name : `${name}/member/${member}`;
}
