import assert from "node:assert/strict";
import { padded, ROWS } from "../../kernels/kernel.ts";
import { KERNELS } from "../../kernels/mod.ts";
import { planStep } from "../../kernels/plan.ts";
import { type Call, call, view } from "../../src/algorithms/program.ts";
import type { TrainingTask } from "../../src/backends/backend.ts";
import { learnerMemory, PAGE } from "../../src/backends/wasm_memory.ts";
import { withMemorySize } from "../../src/backends/wasm_memory_size.ts";

import { type RandomStream, randomStream } from "../../src/numerics/random.ts";
import { randomTask } from "../backends/random_task.ts";

const bytes = await Deno.readFile(
  new URL("../../kernels/kernels.wasm", import.meta.url),
);

/** A buffer's content: rows of `columns` elements, padded with zeros to `stride`. */
interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly values: (random: RandomStream) => number;
}

interface Case {
  readonly buffers: Record<string, Matrix>;
  readonly numbers: Record<string, number>;
}

/** Sizes that a case is made for. */
interface Sizes {
  readonly random: RandomStream;
  readonly capacity: number;
  readonly batchSize: number;
  readonly tableRows: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly actions: number;
}

const EDGES = [
  0,
  -0,
  1,
  -1,
  2 ** -40,
  -(2 ** -40),
  Math.fround(2 ** -40 * (1 - 2 ** -24)),
  -Math.fround(2 ** -40 * (1 - 2 ** -24)),
  2 ** -41,
  2 ** -20,
  -(2 ** -20),
  16777217,
  -1000,
];

const uniform = (random: RandomStream) => 4 * random.uniform() - 2;
/** Sums that cancel, numbers about the flush's threshold, zeros of either sign. */
const adversarial = (random: RandomStream) =>
  random.uniform() < 0.5
    ? EDGES[random.integer(EDGES.length)]
    : uniform(random);
/** What a ReLU leaves, at times in no row or in every row. */
const activation = (random: RandomStream) =>
  random.uniform() < 0.6 ? 0 : Math.abs(adversarial(random));
/** Second moments: halved, 2^-99 and 2^-98 come to the flush's threshold and above it. */
const squares = (random: RandomStream) => {
  const kind = random.integer(5);
  return kind < 3 ? [0, 2 ** -99, 2 ** -98][kind] : random.uniform() ** 8 * 100;
};
const probability = (random: RandomStream) => random.uniform();

function matrix(
  rows: number,
  columns: number,
  values: Matrix["values"],
  stride = padded(columns),
): Matrix {
  return { rows, columns, stride, values };
}

const column = (rows: number, values: Matrix["values"]) =>
  matrix(rows, 1, values, 1);

/** For each kernel, a case of given sizes. */
const CASES: Record<string, (sizes: Sizes) => Case> = {
  gather_rows: ({ capacity, tableRows, inputs }) => ({
    buffers: {
      observations: matrix(tableRows, inputs, adversarial, inputs),
      output: matrix(capacity, padded(inputs), uniform),
    },
    numbers: { inputs, stride: padded(inputs) },
  }),
  layer_forward: ({ random, capacity, inputs, outputs }) => ({
    buffers: {
      input: matrix(capacity, inputs, activation),
      parameters: matrix(inputs + 1, outputs, adversarial),
      output: matrix(capacity, padded(outputs), uniform),
    },
    numbers: {
      rows: Object.values(ROWS)[random.integer(3)],
      inputs,
      inputStride: padded(inputs),
      outputStride: padded(outputs),
      relu: random.integer(2),
    },
  }),
  transpose: ({ inputs, outputs }) => ({
    buffers: {
      parameters: matrix(inputs + 1, outputs, adversarial),
      output: matrix(outputs, padded(inputs), uniform),
    },
    numbers: {
      inputs,
      outputs,
      inputStride: padded(inputs),
      outputStride: padded(outputs),
    },
  }),
  softmax_rows: ({ capacity, actions }) => ({
    buffers: {
      values: matrix(capacity, actions, adversarial),
      probabilities: matrix(capacity, padded(actions), uniform),
      logSumExp: column(capacity, uniform),
    },
    numbers: {
      actions,
      stride: padded(actions),
      temperature: 0.01,
      inverseTemperature: 100,
    },
  }),
  q_samples: ({ random, capacity, batchSize, tableRows, actions }) => {
    const table = random.integer(2);
    return {
      buffers: {
        // Ties are common among so few values.
        values: matrix(capacity, actions, (r) => EDGES[r.integer(6)]),
        targetValues: matrix(
          table ? tableRows : capacity,
          actions,
          (r) => EDGES[r.integer(6)],
        ),
        logSumExp: column(capacity, adversarial),
        sampleLosses: column(2 * batchSize, uniform),
        sampleGradient: column(batchSize, uniform),
      },
      numbers: {
        actions,
        stride: padded(actions),
        table,
        doubleQ: random.integer(2),
        greedyShare: 0.95,
        uniformShare: 0.05 / actions,
        inverseBatch: 1 / batchSize,
        conservativeWeight: random.integer(2) * 6 / batchSize,
      },
    };
  },
  clone_rows: ({ capacity, actions }) => ({
    buffers: {
      logits: matrix(capacity, actions, adversarial),
      probabilities: matrix(capacity, actions, probability),
      logSumExp: column(capacity, adversarial),
      rowTerms: matrix(capacity, padded(actions), uniform),
      rowPenalty: column(capacity, uniform),
    },
    numbers: {
      actions,
      stride: padded(actions),
      squareWeight: 0.5 / actions,
      twiceSquareWeight: 1 / actions,
    },
  }),
  clone_samples: ({ capacity, batchSize, actions }) => ({
    buffers: {
      logits: matrix(capacity, actions, adversarial),
      logSumExp: column(capacity, adversarial),
      rowPenalty: column(capacity, adversarial),
      sampleLosses: column(2 * batchSize, uniform),
      sampleGradient: column(batchSize, uniform),
    },
    numbers: { stride: padded(actions), inverseBatch: 1 / batchSize },
  }),
  loss_rows: ({ capacity, batchSize, actions }) => ({
    buffers: {
      rowTerms: matrix(capacity, actions, adversarial),
      sampleGradient: column(batchSize, adversarial),
      gradient: matrix(capacity, padded(actions), uniform),
    },
    numbers: { stride: padded(actions), weight: 6 / batchSize },
  }),
  mean_losses: ({ batchSize }) => ({
    buffers: {
      sampleLosses: column(2 * batchSize, adversarial),
      losses: column(2, uniform),
    },
    numbers: { terms: 2, inverseBatch: 1 / batchSize },
  }),
  layer_input_gradient: ({ capacity, inputs, outputs }) => ({
    buffers: {
      outputGradient: matrix(capacity, outputs, adversarial),
      transposed: matrix(outputs, inputs, adversarial),
      activation: matrix(capacity, inputs, activation),
      gradient: matrix(capacity, padded(inputs), uniform),
    },
    numbers: {
      outputs,
      inputStride: padded(inputs),
      outputStride: padded(outputs),
    },
  }),
  layer_weight_gradient: ({ random, capacity, inputs, outputs }) => {
    // Outputs that are inactive in every row.
    const dead = Array.from(
      { length: outputs },
      () => random.uniform() < 0.5,
    );
    let next = 0;
    return {
      buffers: {
        input: matrix(capacity, inputs, activation),
        outputGradient: matrix(
          capacity,
          outputs,
          (r) => dead[next++ % outputs] ? 0 : adversarial(r),
        ),
        gradient: matrix(inputs + 1, padded(outputs), uniform),
      },
      numbers: {
        inputs,
        inputStride: padded(inputs),
        outputStride: padded(outputs),
      },
    };
  },
  adam: ({ random, inputs, outputs }) => {
    const count = (inputs + 1) * padded(outputs);
    // Weights without a gradient, as of inactive units: without a moment, or with one that comes,
    // halved, to the flush's threshold of 2^-60.
    const gradients = () => {
      let next = 0;
      return (r: RandomStream) => (next++ & 12) === 4 ? 0 : adversarial(r);
    };
    const small = [2 ** -59, 2 ** -59 * (1 - 2 ** -24), 2 ** -58, 0];
    const moments = () => {
      let next = 0;
      return (r: RandomStream) => {
        const n = next++;
        if ((n & 12) !== 4) return adversarial(r);
        return n & 16 ? 0 : (1 - 2 * r.integer(2)) * small[r.integer(4)];
      };
    };
    return {
      buffers: {
        gradient: column(count, gradients()),
        firstMoment: column(count, moments()),
        secondMoment: column(count, squares),
        parameters: column(count, adversarial),
      },
      numbers: {
        count,
        ...(random.integer(2)
          ? { beta1: 0.9, oneMinusBeta1: 1 - 0.9 }
          : { beta1: 0.5, oneMinusBeta1: 0.5 }),
        ...(random.integer(2)
          ? { beta2: 0.999, oneMinusBeta2: 1 - 0.999 }
          : { beta2: 0.5, oneMinusBeta2: 0.5 }),
        epsilon: 1e-8,
      },
    };
  },
  copy: ({ inputs, outputs }) => ({
    buffers: {
      input: column(inputs * outputs, adversarial),
      output: column(inputs * outputs, uniform),
    },
    numbers: { count: inputs * outputs },
  }),
  scatter_rows: ({ capacity, tableRows, actions }) => ({
    buffers: {
      values: matrix(capacity, actions, adversarial),
      table: matrix(tableRows, padded(actions), uniform),
    },
    numbers: { stride: padded(actions) },
  }),
};

function filled(m: Matrix, random: RandomStream): Float32Array {
  const values = new Float32Array(m.rows * m.stride);
  for (let r = 0; r < m.rows; r++) {
    for (let c = 0; c < m.columns; c++) {
      values[r * m.stride + c] = m.values(random);
    }
  }
  return values;
}

/** The task of a program whose step is one call. */
function callTask(
  base: TrainingTask,
  kernel: string,
  made: Case,
): TrainingTask {
  const names = Object.keys(made.buffers);
  const own = names.filter((name) => name !== "observations");
  const lengths = (name: string) =>
    made.buffers[name].rows * made.buffers[name].stride;
  const step: Call = call(
    kernel,
    Object.fromEntries(names.map((name) => [name, view(name)])),
    made.numbers,
  );
  return {
    ...base,
    observations: base.observations,
    program: {
      ...base.program,
      buffers: own.map((name) => ({ name, length: lengths(name) })),
      state: [],
      step: [step],
      sync: [],
      sweep: [],
    },
  };
}

async function compare(kernel: string, seed: number): Promise<void> {
  const random = randomStream(seed, kernel);
  const batchSize = [1, 5, 33, 100, 300][random.integer(5)];
  const inputs = 1 + random.integer([4, 12, 80, 150][random.integer(4)]);
  const outputs = 1 + random.integer([4, 8, 33, 150][random.integer(4)]);
  const actions = 2 + random.integer(8);
  const base = randomTask(
    {
      algorithm: "cql",
      inputs,
      hidden: [outputs],
      actions,
      batchSize,
      runs: 1,
      interval: 5,
      episodes: 1 + random.integer(60),
    },
    seed,
    3,
  );
  const { layout } = base.plan;
  const made = CASES[kernel]({
    random,
    capacity: layout.rowCapacity,
    batchSize,
    tableRows: base.program.tableRows,
    inputs,
    outputs,
    actions,
  });
  const task = callTask(base, kernel, made);
  const words = new Uint32Array(layout.stride);
  base.plan.fill(words, 0, 1);
  const start = Object.fromEntries(
    Object.entries(made.buffers).map(([name, m]) => [name, filled(m, random)]),
  );
  if ("observations" in start) start.observations.set(base.observations);
  const expected = Object.fromEntries(
    Object.entries(start).map(([name, values]) => [name, values.slice()]),
  );
  const { numbers } = task.program.step[0];
  KERNELS[kernel].run(expected, numbers, planStep(layout, words, 0));

  for (const threads of [1, 2, 3, 5]) {
    const { memory, map } = learnerMemory(task, threads);
    const pages = memory.buffer.byteLength / PAGE;
    const module = await WebAssembly.compile(withMemorySize(bytes, pages));
    const { exports } = new WebAssembly.Instance(module, { env: { memory } });
    const run = exports[kernel] as (...addresses: number[]) => void;
    const arrays = Object.fromEntries(
      Object.entries(start).map(([name, values]) => {
        const address = name === "observations"
          ? map.observations
          : name === "losses"
          ? map.stepLosses[0]
          : map.buffers[name][0];
        const array = new Float32Array(memory.buffer, address, values.length);
        array.set(values);
        return [name, array];
      }),
    );
    new Uint32Array(memory.buffer, map.plans[0], layout.stride).set(words);
    for (let thread = threads - 1; thread >= 0; thread--) {
      run(map.step.arguments[0][0], map.plans[0], map.parts[thread]);
    }
    for (const [name, array] of Object.entries(arrays)) {
      const differs = array.findIndex((value, i) =>
        !Object.is(value, expected[name][i])
      );
      assert.equal(
        differs,
        -1,
        `${kernel}, seed ${seed}, ${threads} threads: ${name}[${differs}] is ${
          array[differs]
        }, not ${expected[name][differs]} (${JSON.stringify(numbers)})`,
      );
    }
  }
}

Deno.test("every kernel is compared", () => {
  assert.deepEqual(Object.keys(CASES).sort(), Object.keys(KERNELS).sort());
});

for (const kernel of Object.keys(CASES)) {
  Deno.test(`the bits of the reference kernel: ${kernel}`, async () => {
    for (let seed = 1; seed <= 12; seed++) await compare(kernel, seed);
    const seed = 2 ** 32 * Math.random() >>> 0;
    for (let i = 0; i < 6; i++) await compare(kernel, seed + i);
  });
}

Deno.test("a module of another memory is refused", () => {
  assert.throws(() => withMemorySize(new Uint8Array(100), 3), /memory/);
  const sized = withMemorySize(bytes, 300);
  assert.equal(sized.length, bytes.length);
  const memory = new WebAssembly.Memory({
    initial: 300,
    maximum: 300,
    shared: true,
  });
  const module = new WebAssembly.Module(sized);
  assert.ok(new WebAssembly.Instance(module, { env: { memory } }));
  const other = new WebAssembly.Memory({
    initial: 301,
    maximum: 301,
    shared: true,
  });
  assert.throws(
    () => new WebAssembly.Instance(module, { env: { memory: other } }),
    WebAssembly.LinkError,
  );
});
