/**
 * The calls that algorithms share: a multilayer perceptron's forward and backward pass, Adam, target
 * networks, and what surrounds an algorithm's own loss.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import type { PlanLayout } from "../../kernels/plan.ts";
import {
  type LayerLayout,
  type NetworkLayout,
  networkLayout,
} from "../network/layout.ts";
import type { LearningShape } from "./define.ts";
import {
  type BufferSpec,
  type Call,
  call,
  type ProgramNetwork,
  type View,
  view,
} from "./program.ts";

/** Adam's constants; the values of Kingma and Ba (2015) and of PyTorch. */
export const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;

/**
 * A network of the run's hidden layers.
 *
 * @param name What it is. A program's first network is called by no prefix, any other by its name.
 * @param outputs Width of its output.
 * @param decides Whether its outputs decide beside those of the first, and are masked like them.
 */
export function trainedNetwork(
  name: string,
  { observationSize, hidden, masked = false }: LearningShape,
  outputs: number,
  { isFirst = true, hasTarget = false, decides = false } = {},
): ProgramNetwork {
  return {
    name,
    layout: networkLayout([observationSize, ...hidden, outputs]),
    prefix: isFirst ? "" : `${name}.`,
    hasTarget,
    masked: (isFirst || decides) && masked,
  };
}

/** A network that is one layer, which stands on the hidden layers of another and decides beside it. */
export function headOf(
  trunk: ProgramNetwork,
  name: string,
  outputs: number,
): ProgramNetwork {
  return {
    name,
    layout: networkLayout([lastLayer(trunk).inputs, outputs]),
    prefix: `${name}.`,
    hasTarget: false,
    masked: trunk.masked,
    trunk,
  };
}

/** The layer whose outputs are the network's. */
export function lastLayer({ layout: { layers } }: ProgramNetwork): LayerLayout {
  return layers[layers.length - 1];
}

/** Name of the buffer with a layer's input: layer 0's is the minibatch's observations, or the last hidden layer of a trunk. */
function activationName(
  prefix: string,
  layer: number,
  network: NetworkLayout,
  trunk?: ProgramNetwork,
): string {
  if (layer === 0 && trunk) {
    const { prefix, layout } = trunk;
    return activationName(`${prefix}online`, layout.layers.length - 1, layout);
  }
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

/**
 * The forward pass of a network or of its target network on a range of rows, from `inputs` to
 * `onlineValues` or `targetValues`; where actions are masked, those not allowed get the value FORBIDDEN.
 */
export function forwardCalls(
  network: ProgramNetwork,
  which: "online" | "target",
  rows: number,
): Call[] {
  const { layout, masked, trunk } = network;
  const prefix = network.prefix + which;
  const parameters = which === "online" ? "parameters" : "targetParameters";
  const calls = layout.layers.map((layer, l) =>
    call("layer_forward", {
      input: view(activationName(prefix, l, layout, trunk)),
      parameters: view(network.prefix + parameters, layer.offset),
      output: view(activationName(prefix, l + 1, layout)),
    }, {
      rows,
      inputs: layer.inputs,
      inputStride: layer.inputStride,
      outputStride: layer.outputStride,
      relu: l + 1 < layout.layers.length ? 1 : 0,
    })
  );
  if (!masked) return calls;
  const { outputs, outputStride } = lastLayer(network);
  const mask = call("mask_rows", {
    allowed: view("allowed"),
    values: view(`${prefix}Values`),
  }, { rows, actions: outputs, stride: outputStride });
  return [...calls, mask];
}

/** The program's `tables`, where nothing but masks is known of observations. */
export function maskTables(
  network: ProgramNetwork,
  tableRows: number,
): BufferSpec[] {
  const { outputs } = lastLayer(network);
  return network.masked
    ? [{ name: "allowed", length: tableRows * outputs }]
    : [];
}

/** Name of the buffer with a network's output gradient. */
export function outputGradientName({ prefix, layout }: ProgramNetwork): string {
  return `${prefix}gradient${layout.layers.length}`;
}

/** Buffers of a network that learns: its state and what {@link forwardCalls} and {@link backwardCalls} need. */
export function networkBuffers(
  { layout, prefix, hasTarget, trunk }: ProgramNetwork,
  rowCapacity: number,
): BufferSpec[] {
  const { layers, parameterCount } = layout;
  const first = layers[0];
  return [
    { name: `${prefix}parameters`, length: parameterCount },
    { name: `${prefix}firstMoment`, length: parameterCount },
    { name: `${prefix}secondMoment`, length: parameterCount },
    ...forwardBuffers(`${prefix}online`, layout, rowCapacity),
    ...layers.map((layer, l) => ({
      name: `${prefix}gradient${l + 1}`,
      length: rowCapacity * layer.outputStride,
    })),
    ...layers.slice(1).map((layer, l) => ({
      name: `${prefix}transposed${l + 2}`,
      length: layer.outputs * layer.inputStride,
    })),
    { name: `${prefix}parameterGradient`, length: parameterCount },
    ...(trunk
      ? [
        { name: `${prefix}gradient0`, length: rowCapacity * first.inputStride },
        {
          name: `${prefix}transposed1`,
          length: first.outputs * first.inputStride,
        },
      ]
      : []),
    ...(hasTarget
      ? [
        { name: `${prefix}targetParameters`, length: parameterCount },
        ...forwardBuffers(`${prefix}target`, layout, rowCapacity),
      ]
      : []),
  ];
}

/**
 * The backward pass from the output gradient to `parameterGradient`, and Adam's step.
 *
 * @param options `rateScale`: see {@link adamCall}. `head`: a network on this one's hidden layers, whose own
 *   backward pass comes before.
 */
export function backwardCalls(
  network: ProgramNetwork,
  { rateScale = 1, head }: {
    readonly rateScale?: number;
    readonly head?: ProgramNetwork;
  } = {},
): Call[] {
  const { layout, prefix, trunk } = network;
  const calls: Call[] = [];
  const named = (name: string, offset = 0) => view(prefix + name, offset);
  for (let l = layout.layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, inputStride, outputStride, offset } =
      layout.layers[l];
    const input = view(activationName(`${prefix}online`, l, layout, trunk));
    const outputGradient = named(`gradient${l + 1}`);
    if (l > 0 || trunk) {
      const transposed = named(`transposed${l + 1}`);
      calls.push(
        call("transpose", {
          parameters: named("parameters", offset),
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
          gradient: named(`gradient${l}`),
        }, { outputs, inputStride, outputStride }),
      );
    }
    if (head && l === layout.layers.length - 1) {
      calls.push(call("add_rows", {
        input: view(`${head.prefix}gradient0`),
        sum: named(`gradient${l}`),
      }, { stride: inputStride }));
    }
    calls.push(
      call("layer_weight_gradient", {
        input,
        outputGradient,
        gradient: named("parameterGradient", offset),
      }, { inputs, inputStride, outputStride }),
    );
  }
  calls.push(adamCall(network, rateScale));
  return calls;
}

/**
 * Adam's step of a network by its `parameterGradient`.
 *
 * @param rateScale The network's learning rate as a multiple of the plan's.
 */
export function adamCall(
  { layout, prefix }: ProgramNetwork,
  rateScale = 1,
): Call {
  const named = (name: string) => view(prefix + name);
  return call("adam", {
    gradient: named("parameterGradient"),
    firstMoment: named("firstMoment"),
    secondMoment: named("secondMoment"),
    parameters: named("parameters"),
  }, {
    count: layout.parameterCount,
    beta1: ADAM.beta1,
    oneMinusBeta1: 1 - ADAM.beta1,
    beta2: ADAM.beta2,
    oneMinusBeta2: 1 - ADAM.beta2,
    epsilon: ADAM.epsilon,
    rateScale,
  });
}

/** The calls that bring the minibatch's distinct observations into `inputs`. */
export function gatherCalls({ layout }: ProgramNetwork): Call[] {
  const { inputs, inputStride } = layout.layers[0];
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

/** Buffers of a minibatch: its observations, and a loss of each sample for each of the loss's terms. */
export function batchBuffers(
  { layout }: ProgramNetwork,
  { rowCapacity, batchSize }: PlanLayout,
  terms: number,
): BufferSpec[] {
  const { inputStride } = layout.layers[0];
  return [
    { name: "inputs", length: rowCapacity * inputStride },
    { name: "sampleLosses", length: terms * batchSize },
  ];
}

/** Buffers of {@link softmaxCall}. */
export function softmaxBuffers(
  network: ProgramNetwork,
  rowCapacity: number,
): BufferSpec[] {
  const { prefix } = network;
  const { outputStride } = lastLayer(network);
  return [
    { name: `${prefix}probabilities`, length: rowCapacity * outputStride },
    { name: `${prefix}logSumExp`, length: rowCapacity },
  ];
}

/** Softmax and logsumexp of a network's outputs at a temperature. */
export function softmaxCall(
  network: ProgramNetwork,
  temperature: number,
): Call {
  const { prefix } = network;
  const { outputs, outputStride } = lastLayer(network);
  return call("softmax_rows", {
    values: view(`${prefix}onlineValues`),
    probabilities: view(`${prefix}probabilities`),
    logSumExp: view(`${prefix}logSumExp`),
  }, {
    actions: outputs,
    stride: outputStride,
    temperature,
    inverseTemperature: 1 / temperature,
  });
}

/**
 * A network's output gradient from its `sampleGradient`, that of each sample with respect to the
 * output of its action.
 *
 * @param rowTerms Buffer whose `weight`-fold every sample of a row adds to the row's gradient.
 */
export function lossRowsCall(
  network: ProgramNetwork,
  rowTerms: string,
  weight: number,
): Call {
  return call("loss_rows", {
    rowTerms: view(rowTerms),
    sampleGradient: view(`${network.prefix}sampleGradient`),
    gradient: view(outputGradientName(network)),
  }, { stride: lastLayer(network).outputStride, weight });
}

/** The minibatch's mean of each term of the loss. */
export function meanLossesCall(terms: number, batchSize: number): Call {
  return call("mean_losses", {
    sampleLosses: view("sampleLosses"),
    losses: view("losses"),
  }, { terms, inverseBatch: 1 / batchSize });
}

/** How a program gets what it looks up of target networks. */
export interface TargetTables {
  /** Where each of them lies. */
  readonly views: readonly View[];
  /** 1 where they have a row for each observation of the table, 0 where for each of the minibatch. */
  readonly table: 0 | 1;
  /** Buffers beside those of the networks. */
  readonly buffers: readonly BufferSpec[];
  /** In each step, after the minibatch's observations are there. */
  readonly step: readonly Call[];
  /** The program's `targetUpdate`. */
  readonly targetUpdate: readonly Call[];
  /** The program's `sweep`. */
  readonly sweep: readonly Call[];
}

/** What is looked up: a buffer with a row for each of the minibatch, and its name as a table. */
export interface Looked {
  /** Name of the buffer. */
  readonly rows: string;
  /** Name of the table. */
  readonly table: string;
  /** Elements of a row. */
  readonly stride: number;
}

/**
 * The calls that provide what follows from target networks. They change only at a target update, so it is
 * computed for the whole observation table once per update (the sweep), unless evaluating each
 * step's rows costs less. Both ways give the same bits.
 *
 * @param calls Compute it on a range of rows.
 * @param interval Steps between two target updates.
 * @param rows Of which rows of a minibatch it is needed, of {@link ROWS}.
 */
export function targetTables(
  networks: readonly ProgramNetwork[],
  calls: (rows: number) => readonly Call[],
  looked: readonly Looked[],
  { batchSize }: PlanLayout,
  tableRows: number,
  interval: number,
  rows: number,
): TargetTables {
  const targetUpdate = networks.map(({ prefix, layout }) =>
    call("copy", {
      input: view(`${prefix}parameters`),
      output: view(`${prefix}targetParameters`),
    }, { count: layout.parameterCount })
  );
  if (tableRows > interval * batchSize) {
    return {
      views: looked.map(({ rows }) => view(rows)),
      table: 0,
      buffers: [],
      step: calls(rows),
      targetUpdate,
      sweep: [],
    };
  }
  return {
    views: looked.map(({ table }) => view(table)),
    table: 1,
    buffers: looked.map(({ table, stride }) => ({
      name: table,
      length: tableRows * stride,
    })),
    step: [],
    targetUpdate,
    sweep: [
      ...gatherCalls(networks[0]),
      ...calls(ROWS.all),
      ...looked.map(({ rows, table, stride }) =>
        call("scatter_rows", { values: view(rows), table: view(table) }, {
          stride,
        })
      ),
    ],
  };
}

/** {@link TargetTables} of one network's values. */
export interface TargetCalls extends Omit<TargetTables, "views"> {
  /** Where they lie. */
  readonly values: View;
}

/** {@link targetTables} of a network's outputs. */
export function targetCalls(
  network: ProgramNetwork,
  plan: PlanLayout,
  tableRows: number,
  interval: number,
  rows: number,
): TargetCalls {
  const { prefix } = network;
  const { views: [values], ...rest } = targetTables(
    [network],
    (rows) => forwardCalls(network, "target", rows),
    [{
      rows: `${prefix}targetValues`,
      table: `${prefix}targetTable`,
      stride: lastLayer(network).outputStride,
    }],
    plan,
    tableRows,
    interval,
    rows,
  );
  return { ...rest, values };
}

/**
 * The call that computes each sample's temporal difference and conservative term, of CQL with one network.
 *
 * @param preferences By which the next action is chosen where `doubleQ` is set.
 */
export function qSamplesCall(
  network: ProgramNetwork,
  { values, table }: TargetCalls,
  preferences: View,
  { batchSize, targetActionNoise: noise, alpha, doubleQ }: {
    readonly batchSize: number;
    readonly targetActionNoise: number;
    readonly alpha: number;
    readonly doubleQ: boolean;
  },
): Call {
  const { outputs: actions, outputStride: stride } = lastLayer(network);
  return call("q_samples", {
    values: view("onlineValues"),
    preferences,
    targetValues: values,
    logSumExp: view("logSumExp"),
    sampleLosses: view("sampleLosses"),
    sampleGradient: view("sampleGradient"),
  }, {
    actions,
    stride,
    table,
    doubleQ: doubleQ ? 1 : 0,
    greedyShare: 1 - noise,
    noise,
    uniformShare: noise / actions,
    inverseBatch: 1 / batchSize,
    conservativeWeight: alpha / batchSize,
  });
}
