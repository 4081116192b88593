/**
 * The calls that every algorithm shares: a multilayer perceptron's forward and backward pass and
 * Adam.
 *
 * @module
 */
import type { NetworkLayout } from "../network/layout.ts";
import { type BufferSpec, type Call, call, view } from "./program.ts";

/** Adam's constants; the values of Kingma and Ba (2015) and of PyTorch. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/** Name of the buffer with a layer's input: layer 0's is the minibatch's observations. */
function activationName(
  prefix: string,
  layer: number,
  network: NetworkLayout,
): string {
  if (layer === 0) return "inputs";
  return layer === network.layers.length
    ? `${prefix}Values`
    : `${prefix}Hidden${layer}`;
}

/** Buffers for the forward pass of one network over `rowCapacity` rows; the outputs are `PREFIXValues`. */
export function forwardBuffers(
  prefix: string,
  network: NetworkLayout,
  rowCapacity: number,
): BufferSpec[] {
  return network.layers.map((layer, l) => ({
    name: activationName(prefix, l + 1, network),
    length: rowCapacity * layer.outputStride,
  }));
}

/** The forward pass from `inputs` to `PREFIXValues` on a range of rows. */
export function forwardCalls(
  prefix: string,
  parameters: string,
  network: NetworkLayout,
  rows: number,
): Call[] {
  return network.layers.map((layer, l) =>
    call("layer_forward", {
      input: view(activationName(prefix, l, network)),
      parameters: view(parameters, layer.offset),
      output: view(activationName(prefix, l + 1, network)),
    }, {
      rows,
      inputs: layer.inputs,
      inputStride: layer.inputStride,
      outputStride: layer.outputStride,
      relu: l + 1 < network.layers.length ? 1 : 0,
    })
  );
}

/** Buffers for {@link backwardCalls}; the gradient of the outputs is `gradientL` for L layers. */
export function backwardBuffers(
  network: NetworkLayout,
  rowCapacity: number,
): BufferSpec[] {
  return [
    ...network.layers.map((layer, l) => ({
      name: `gradient${l + 1}`,
      length: rowCapacity * layer.outputStride,
    })),
    ...network.layers.slice(1).map((layer, l) => ({
      name: `transposed${l + 2}`,
      length: layer.outputs * layer.inputStride,
    })),
    { name: "parameterGradient", length: network.parameterCount },
  ];
}

/** The backward pass from the gradient of the outputs to `parameterGradient`, and Adam's step. */
export function backwardCalls(network: NetworkLayout): Call[] {
  const calls: Call[] = [];
  for (let l = network.layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, inputStride, outputStride, offset } =
      network.layers[l];
    const input = view(activationName("online", l, network));
    const outputGradient = view(`gradient${l + 1}`);
    if (l > 0) {
      const transposed = view(`transposed${l + 1}`);
      calls.push(
        call("transpose", {
          parameters: view("parameters", offset),
          output: transposed,
        }, {
          inputs,
          outputs,
          inputStride,
          outputStride,
        }),
        call("layer_input_gradient", {
          outputGradient,
          transposed,
          activation: input,
          gradient: view(`gradient${l}`),
        }, { outputs, inputStride, outputStride }),
      );
    }
    calls.push(
      call("layer_weight_gradient", {
        input,
        outputGradient,
        gradient: view("parameterGradient", offset),
      }, { inputs, inputStride, outputStride }),
    );
  }
  calls.push(call("adam", {
    gradient: view("parameterGradient"),
    firstMoment: view("firstMoment"),
    secondMoment: view("secondMoment"),
    parameters: view("parameters"),
  }, {
    count: network.parameterCount,
    beta1: ADAM.beta1,
    oneMinusBeta1: 1 - ADAM.beta1,
    beta2: ADAM.beta2,
    oneMinusBeta2: 1 - ADAM.beta2,
    epsilon: ADAM.epsilon,
  }));
  return calls;
}

/** The calls that bring the minibatch's distinct observations into `inputs`. */
export function gatherCalls(network: NetworkLayout): Call[] {
  const { inputs, inputStride } = network.layers[0];
  return [
    call("gather_rows", {
      observations: view("observations"),
      output: view("inputs"),
    }, {
      inputs,
      stride: inputStride,
    }),
  ];
}

/** Buffers that every training program has: the state, the inputs and the loss's intermediates. */
export function commonBuffers(
  network: NetworkLayout,
  rowCapacity: number,
  batchSize: number,
): BufferSpec[] {
  const { inputStride } = network.layers[0];
  const { outputStride } = network.layers[network.layers.length - 1];
  return [
    { name: "parameters", length: network.parameterCount },
    { name: "firstMoment", length: network.parameterCount },
    { name: "secondMoment", length: network.parameterCount },
    { name: "inputs", length: rowCapacity * inputStride },
    ...forwardBuffers("online", network, rowCapacity),
    { name: "probabilities", length: rowCapacity * outputStride },
    { name: "logSumExp", length: rowCapacity },
    { name: "sampleLosses", length: 2 * batchSize },
    { name: "sampleGradient", length: batchSize },
    ...backwardBuffers(network, rowCapacity),
  ];
}

/**
 * Softmax, an algorithm's own calls (which leave `sampleLosses` and `sampleGradient`), the gradient
 * of the outputs, and the mean losses.
 *
 * @param temperature Of the softmax and its logsumexp.
 * @param rowTerms Buffer whose `weight`-fold every sample of a row adds to the row's gradient.
 */
export function lossCalls(
  network: NetworkLayout,
  batchSize: number,
  own: readonly Call[],
  { temperature, rowTerms, weight }: {
    temperature: number;
    rowTerms: string;
    weight: number;
  },
): Call[] {
  const { outputs, outputStride } = network.layers[network.layers.length - 1];
  return [
    call("softmax_rows", {
      values: view("onlineValues"),
      probabilities: view("probabilities"),
      logSumExp: view("logSumExp"),
    }, {
      actions: outputs,
      stride: outputStride,
      temperature,
      inverseTemperature: 1 / temperature,
    }),
    ...own,
    call("loss_rows", {
      rowTerms: view(rowTerms),
      sampleGradient: view("sampleGradient"),
      gradient: view(`gradient${network.layers.length}`),
    }, { stride: outputStride, weight }),
    call("mean_losses", {
      sampleLosses: view("sampleLosses"),
      losses: view("losses"),
    }, {
      terms: 2,
      inverseBatch: 1 / batchSize,
    }),
  ];
}
