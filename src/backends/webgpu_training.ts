/**
 * A training on a GPU before its first step: memory that is allocated and filled, and stages that are
 * ready to be recorded.
 *
 * @module
 */
import { KERNELS } from "../../kernels/mod.ts";
import { argumentWords, type Memory, stageSource } from "../../kernels/wgsl.ts";
import type { Call, Program } from "../algorithms/program.ts";
import { DeviceError } from "./device_error.ts";
import type { GpuFaults } from "./faults.ts";
import { mapMemory, type MemoryMap, type Place } from "./webgpu_memory.ts";
import { type Stage, stages } from "./webgpu_stages.ts";

/** What a training on the device is made of. */
export interface TrainingSetup {
  /** What is computed. */
  readonly program: Program;
  /** [program.tableRows, inputs] */
  readonly observations: Float32Array;
  /** The program's `tables`, by name. */
  readonly tables: Readonly<Record<string, Float32Array>>;
  /** Runs that learn at once. */
  readonly runs: number;
  /** [runs, length] for each of the program's state buffers. */
  readonly state: Readonly<Record<string, Float32Array>>;
  /** Most steps of one block of plans. */
  readonly blockSteps: number;
  /** Most steps between two readings of the losses. */
  readonly lossSteps: number;
}

/** Which of a program's lists of calls is run. */
export type CallList = "step" | "targetUpdate" | "sweep";

/** A stage that is ready to be recorded. */
export interface ReadyStage {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly x: number;
  readonly y: number;
  readonly writesLosses: boolean;
}

/** A training's place on the device. */
export interface DeviceTraining {
  readonly setup: TrainingSetup;
  readonly lists: Readonly<Record<CallList, readonly ReadyStage[]>>;
  readonly map: MemoryMap;
  /** One for each of the map's memories; that of the losses holds those of many steps. */
  readonly memories: readonly GPUBuffer[];
  readonly plan: GPUBuffer;
  readonly losses: GPUBuffer;
  /** Elements of one step in `losses`. */
  readonly lossStride: number;
  /** Steps whose losses have not been read. */
  steps: number;
}

/** A device as far as it is known here. */
export interface OpenDevice {
  readonly device: GPUDevice;
  /** Its name. */
  readonly name: string;
  /** Largest buffer that a kernel can see, in bytes. */
  readonly maxBufferBytes: number;
  /** Whether threads of a workgroup wait for each other within a dispatch. */
  readonly waits: boolean;
  /** Pipelines that it has, by what they are made of. */
  readonly pipelines: Map<string, GPUComputePipeline>;
  /** What is wrong with it. */
  readonly faults: GpuFaults;
}

// The flags of GPUBufferUsage, which are names in a browser and not in every type library.
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const STORAGE = 0x80;
const COMPUTE_STAGE = 0x4;

/** Bytes to which WebGPU aligns the offset of a binding. */
const BINDING_ALIGNMENT = 256;

/** Bindings of a stage that are no memories: the plan and the arguments. */
const OTHER_BINDINGS = 2;

/** Most workgroups in one dimension; a second holds the others. */
const MOST_GROUPS = 65_535;

const roundUp = (value: number, multiple: number) =>
  Math.ceil(value / multiple) * multiple;

/**
 * Allocates and uploads a training.
 *
 * @throws DeviceError where the device has no buffer as large as one of the training's.
 */
export async function openTraining(
  open: OpenDevice,
  setup: TrainingSetup,
): Promise<DeviceTraining> {
  const { device } = open;
  const { program, runs, state, blockSteps, lossSteps } = setup;
  const { plan: layout, lossTerms } = program;
  const tables = new Map([
    ["observations", setup.observations],
    ...Object.entries(setup.tables),
  ]);
  const map = mapMemory(
    program,
    runs,
    new Map(tables.entries().map(([name, { length }]) => [name, length])),
    open.maxBufferBytes / 4,
  );
  const lossStride = roundUp(runs * lossTerms.length, BINDING_ALIGNMENT / 4);
  const memories = map.memories.map(({ holds, length }, m) =>
    allocate(
      open,
      holds,
      m === map.places.get("losses")!.memory ? lossSteps * lossStride : length,
    )
  );
  const memoryOf = (name: string) => memories[map.places.get(name)!.memory];
  const upload = (name: string, data: Float32Array, run = 0) => {
    const place = map.places.get(name)!;
    const to = 4 * (place.start + run * place.run);
    device.queue.writeBuffer(memoryOf(name), to, data.slice());
  };
  for (const [name, table] of tables) upload(name, table);
  for (const { name, length } of program.buffers) {
    const initial = state[name];
    for (let run = 0; initial && run < runs; run++) {
      upload(name, initial.subarray(run * length, (run + 1) * length), run);
    }
  }
  const plan = allocate(
    open,
    "a block of minibatch plans",
    blockSteps * runs * layout.stride,
  );
  const losses = memoryOf("losses");
  // wgpu considers what is written through a dynamic offset never written, and zeroes it when
  // it is read; so the whole buffer is written here.
  const encoder = device.createCommandEncoder();
  encoder.clearBuffer(losses);
  device.queue.submit([encoder.finish()]);

  const bindings: Bindings = {
    memories: memories.map((buffer) =>
      buffer === losses ? { buffer, size: 4 * lossStride } : { buffer }
    ),
    losses: memories.indexOf(losses),
    plan: { buffer: plan, size: 4 * runs * layout.stride },
  };
  const lists = {
    step: await readyStages(open, program, program.step, map, bindings),
    targetUpdate: await readyStages(
      open,
      program,
      program.targetUpdate,
      map,
      bindings,
    ),
    sweep: await readyStages(open, program, program.sweep, map, bindings),
  };
  return { setup, lists, map, memories, plan, losses, lossStride, steps: 0 };
}

function allocate(
  { device, name, maxBufferBytes }: OpenDevice,
  what: string,
  elements: number,
): GPUBuffer {
  const size = Math.max(16, roundUp(4 * elements, 16));
  if (size > maxBufferBytes) {
    throw new DeviceError(
      `${what} takes ${mebibytes(size)}, and ${name} has no buffer above ${
        mebibytes(maxBufferBytes)
      }`,
    );
  }
  return device.createBuffer({ size, usage: STORAGE | COPY_SRC | COPY_DST });
}

/** What a stage can bind. */
interface Bindings {
  readonly memories: readonly GPUBufferBinding[];
  /** Which of them moves with the step. */
  readonly losses: number;
  /** The plan, which moves too. */
  readonly plan: GPUBufferBinding;
}

async function readyStages(
  open: OpenDevice,
  { plan: layout }: Program,
  calls: readonly Call[],
  map: MemoryMap,
  bindings: Bindings,
): Promise<ReadyStage[]> {
  const { device } = open;
  const { places } = map;
  const all = stages(
    calls,
    layout,
    (name) => places.get(name)!.memory,
    device.limits.maxStorageBuffersPerShaderStage - OTHER_BINDINGS,
    open.waits,
  );
  // Deno 2.9 panics on a write of nothing.
  if (all.length === 0) return [];
  const constants = all.map(({ calls: staged, segments, rowBlocks }) =>
    argumentWords(
      staged.map(({ index, ...rest }) => ({
        ...rest,
        kernel: KERNELS[calls[index].kernel],
        numbers: calls[index].numbers,
        places: Object.values(calls[index].buffers).map((view) =>
          placeOf(places.get(view.buffer)!, view.offset)
        ),
      })),
      segments,
      layout,
      rowBlocks,
    )
  );
  const starts: number[] = [];
  let words = 0;
  for (const { length } of constants) {
    starts.push(words);
    words += roundUp(length, BINDING_ALIGNMENT / 4);
  }
  const buffer = allocate(open, "the arguments", words);
  constants.forEach((own, i) =>
    device.queue.writeBuffer(buffer, 4 * starts[i], own)
  );
  const result: ReadyStage[] = [];
  for (const [i, stage] of all.entries()) {
    const size = 4 * roundUp(constants[i].length, 4);
    result.push(
      await readyStage(open, stage, map, bindings, {
        buffer,
        offset: 4 * starts[i],
        size,
      }),
    );
  }
  return result;
}

const placeOf = ({ start, run }: Place, offset: number) => ({
  start: start + offset,
  run,
});

async function readyStage(
  open: OpenDevice,
  stage: Stage,
  map: MemoryMap,
  { memories, losses, plan }: Bindings,
  constants: GPUBufferBinding,
): Promise<ReadyStage> {
  const { device, pipelines, faults } = open;
  const own = stage.memories.map((m) => map.memories[m]);
  const lossesAt = stage.memories.indexOf(losses);
  const code = stageSource({ ...stage, memories: own }, faults.wgsl);
  const key = `${lossesAt}/${code}`;
  const pipeline = pipelines.get(key) ??
    await createPipeline(device, code, own, lossesAt);
  pipelines.set(key, pipeline);
  const resources = [
    ...stage.memories.map((m) => memories[m]),
    plan,
    constants,
  ];
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: resources.map((resource, binding) => ({ binding, resource })),
  });
  const x = Math.min(stage.groups, MOST_GROUPS);
  return {
    pipeline,
    bindGroup,
    x: faults.groups?.(x) ?? x,
    y: Math.ceil(stage.groups / x),
    writesLosses: lossesAt >= 0,
  };
}

/** A stage's pipeline. Its plan, and the losses where it writes them, move with the step. */
function createPipeline(
  device: GPUDevice,
  code: string,
  memories: readonly Memory[],
  lossesAt: number,
): Promise<GPUComputePipeline> {
  const planAt = memories.length;
  const readOnly = [...memories.map((memory) => memory.readOnly), true, true];
  const layout = device.createBindGroupLayout({
    entries: readOnly.map((only, binding) => ({
      binding,
      visibility: COMPUTE_STAGE,
      buffer: {
        type: only ? "read-only-storage" : "storage",
        hasDynamicOffset: binding === planAt || binding === lossesAt,
      },
    })),
  });
  return device.createComputePipelineAsync({
    layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
    compute: {
      module: device.createShaderModule({ code }),
      entryPoint: "main",
    },
  });
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
