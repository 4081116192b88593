/**
 * Shape of a multilayer perceptron and where its parameters lie in one flat buffer.
 *
 * @module
 */
import { padded } from "../../kernels/kernel.ts";

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
 */
export function networkLayout(sizes: readonly number[]): NetworkLayout {
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

/** Takes the layers out of a flat parameter buffer, without padding. */
export function unpackParameters(
  layout: NetworkLayout,
  parameters: Float32Array,
): LayerParameters[] {
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

/** Puts layers into a flat parameter buffer of that layout; padding is 0. */
export function packParameters(
  layout: NetworkLayout,
  layers: readonly LayerParameters[],
): Float32Array<ArrayBuffer> {
  const parameters = new Float32Array(layout.parameterCount);
  layout.layers.forEach(({ inputs, outputs, outputStride, offset }, l) => {
    for (let i = 0; i <= inputs; i++) {
      const row = i < inputs
        ? layers[l].weight.subarray(i * outputs, (i + 1) * outputs)
        : layers[l].bias;
      parameters.set(row, offset + i * outputStride);
    }
  });
  return parameters;
}
