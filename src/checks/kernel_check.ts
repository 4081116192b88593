/**
 * Compares a backend's kernels with their references, bit for bit, on random shapes and on inputs
 * chosen to be awkward. A kernel is run the way training runs it: as a call in a Program.
 *
 * @module
 */
import { KERNELS } from "../../kernels/mod.ts";
import { planLayout } from "../../kernels/plan.ts";
import { type Call, call, type Program, view } from "../algorithms/program.ts";
import type { Backend, TrainingTask } from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference.ts";
import { planSource } from "../dataset/minibatch_plan.ts";
import { InputError } from "../errors.ts";
import { networkLayout } from "../network/layout.ts";
import { type RandomStream, randomStream } from "../numerics/random.ts";
import { fillBuffer, filledBuffer } from "./kernel_inputs.ts";

/** What a comparison of one kernel found. */
export interface KernelDifference {
  /** Name of the kernel. */
  readonly kernel: string;
  /** Calls compared, each with its own shape and inputs. */
  readonly shapes: number;
  /** Elements of its buffers. */
  readonly elements: number;
  /** Elements that differ in a bit from the reference's, or are NaN. */
  readonly differences: number;
}

/** Calls of each kernel in one program. */
const CALLS = 20;
const DISCOUNT = 0.99;

/** Programs of which one has more rows than a wasm kernel takes at a time. */
const LARGE_EVERY = 5;

/** No matrix is wider. */
const WIDEST = 200;

/** More would only take longer. */
const MOST_QUANTILES = 33;

/**
 * A task of one step: calls of every kernel that have nothing to do with each other, and whose
 * buffers are its state. Each call of the result is the task anew.
 */
function kernelTask(random: RandomStream, large: boolean): () => TrainingTask {
  const runs = large ? 1 : 1 + random.integer(3);
  const batchSize = large ? 180 + random.integer(20) : 1 + random.integer(40);
  const rowCapacity = 2 * batchSize;
  const tableRows = large ? 1000 : 2 + random.integer(80);
  const transitions = large ? 600 : 60;
  const actionCount = 1 + random.integer(5);
  // Up to 40, and now and then more.
  const width = () => 1 + random.integer(random.integer(6) === 0 ? WIDEST : 40);

  const step: Call[] = [];
  const buffers: { name: string; length: number }[] = [];
  const contents: Record<string, Float32Array> = {};
  for (const kernel of Object.values(KERNELS)) {
    for (let i = 0; i < CALLS; i++) {
      const actions = Math.max(actionCount, width());
      const example = kernel.example({
        inputs: width(),
        outputs: width(),
        actions,
        quantiles: 1 +
          random.integer(
            Math.min(MOST_QUANTILES, Math.floor(WIDEST / actions)),
          ),
        batchSize,
        rowCapacity,
        tableRows,
        choose: (values) => values[random.integer(values.length)],
      });
      const views: Record<string, ReturnType<typeof view>> = {};
      for (const [key, shape] of Object.entries(example.buffers)) {
        const name = `${kernel.name}/${i}/${key}`;
        // Some views begin behind the buffer's start.
        const offset = 4 * random.integer(3);
        const length = offset + shape.rows * shape.stride;
        views[key] = view(name, offset);
        buffers.push({ name, length });
        contents[name] = new Float32Array(runs * length);
        for (let run = 0; run < runs; run++) {
          contents[name].set(
            filledBuffer(random, shape, kernel.buffers[key]),
            run * length + offset,
          );
        }
      }
      step.push(call(kernel.name, views, example.numbers));
    }
  }

  const layout = planLayout(batchSize, rowCapacity);
  const integers = (bound: number, length = transitions) =>
    Uint32Array.from({ length }, () => random.integer(bound));
  const dataset = {
    observationSize: 1,
    actionCount,
    observations: new Float32Array(2 * transitions),
    actions: Int32Array.from(integers(actionCount)),
    rewards: fillBuffer(random, "tensor", transitions),
    terminated: Uint8Array.from(integers(2)),
    truncated: new Uint8Array(transitions),
    // Episodes of one step.
    episodeOffsets: Uint32Array.from({ length: transitions + 1 }, (_, i) => i),
  };
  const planRuns = Array.from({ length: runs }, () => {
    const drawn = integers(transitions, batchSize);
    return {
      dataset,
      rowOf: integers(tableRows, 2 * transitions),
      tableRows,
      discount: DISCOUNT,
      rewardScale: 1,
      bootstrapOnTruncation: true,
      draw: (samples: Uint32Array) => samples.set(drawn),
    };
  });
  const constants = planRuns.map(() => ({
    stepSize: Float32Array.of(random.uniform() / 100),
    secondMomentScale: Float32Array.of(1 + 30 * random.uniform()),
  }));
  const program: Program = {
    // Says to a backend how wide matrices get; there is no network.
    networks: [{
      name: "none",
      layout: networkLayout([WIDEST, WIDEST]),
      prefix: "",
      hasTarget: false,
      masked: false,
    }],
    outputs: "qValues",
    discount: DISCOUNT,
    rewardScale: 1,
    plan: layout,
    tableRows,
    tables: [],
    buffers,
    state: buffers.map(({ name }) => name),
    step,
    targetUpdate: [],
    sweep: [],
    targetUpdateInterval: 0,
    lossTerms: [{ name: "none", weight: 1 }],
  };
  return () => ({
    program,
    observations: new Float32Array(tableRows),
    plan: planSource(layout, planRuns, constants),
    state: { step: 0, runs, buffers: contents },
  });
}

async function resultOf(
  backend: Backend,
  task: TrainingTask,
): Promise<Readonly<Record<string, Float32Array>>> {
  const session = await backend.open(task);
  try {
    await session.run(1);
    return (await session.read()).buffers;
  } finally {
    await session.close();
  }
}

/**
 * Runs every kernel on at least `shapes` random shapes, on each backend and on the reference, and
 * counts the elements that differ in a bit.
 *
 * Inputs lie within the arithmetic contract: flushed tensors with dead units, values near ±100,
 * values at and just above the flush at 2^-40, ties, and zeros of both signs.
 *
 * @param seed Names the random streams of shapes and inputs.
 * @returns For each backend, one for each kernel.
 * @throws InputError if the number of shapes is not an integer from 1.
 */
export async function checkKernels(
  backends: readonly Backend[],
  shapes: number,
  seed = 0,
): Promise<KernelDifference[][]> {
  if (!Number.isSafeInteger(shapes) || shapes < 1) {
    throw new InputError(
      `${shapes} shapes compare nothing: give an integer from 1`,
    );
  }
  if (backends.length === 0) return [];
  const kernels = Object.keys(KERNELS);
  const programs = Math.ceil(shapes / CALLS);
  const counts = backends.map(() =>
    new Map(kernels.map((kernel) => [kernel, { elements: 0, differences: 0 }]))
  );
  for (let p = 0; p < programs; p++) {
    const task = kernelTask(
      randomStream(seed, `kernel-check/${p}`),
      p % LARGE_EVERY === LARGE_EVERY - 1,
    );
    const expected = await resultOf(referenceBackend, task());
    for (const [i, backend] of backends.entries()) {
      const actual = await resultOf(backend, task());
      for (const [name, values] of Object.entries(expected)) {
        const [kernel] = name.split("/");
        const count = counts[i].get(kernel)!;
        count.elements += values.length;
        count.differences += bitDifferences(actual[name], values);
      }
    }
  }
  return counts.map((of) =>
    kernels.map((kernel) => ({
      kernel,
      shapes: programs * CALLS,
      ...of.get(kernel)!,
    }))
  );
}

/**
 * Elements of two arrays of one length that differ in a bit, or are NaN: it is not a result, and its
 * bits are not portable.
 */
export function bitDifferences(a: Float32Array, b: Float32Array): number {
  const [x, y] = [a, b].map((array) =>
    new Uint32Array(array.buffer, array.byteOffset, array.length)
  );
  let count = 0;
  for (let i = 0; i < y.length; i++) {
    if (x[i] !== y[i] || Number.isNaN(b[i])) count++;
  }
  return count;
}
