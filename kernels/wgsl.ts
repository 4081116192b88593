/**
 * The WGSL side of the kernels: the shader of a stage, which is a few kernels in one dispatch.
 *
 * A kernel's file declares `kernel(thread, run)`. It knows its buffers by their names, its numbers
 * as `arguments.NAME`, the layout of the plan as `arguments.planNAME`, and the first element of a
 * run's view on a buffer as `start_NAME(run)`. A stage has one copy of it for each way in which its
 * buffers lie in the device's memories; the frame made here gives these names their meaning, and
 * says which threads compute which part of which call.
 *
 * A stage's first workgroups own rows of the minibatch. Each computes the stage's calls of rows and
 * samples for its own rows, one call after the other. The workgroups after them compute its calls of
 * elements, each a part of one call.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import type { PlanLayout } from "./plan.ts";
import plan from "./plan.wgsl" with { type: "text" };
import portable from "./portable.wgsl" with { type: "text" };
import { withFunctions } from "./wgsl_access.ts";

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

/** Memory that shaders see as one array. */
export interface Memory {
  /** What it is an array of. */
  readonly element: "vec4f" | "f32";
  /** Whether it is only read. */
  readonly readOnly: boolean;
}

/** A kernel with the memories that its buffers lie in. */
export interface Body {
  /** The kernel. */
  readonly kernel: Kernel;
  /** For each of its buffers, in its order, the index of its memory. */
  readonly memories: readonly number[];
}

/** Consecutive calls of a stage that have one body. */
export interface Segment {
  /** Index of the body. */
  readonly body: number;
  /** How many. */
  readonly calls: number;
  /** Whether a call has to see what calls of rows before it wrote. */
  readonly waits: boolean;
}

/** What the shader of a stage is made of. */
export interface StageSource {
  /** In the order of their bindings; then come the plan and the arguments. */
  readonly memories: readonly Memory[];
  /** Copies of kernels. */
  readonly bodies: readonly Body[];
  /** First those of rows and samples, then those of elements. */
  readonly segments: readonly Segment[];
  /** Threads of a workgroup. */
  readonly threads: number;
}

/** Whether a kernel's threads compute rows or samples. */
export function isOfRows({ threads }: Kernel): boolean {
  return threads === "samples" || "rows" in threads;
}

// Words of a stage's arguments, before the ends of its segments and an entry for each call.
const PLAN_AT = 1;
const ROW_BLOCKS_AT = PLAN_AT + PLAN_FIELDS.length;
const SEGMENTS_AT = ROW_BLOCKS_AT + 1;

/** Words of an entry: where the call's own words are, its threads of a block or its end among workgroups, whether it waits. */
const ENTRY = 3;

/** The whole shader of a stage; its entry point is `main`. */
export function stageSource(
  stage: StageSource,
  altered: AlteredSource = unaltered,
): string {
  const own = stage.bodies.map(({ kernel }, b) =>
    bodySource(kernel, b, altered(kernel.name, kernel.wgsl))
  );
  const names = altered("plan", plan).replace(
    /\barguments\.plan(\w)(\w*)/g,
    (_, first, rest) => planWord(first.toLowerCase() + rest),
  );
  return [
    altered("frame", frameSource(stage)),
    altered("portable", portable),
    names,
    ...own,
  ].join("\n");
}

function planWord(field: string): string {
  const at = PLAN_FIELDS.findIndex((name) => name === field);
  return `arguments[${PLAN_AT + at}u]`;
}

/** A kernel's source with names of its own: number `b` is appended to whatever it declares or is given. */
function bodySource(kernel: Kernel, b: number, source: string): string {
  const declared = [...source.matchAll(/\bfn (\w+)/g)].map(([, name]) => name);
  const buffers = Object.keys(kernel.buffers);
  const given = buffers.map((name) => `start_${name}`);
  return withFunctions(source, buffers, b)
    .replace(
      new RegExp(`\\b(${[...declared, ...given].join("|")})\\b`, "g"),
      `$1_${b}`,
    )
    .replace(
      /\barguments\.(\w+)/g,
      (_, name: string) =>
        name in kernel.numbers
          ? `number_${name}_${b}()`
          : planWord(name[4].toLowerCase() + name.slice(5)),
    );
}

function frameSource(
  { memories, bodies, segments, threads }: StageSource,
): string {
  const M = memories.length;
  const bindings = memories.map(({ element, readOnly }, m) => {
    const access = readOnly ? "read" : "read_write";
    return `@group(0) @binding(${m}) var<storage, ${access}> memory${m}: array<${element}>;`;
  });
  const ofRows: string[] = [];
  const ofElements: string[] = [];
  let begin = `${SEGMENTS_AT + segments.length}u`;
  segments.forEach((segment, k) => {
    const end = `arguments[${SEGMENTS_AT + k}u]`;
    const isRows = isOfRows(bodies[segment.body].kernel);
    if (isRows) ofRows.push(rowsSegment(segment, begin, end));
    else ofElements.push(elementsSegment(segment, begin, end));
    begin = end;
  });
  // The arguments are in a storage buffer because drivers are known to compile the values of
  // uniforms in, and would then see that the guard's word is zero.
  return `${bindings.join("\n")}
@group(0) @binding(${M}) var<storage, read> plan: array<u32>;
@group(0) @binding(${M + 1}) var<storage, read> arguments: array<u32>;
const THREADS = ${threads}u;
// Where the call's own words are among the arguments.
var<private> call: u32;
${bodies.map(bodyFrame(memories)).join("\n")}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  zero = arguments[0];
  let block = group.y * groups.x + group.x;
  let run = group.z;
  var first = arguments[${ROW_BLOCKS_AT}u];
  if (block < first) {
${ofRows.join("")}  }
${ofElements.join("")}}
`;
}

/** Calls of rows or samples, one after the other, whose entries are from word `begin` to `end`. */
function rowsSegment(
  { body, waits }: Segment,
  begin: string,
  end: string,
): string {
  const wait = `      if (arguments[at + 2u] != 0u) { storageBarrier(); }\n`;
  return `    for (var at = ${begin}; at < ${end}; at += ${ENTRY}u) {
${waits ? wait : ""}      call = arguments[at];
      share_${body}(block, arguments[at + 1u], lane, run);
    }
`;
}

/** Calls of elements, of which a workgroup computes a part of one. */
function elementsSegment(
  { body }: Segment,
  begin: string,
  end: string,
): string {
  const last = `arguments[${end} - ${ENTRY - 1}u]`;
  return `  if (block >= first && block < ${last}) {
    var at = ${begin};
    for (; block >= arguments[at + 1u]; at += ${ENTRY}u) { first = arguments[at + 1u]; }
    call = arguments[at];
    kernel_${body}((block - first) * THREADS + lane, run);
  }
  first = ${last};
`;
}

/** What the frame gives a body. */
function bodyFrame(memories: readonly Memory[]) {
  return ({ kernel, memories: places }: Body, b: number): string => {
    const accesses = Object.keys(kernel.buffers).map((name, i) => {
      const own = kernel.vec4?.includes(name) ? "vec4f" : "f32";
      const m = `memory${places[i]}`;
      const { element, readOnly } = memories[places[i]];
      const lanes = own === "vec4f" ? 4 : 1;
      const [load, store] = own === element
        ? [`${m}[i]`, `${m}[i] = x;`]
        : own === "f32"
        ? [`${m}[i / 4u][i % 4u]`, `${m}[i / 4u][i % 4u] = x;`]
        : [
          `vec4f(${
            [0, 1, 2, 3].map((k) => `${m}[4u * i + ${k}u]`).join(", ")
          })`,
          [0, 1, 2, 3].map((k) => `${m}[4u * i + ${k}u] = x[${k}];`).join(" "),
        ];
      const writer = readOnly || kernel.buffers[name] === "read"
        ? ""
        : `fn store_${name}_${b}(i: u32, x: ${own}) { ${store} }\n`;
      return `fn load_${name}_${b}(i: u32) -> ${own} { return ${load}; }
${writer}fn start_${name}_${b}(run: u32) -> u32 {
  return (arguments[call + ${2 * i}u] + run * arguments[call + ${
        2 * i + 1
      }u]) / ${lanes}u;
}`;
    });
    const numbers = Object.entries(kernel.numbers).map(([name, type], i) => {
      const word = `arguments[call + ${2 * accesses.length + i}u]`;
      return `fn number_${name}_${b}() -> ${type} { return ${
        type === "f32" ? `bitcast<f32>(${word})` : word
      }; }`;
    });
    return [...accesses, ...numbers, shareSource(kernel, b)].join("\n");
  };
}

/** How a workgroup's threads divide what a call of rows or samples has in its block of rows. */
function shareSource(kernel: Kernel, b: number): string {
  if (!isOfRows(kernel)) return "";
  return kernel.threads === "samples"
    ? `fn share_${b}(block: u32, rows: u32, lane: u32, run: u32) {
  let all = gradient_rows(run);
  let end = offset_of(run, min((block + 1u) * rows, all));
  for (var i = offset_of(run, min(block * rows, all)) + lane; i < end; i += THREADS) {
    kernel_${b}(sample_at(run, i), run);
  }
}`
    : `fn share_${b}(block: u32, threads: u32, lane: u32, run: u32) {
  let end = (block + 1u) * threads;
  for (var thread = block * threads + lane; thread < end; thread += THREADS) {
    kernel_${b}(thread, run);
  }
}`;
}

/** Where one run's view on a buffer begins, and the distance to the next run's. In elements of its memory. */
export interface BufferPlace {
  /** First element of the first run's view. */
  readonly start: number;
  /** Elements from one run's view to the next; 0 where the runs share one. */
  readonly run: number;
}

/** A call's arguments. */
export interface CallWords {
  /** The kernel. */
  readonly kernel: Kernel;
  /** One for each of its buffers, in its order. */
  readonly places: readonly BufferPlace[];
  /** Keys are those of the kernel's `numbers`. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Threads or rows of a block where it is a call of rows or samples; else the end of its workgroups. */
  readonly share: number;
  /** Whether it has to see what calls of rows before it wrote. */
  readonly waits: boolean;
}

/**
 * The words of a stage's arguments, as {@link stageSource} reads them.
 *
 * @param calls In the order of the stage's segments.
 * @param segments How many calls each has.
 * @param rowBlocks Workgroups that own rows.
 */
export function argumentWords(
  calls: readonly CallWords[],
  segments: readonly Pick<Segment, "calls">[],
  layout: PlanLayout,
  rowBlocks: number,
): Uint32Array<ArrayBuffer> {
  const own = calls.map(({ kernel, places, numbers }) => [
    ...places.flatMap(({ start, run }) => [start, run]),
    ...Object.entries(kernel.numbers).map(([name, type]) =>
      type === "u32" ? numbers[name] : floatBits(numbers[name])
    ),
  ]);
  let end = SEGMENTS_AT + segments.length;
  const ends = segments.map((segment) => end += ENTRY * segment.calls);
  let at = end;
  const entries = calls.flatMap(({ share, waits }, i) => {
    const entry = [at, share, waits ? 1 : 0];
    at += own[i].length;
    return entry;
  });
  return Uint32Array.from([
    0,
    ...PLAN_FIELDS.map((name) => layout[name]),
    rowBlocks,
    ...ends,
    ...entries,
    ...own.flat(),
  ]);
}

function floatBits(value: number): number {
  return new Uint32Array(Float32Array.of(value).buffer)[0];
}
