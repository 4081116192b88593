/**
 * Shape of a multilayer perceptron and where its parameters lie in one flat buffer.
 *
 * @module
 */
import { padded } from "../../kernels/padding.ts";

import { InputError } from "../errors.ts";
import { requireLength } from "../numerics/arrays.ts";

/** A dense layer's place in the flat parameter buffer. */
export interface LayerLayout {
  /** Width of the input. */
  readonly inputs: number;
  /** Width of the output. */
  readonly outputs: number;
  /** Columns of the input matrix in memory: inputs, rounded up to a multiple of 4. */
  readonly inputStride: number;
  /** Columns of the weight and output matrices in memory. */
  readonly outputStride: number;
  /** First element. The layer is (inputs + 1, outputStride): weights by input, then the bias row; padding columns are 0. */
  readonly offset: number;
}

/** A network's layers and the number of elements that their parameters take. */
export interface NetworkLayout {
  /** From the input on. */
  readonly layers: readonly LayerLayout[];
  /** Elements of the flat buffer, padding included. */
  readonly parameterCount: number;
}

/** A layer's parameters without padding. */
export interface LayerParameters {
  /** [inputs, outputs] row-major. */
  readonly weight: Float32Array;
  /** [outputs] */
  readonly bias: Float32Array;
  /** Width of the input. */
  readonly inputs: number;
  /** Width of the output. */
  readonly outputs: number;
}

/**
 * Lays out a network.
 * @param sizes Layer widths: inputs, hidden layers, outputs.
 * @throws InputError if a width is not a positive integer or there are fewer than two.
 */
export function networkLayout(sizes: readonly number[]): NetworkLayout {
  if (
    sizes.length < 2 || !sizes.every((n) => Number.isSafeInteger(n) && n > 0)
  ) {
    throw new InputError(
      `layer widths [${
        sizes.join(", ")
      }]: give at least two, each a positive integer`,
    );
  }
  const layers: LayerLayout[] = [];
  let offset = 0;
  for (let i = 0; i + 1 < sizes.length; i++) {
    const [inputs, outputs] = [sizes[i], sizes[i + 1]];
    const outputStride = padded(outputs);
    layers.push({
      inputs,
      outputs,
      inputStride: padded(inputs),
      outputStride,
      offset,
    });
    offset += (inputs + 1) * outputStride;
  }
  return { layers, parameterCount: offset };
}

/**
 * Takes the layers out of a flat parameter buffer, without padding.
 *
 * @throws InputError if the buffer is not of that layout's length.
 */
export function unpackParameters(
  layout: NetworkLayout,
  parameters: Float32Array,
): LayerParameters[] {
  requireLength(parameters.length, layout.parameterCount, "parameters");
  return layout.layers.map(({ inputs, outputs, outputStride, offset }) => {
    const rows = new Float32Array((inputs + 1) * outputs);
    for (let i = 0; i <= inputs; i++) {
      const from = offset + i * outputStride;
      rows.set(parameters.subarray(from, from + outputs), i * outputs);
    }
    return {
      weight: rows.slice(0, inputs * outputs),
      bias: rows.slice(inputs * outputs),
      inputs,
      outputs,
    };
  });
}

/**
 * Puts layers into a flat parameter buffer of that layout; padding is 0.
 *
 * @throws InputError if the layers are not of that layout's shapes.
 */
export function packParameters(
  layout: NetworkLayout,
  layers: readonly LayerParameters[],
): Float32Array<ArrayBuffer> {
  const parameters = new Float32Array(layout.parameterCount);
  requireLength(layers.length, layout.layers.length, "layers");
  layout.layers.forEach(({ inputs, outputs, outputStride, offset }, l) => {
    const { weight, bias } = layers[l];
    requireLength(weight.length, inputs * outputs, `weights of layer ${l}`);
    requireLength(bias.length, outputs, `biases of layer ${l}`);
    for (let i = 0; i <= inputs; i++) {
      const row = i < inputs
        ? weight.subarray(i * outputs, (i + 1) * outputs)
        : bias;
      parameters.set(row, offset + i * outputStride);
    }
  });
  return parameters;
}
