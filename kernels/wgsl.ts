/**
 * The WGSL side of the kernels: what surrounds each kernel.
 *
 * A kernel's file declares `kernel(thread, run)`. Put before it are `portable.wgsl`, `plan.wgsl` and
 * a frame made from the definition: its buffers, by their names, the structure `arguments` with the
 * call's numbers and the layout of the plan, `start_NAME(run)` for the first element of a run's view
 * on each buffer, and the entry point.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import type { PlanLayout } from "./plan.ts";
import plan from "./plan.wgsl" with { type: "text" };
import portable from "./portable.wgsl" with { type: "text" };

/** Threads of a workgroup, in one dimension. */
export const WORKGROUP_THREADS = 64;

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

/**
 * Changes a part of a shader's source before the parts are joined: `frame`, `portable`, `plan`, or a
 * kernel's own by its name. It is for planting faults.
 */
export type AlteredSource = (part: string, source: string) => string;

/** Changes nothing. */
export const unaltered: AlteredSource = (_, source) => source;

/** Portable f32 and its guard, for shaders that are not kernels. */
export const PORTABLE_SOURCE: string = portable;

/** Binding of the plan in a kernel's bind group; the arguments come next. */
export function planBinding(kernel: Kernel): number {
  return Object.keys(kernel.buffers).length;
}

/** The whole shader of a kernel; its entry point is `main`. */
export function kernelSource(
  kernel: Kernel,
  altered: AlteredSource = unaltered,
): string {
  const buffers = Object.keys(kernel.buffers);
  const binding = planBinding(kernel);
  const declarations = buffers.map((name, i) => {
    const access = kernel.buffers[name] === "read" ? "read" : "read_write";
    const [element, lanes] = kernel.vec4?.includes(name)
      ? ["vec4f", 4]
      : ["f32", 1];
    return `
@group(0) @binding(${i}) var<storage, ${access}> ${name}: array<${element}>;
fn start_${name}(run: u32) -> u32 {
  return (arguments.${name}Start + run * arguments.${name}Run) / ${lanes}u;
}`;
  });
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
  const frame = `${declarations.join("")}
struct Arguments { ${fields.join(", ")} }
@group(0) @binding(${binding}) var<storage, read> plan: array<u32>;
@group(0) @binding(${binding + 1}) var<storage, read> arguments: Arguments;
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
  return Object.entries({ frame, portable, plan, [kernel.name]: kernel.wgsl })
    .map(([part, source]) => altered(part, source)).join("\n");
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

/**
 * Workgroups of a call in two dimensions, because one dimension holds at most 65,535 of them.
 * Threads past the last element return at once.
 */
export function workgroups(
  kernel: Kernel,
  numbers: Readonly<Record<string, number>>,
  layout: PlanLayout,
): readonly [x: number, y: number] {
  const threads = kernel.threads(numbers, layout);
  const groups = Math.max(1, Math.ceil(threads / WORKGROUP_THREADS));
  const x = Math.min(groups, 65_535);
  return [x, Math.ceil(groups / x)];
}
