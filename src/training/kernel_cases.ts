/**
 * Random calls of each kernel, for comparing backends.
 *
 * @module
 */
import { padded } from "../network/layout.ts";
import type { RandomStream } from "../numerics/random.ts";
import { type Fill, fillBuffer } from "./kernel_inputs.ts";

/** A buffer's contents; its rows are padded to a multiple of 4, as every matrix's. */
export interface Contents {
  /** Rows of a matrix; 1 for a vector. */
  readonly rows: number;
  /** Elements of a row that are filled. */
  readonly columns: number;
  /** Elements of a row in memory; the others are 0. */
  readonly stride: number;
  /** What kind of values. */
  readonly fill: Fill;
}

/** A call's numbers and buffers. */
export interface KernelCase {
  /** Keys are those of the kernel's `numbers`. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Keys are those of the kernel's `buffers`. */
  readonly buffers: Readonly<Record<string, Contents>>;
}

const matrix = (
  rows: number,
  columns: number,
  fill: Fill = "tensor",
): Contents => ({ rows, columns, stride: padded(columns), fill });

const vector = (length: number, fill: Fill = "tensor"): Contents => ({
  rows: 1,
  columns: length,
  stride: length,
  fill,
});

/** What all calls of a program share: the minibatch. */
export interface Shared {
  /** Shapes and contents are drawn from it. */
  readonly random: RandomStream;
  /** B */
  readonly batchSize: number;
  /** Most rows of the minibatch. */
  readonly rowCapacity: number;
  /** Rows of the observation table. */
  readonly tableRows: number;
  /** Actions in the plan are below this. */
  readonly actionCount: number;
}

/** No matrix is wider. */
export const WIDEST: number = 150;

/** A width of 1 to 40, and now and then more. */
function width(random: RandomStream, least = 1): number {
  const most = random.integer(12) === 0 ? WIDEST : 40;
  return Math.max(least, 1 + random.integer(most));
}

/** Random calls of each kernel. */
export const KERNEL_CASES: Readonly<
  Record<string, (shared: Shared) => KernelCase>
> = {
  gather_rows({ random, rowCapacity, tableRows }) {
    const inputs = width(random);
    const stride = padded(inputs);
    return {
      numbers: { inputs, stride },
      buffers: {
        observations: vector(tableRows * inputs),
        output: matrix(rowCapacity, inputs),
      },
    };
  },
  layer_forward({ random, rowCapacity }) {
    const [inputs, outputs] = [width(random), width(random)];
    const [inputStride, outputStride] = [padded(inputs), padded(outputs)];
    const [rows, relu] = [random.integer(3), random.integer(2)];
    return {
      numbers: { rows, inputs, inputStride, outputStride, relu },
      buffers: {
        input: matrix(rowCapacity, inputs),
        parameters: matrix(inputs + 1, outputs),
        output: matrix(rowCapacity, outputs),
      },
    };
  },
  transpose({ random }) {
    const [inputs, outputs] = [width(random), width(random)];
    const [inputStride, outputStride] = [padded(inputs), padded(outputs)];
    return {
      numbers: { inputs, outputs, inputStride, outputStride },
      buffers: {
        parameters: matrix(inputs + 1, outputs),
        output: matrix(outputs, inputs),
      },
    };
  },
  softmax_rows({ random, rowCapacity }) {
    const actions = width(random);
    const stride = padded(actions);
    const temperature = [1, 0.01, 3][random.integer(3)];
    return {
      numbers: {
        actions,
        stride,
        temperature,
        inverseTemperature: 1 / temperature,
      },
      buffers: {
        values: matrix(rowCapacity, actions),
        probabilities: matrix(rowCapacity, actions),
        logSumExp: vector(rowCapacity),
      },
    };
  },
  q_samples({ random, batchSize, rowCapacity, tableRows, actionCount }) {
    const actions = width(random, actionCount);
    const stride = padded(actions);
    const [table, doubleQ] = [random.integer(2), random.integer(2)];
    return {
      numbers: {
        actions,
        stride,
        table,
        doubleQ,
        greedyShare: 0.95,
        uniformShare: 0.05 / actions,
        inverseBatch: 1 / batchSize,
        conservativeWeight: 10 * random.uniform() / batchSize,
      },
      buffers: {
        values: matrix(rowCapacity, actions),
        targetValues: matrix(table ? tableRows : rowCapacity, actions),
        logSumExp: vector(rowCapacity),
        sampleLosses: vector(2 * batchSize),
        sampleGradient: vector(batchSize),
      },
    };
  },
  clone_rows({ random, rowCapacity }) {
    const actions = width(random);
    const stride = padded(actions);
    const beta = random.uniform();
    return {
      numbers: {
        actions,
        stride,
        squareWeight: beta / actions,
        twiceSquareWeight: 2 * beta / actions,
      },
      buffers: {
        logits: matrix(rowCapacity, actions),
        probabilities: matrix(rowCapacity, actions, "probability"),
        logSumExp: vector(rowCapacity),
        rowTerms: matrix(rowCapacity, actions),
        rowPenalty: vector(rowCapacity),
      },
    };
  },
  clone_samples({ random, batchSize, rowCapacity, actionCount }) {
    const actions = width(random, actionCount);
    const stride = padded(actions);
    return {
      numbers: { stride, inverseBatch: 1 / batchSize },
      buffers: {
        logits: matrix(rowCapacity, actions),
        logSumExp: vector(rowCapacity),
        rowPenalty: vector(rowCapacity),
        sampleLosses: vector(2 * batchSize),
        sampleGradient: vector(batchSize),
      },
    };
  },
  loss_rows({ random, batchSize, rowCapacity, actionCount }) {
    const actions = width(random, actionCount);
    const stride = padded(actions);
    return {
      numbers: { stride, weight: random.uniform() / batchSize },
      buffers: {
        rowTerms: matrix(rowCapacity, actions),
        sampleGradient: vector(batchSize),
        gradient: matrix(rowCapacity, actions),
      },
    };
  },
  mean_losses({ random, batchSize }) {
    const terms = 1 + random.integer(5);
    return {
      numbers: { terms, inverseBatch: 1 / batchSize },
      buffers: {
        sampleLosses: vector(terms * batchSize),
        losses: vector(terms),
      },
    };
  },
  layer_input_gradient({ random, rowCapacity }) {
    const [inputs, outputs] = [width(random), width(random)];
    const [inputStride, outputStride] = [padded(inputs), padded(outputs)];
    return {
      numbers: { outputs, inputStride, outputStride },
      buffers: {
        outputGradient: matrix(rowCapacity, outputs),
        transposed: matrix(outputs, inputs),
        activation: matrix(rowCapacity, inputs),
        gradient: matrix(rowCapacity, inputs),
      },
    };
  },
  layer_weight_gradient({ random, rowCapacity }) {
    const [inputs, outputs] = [width(random), width(random)];
    const [inputStride, outputStride] = [padded(inputs), padded(outputs)];
    return {
      numbers: { inputs, inputStride, outputStride },
      buffers: {
        input: matrix(rowCapacity, inputs),
        outputGradient: matrix(rowCapacity, outputs),
        gradient: matrix(inputs + 1, outputs),
      },
    };
  },
  adam({ random }) {
    const count = padded(width(random) * width(random));
    return {
      numbers: {
        count,
        beta1: 0.9,
        oneMinusBeta1: 1 - 0.9,
        beta2: 0.999,
        oneMinusBeta2: 1 - 0.999,
        epsilon: 1e-8,
      },
      buffers: {
        gradient: vector(count),
        firstMoment: vector(count, "firstMoment"),
        secondMoment: vector(count, "secondMoment"),
        parameters: vector(count),
      },
    };
  },
  copy({ random }) {
    const count = padded(width(random) * width(random));
    return {
      numbers: { count },
      buffers: { input: vector(count), output: vector(count) },
    };
  },
  scatter_rows({ random, rowCapacity, tableRows }) {
    const columns = width(random);
    const stride = padded(columns);
    return {
      numbers: { stride },
      buffers: {
        values: matrix(rowCapacity, columns),
        table: matrix(tableRows, columns),
      },
    };
  },
};

/** [rows, stride] random values, zero in the padding. */
export function filledMatrix(
  random: RandomStream,
  { rows, columns, stride, fill }: Contents,
): Float32Array {
  const values = fillBuffer(random, fill, rows * stride);
  for (let row = 0; row < rows; row++) {
    values.fill(0, row * stride + columns, (row + 1) * stride);
  }
  return values;
}
