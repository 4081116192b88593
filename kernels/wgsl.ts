/**
 * The WGSL side of the kernels: their sources, and what every kernel is given.
 *
 * A kernel's file declares its buffers, in the order of its definition, and `kernel(thread, run)`.
 * Put before it are `portable.wgsl`, `plan.wgsl` and a frame made from the definition: the structure
 * `arguments` with the call's numbers and the layout of the plan, `start_NAME(run)` for the first
 * element of each buffer's view, and the entry point.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import type { PlanLayout } from "./plan.ts";
import adam from "./adam.wgsl" with { type: "text" };
import cloneRows from "./clone_rows.wgsl" with { type: "text" };
import cloneSamples from "./clone_samples.wgsl" with { type: "text" };
import copy from "./copy.wgsl" with { type: "text" };
import gatherRows from "./gather_rows.wgsl" with { type: "text" };
import layerForward from "./layer_forward.wgsl" with { type: "text" };
import layerInputGradient from "./layer_input_gradient.wgsl" with {
  type: "text",
};
import layerWeightGradient from "./layer_weight_gradient.wgsl" with {
  type: "text",
};
import lossRows from "./loss_rows.wgsl" with { type: "text" };
import meanLosses from "./mean_losses.wgsl" with { type: "text" };
import plan from "./plan.wgsl" with { type: "text" };
import portable from "./portable.wgsl" with { type: "text" };
import qSamples from "./q_samples.wgsl" with { type: "text" };
import scatterRows from "./scatter_rows.wgsl" with { type: "text" };
import softmaxRows from "./softmax_rows.wgsl" with { type: "text" };
import transpose from "./transpose.wgsl" with { type: "text" };

/** Threads of a workgroup, in one dimension. */
export const WORKGROUP_THREADS = 64;

const SOURCES: Readonly<Record<string, string>> = {
  adam,
  clone_rows: cloneRows,
  clone_samples: cloneSamples,
  copy,
  gather_rows: gatherRows,
  layer_forward: layerForward,
  layer_input_gradient: layerInputGradient,
  layer_weight_gradient: layerWeightGradient,
  loss_rows: lossRows,
  mean_losses: meanLosses,
  q_samples: qSamples,
  scatter_rows: scatterRows,
  softmax_rows: softmaxRows,
  transpose,
};

const PLAN_FIELDS = [
  "batchSize",
  "rows",
  "offsets",
  "samples",
  "sampleRow",
  "sampleNextRow",
  "actions",
  "rewards",
  "discounts",
  "stride",
] as const satisfies readonly (keyof PlanLayout)[];

/** Portable f32 and its guard, for shaders that are no kernels. */
export const PORTABLE_SOURCE: string = portable;

/** Binding of the plan in a kernel's bind group; the arguments come next. */
export function planBinding(kernel: Kernel): number {
  return Object.keys(kernel.buffers).length;
}

/** The whole shader of a kernel; its entry point is `main`. */
export function kernelSource(kernel: Kernel): string {
  const buffers = Object.keys(kernel.buffers);
  const binding = planBinding(kernel);
  const fields = [
    "zero: u32",
    ...buffers.flatMap((name) => [`${name}Start: u32`, `${name}Run: u32`]),
    ...Object.entries(kernel.numbers).map(([name, type]) => `${name}: ${type}`),
    ...PLAN_FIELDS.map((name) =>
      `plan${name[0].toUpperCase()}${name.slice(1)}: u32`
    ),
  ];
  // The arguments are in a storage buffer because drivers are known to compile the values of
  // uniforms in, and would then see that the guard's word is zero.
  const frame = `
struct Arguments { ${fields.join(", ")} }
@group(0) @binding(${binding}) var<storage, read> plan: array<u32>;
@group(0) @binding(${binding + 1}) var<storage, read> arguments: Arguments;
${
    buffers.map((name) =>
      `fn start_${name}(run: u32) -> u32 { return arguments.${name}Start + run * arguments.${name}Run; }`
    ).join("\n")
  }
@compute @workgroup_size(${WORKGROUP_THREADS})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  zero = arguments.zero;
  kernel((group.y * groups.x + group.x) * ${WORKGROUP_THREADS}u + lane, group.z);
}
`;
  return [frame, portable, plan, SOURCES[kernel.name]].join("\n");
}

/** Where one run's view on a buffer begins, and the distance to the next run's. In elements. */
export interface BufferPlace {
  /** First element of the first run's view. */
  readonly start: number;
  /** Elements from one run's view to the next; 0 where the runs share one. */
  readonly run: number;
}

/**
 * The words of a call's `arguments`, in the order of {@link kernelSource}'s structure.
 *
 * @param places One for each of the kernel's buffers, in its order.
 * @param numbers Keys are those of the kernel's `numbers`.
 */
export function argumentWords(
  kernel: Kernel,
  places: readonly BufferPlace[],
  numbers: Readonly<Record<string, number>>,
  layout: PlanLayout,
): Uint32Array<ArrayBuffer> {
  const float = new Float32Array(1);
  const bits = new Uint32Array(float.buffer);
  const values = Object.entries(kernel.numbers).map(([name, type]) => {
    if (type === "u32") return numbers[name];
    float[0] = numbers[name];
    return bits[0];
  });
  return Uint32Array.from([
    0,
    ...places.flatMap(({ start, run }) => [start, run]),
    ...values,
    ...PLAN_FIELDS.map((name) => layout[name]),
  ]);
}

/** GPU threads that a call needs in one run, where every step is as large as the plan allows. */
type ThreadCount = (
  numbers: Readonly<Record<string, number>>,
  layout: PlanLayout,
) => number;

const quads = (count: number) => Math.ceil(count / 4);

/** Most rows of a row range: see ROWS; only all rows together can be more than the samples. */
const rangeRows = (rows: number, layout: PlanLayout) =>
  rows === 0 ? layout.rowCapacity : layout.batchSize;

const THREADS: Readonly<Record<string, ThreadCount>> = {
  adam: ({ count }) => quads(count),
  clone_rows: (_, { batchSize }) => batchSize,
  clone_samples: (_, { batchSize }) => batchSize,
  copy: ({ count }) => quads(count),
  gather_rows: ({ stride }, { rowCapacity }) => rowCapacity * quads(stride),
  layer_forward: ({ rows, outputStride }, layout) =>
    quads(rangeRows(rows, layout)) * quads(outputStride),
  layer_input_gradient: ({ inputStride }, { batchSize }) =>
    quads(batchSize) * quads(inputStride),
  layer_weight_gradient: ({ inputs, outputStride }) =>
    quads(inputs + 1) * quads(outputStride),
  loss_rows: ({ stride }, { batchSize }) => batchSize * quads(stride),
  mean_losses: ({ terms }) => terms,
  q_samples: (_, { batchSize }) => batchSize,
  scatter_rows: ({ stride }, { rowCapacity }) => rowCapacity * quads(stride),
  softmax_rows: (_, { batchSize }) => batchSize,
  transpose: ({ outputs, inputStride }) => outputs * quads(inputStride),
};

/**
 * Workgroups of a call in two dimensions, because one dimension holds at most 65,535 of them.
 * Threads past the last element return at once.
 */
export function workgroups(
  kernel: Kernel,
  numbers: Readonly<Record<string, number>>,
  layout: PlanLayout,
): readonly [x: number, y: number] {
  const threads = THREADS[kernel.name](numbers, layout);
  const groups = Math.max(1, Math.ceil(threads / WORKGROUP_THREADS));
  const x = Math.min(groups, 65_535);
  return [x, Math.ceil(groups / x)];
}
