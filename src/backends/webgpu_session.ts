/**
 * The device side of the WebGPU backend: a device, its compiled kernels, and the training session
 * whose buffers live on it. It records and submits calls; what to do when is the host's part
 * (`webgpu.ts`). It runs in a Worker, because in Deno a wait for the GPU blocks the thread, and
 * needs nothing but `navigator.gpu`, so it runs in a browser as well.
 *
 * @module
 */
import { KERNELS } from "../../kernels/mod.ts";
import {
  argumentWords,
  kernelSource,
  planBinding,
  workgroups,
} from "../../kernels/wgsl.ts";
import type { Call, Program } from "../algorithms/program.ts";
import { visible } from "../visible.ts";
import { DeviceError } from "./device_error.ts";
import type { GpuFaults } from "./faults.ts";
import { type ArithmeticReadings, measureArithmetic } from "./probe_shader.ts";

/** What a GPU is, as far as it says. */
export interface DeviceDescription {
  /** Its name. */
  readonly name: string;
  /** Vendor, architecture and device, as far as they are known. */
  readonly ids: string;
  /** Whether it is a software GPU. */
  readonly software: boolean;
  /** Largest buffer that a kernel can see, in bytes. */
  readonly maxBufferBytes: number;
  /** Storage buffers of a kernel. */
  readonly maxStorageBuffers: number;
  /** Threads of a workgroup. */
  readonly maxWorkgroupThreads: number;
}

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
  /** Most steps between two calls of {@link GpuSession.losses}. */
  readonly lossSteps: number;
}

/** Which of a program's lists of calls is run. */
export type CallList = "step" | "targetUpdate" | "sweep";

/** A part of a table that runs share. */
export interface UploadedPart {
  /** The table's name. */
  readonly name: string;
  /** Its element at which the part begins. */
  readonly offset: number;
  /** The part's elements, in memory of its own. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** A device, and the one training on it. Calls take effect in the order in which they are made. */
export interface GpuSession {
  /** What the device is. */
  describe(): Promise<DeviceDescription>;
  /** How the device rounds, contracts, reassociates and treats subnormal numbers. */
  arithmetic(): Promise<ArithmeticReadings>;
  /**
   * Allocates and uploads a training, once in a session.
   * @throws DeviceError where the device lacks the buffers or the memory for it.
   */
  open(setup: TrainingSetup): Promise<void>;
  /**
   * Runs a list of calls `count` times, without waiting for the GPU once it is known how fast it is.
   * @param words Plans, [count, runs, layout.stride]; empty for calls that read none.
   * @param fresh Parts of tables that these plans bring with them.
   */
  execute(
    list: CallList,
    words: Uint32Array<ArrayBuffer>,
    count: number,
    fresh?: readonly UploadedPart[],
  ): Promise<void>;
  /** Waits, and reads the losses of the steps since the last call: [steps, runs, terms]. */
  losses(): Promise<Float32Array>;
  /** Waits, and reads the state: [runs, length] for each state buffer. */
  read(): Promise<Record<string, Float32Array>>;
  /** Gives the device up. Every later call fails. */
  destroy(): Promise<void>;
}

/** A call that is ready to be recorded. */
interface ReadyCall {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly x: number;
  readonly y: number;
  readonly writesLosses: boolean;
}

/** A training's place on the device. */
interface DeviceTraining {
  readonly setup: TrainingSetup;
  readonly lists: Readonly<Record<CallList, readonly ReadyCall[]>>;
  readonly buffers: ReadonlyMap<string, GPUBuffer>;
  /** What the runs share. */
  readonly tables: ReadonlyMap<string, GPUBuffer>;
  readonly plan: GPUBuffer;
  readonly losses: GPUBuffer;
  /** Words of one step in `losses`. */
  readonly lossStride: number;
  /** Steps whose losses have not been read. */
  steps: number;
}

// The flags of GPUBufferUsage and GPUMapMode, which are names in a browser and not in every type library.
const MAP_READ = 0x1;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const STORAGE = 0x80;
const COMPUTE_STAGE = 0x4;
const MAP_MODE_READ = 0x1;

/** A submit should keep the device busy about so long: drivers reset a device that does not answer for seconds. */
const SUBMIT_MILLISECONDS = 250;

/** Steps of the first two submits; the second is timed, and later ones have as many as its time allows. */
const FIRST_SUBMITS = [1, 16];

/** Bytes to which WebGPU aligns the offset of a binding. */
const BINDING_ALIGNMENT = 256;

const roundUp = (value: number, multiple: number) =>
  Math.ceil(value / multiple) * multiple;

/** The adapter that the browser or Deno has for a wish; undefined where there is none. */
async function findAdapter(
  wish: GPURequestAdapterOptions = { powerPreference: "high-performance" },
): Promise<GPUAdapter | undefined> {
  const gpu: GPU | undefined = globalThis.navigator?.gpu;
  return await gpu?.requestAdapter(wish) ?? undefined;
}

/** Every device that a wish for speed, for economy or for software brings up, once each. */
export async function findDevices(): Promise<DeviceDescription[]> {
  const adapters = await Promise.all([
    findAdapter(),
    findAdapter({ powerPreference: "low-power" }),
    findAdapter({ forceFallbackAdapter: true }),
  ]);
  const devices = adapters.flatMap((found) =>
    found ? [describeAdapter(found)] : []
  );
  return devices.filter(({ name, ids }, i) =>
    i === devices.findIndex((d) => d.name === name && d.ids === ids)
  );
}

/** What the device would be, without opening it; undefined where there is none. */
export async function findDevice(): Promise<DeviceDescription | undefined> {
  const adapter = await findAdapter();
  return adapter && describeAdapter(adapter);
}

/**
 * Opens the device that {@link findDevice} describes.
 *
 * @param faults What is to be wrong with it.
 * @throws DeviceError when there is none.
 */
export async function openGpuSession(
  faults: GpuFaults = {},
): Promise<GpuSession> {
  const adapter = await findAdapter();
  if (!adapter) {
    throw new DeviceError(
      "there is no WebGPU adapter on this machine: install a GPU driver (Vulkan, Metal or D3D12)",
    );
  }
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxStorageBufferBindingSize, maxBufferSize },
  });
  return sessionOn(device, describeAdapter(adapter), faults);
}

function describeAdapter({ info, limits }: GPUAdapter): DeviceDescription {
  const name = visible(
    info.description || info.device ||
      `${info.vendor} ${info.architecture}`.trim() || "unnamed adapter",
  );
  const ids = [info.vendor, info.architecture, info.device].filter(Boolean);
  return {
    name,
    ids: visible(ids.join(" ")),
    software: info.isFallbackAdapter === true ||
      /llvmpipe|lavapipe|swiftshader|softpipe|basic render|warp/i.test(name),
    maxBufferBytes: Math.min(
      limits.maxStorageBufferBindingSize,
      limits.maxBufferSize,
    ),
    maxStorageBuffers: limits.maxStorageBuffersPerShaderStage,
    maxWorkgroupThreads: limits.maxComputeInvocationsPerWorkgroup,
  };
}

function sessionOn(
  device: GPUDevice,
  description: DeviceDescription,
  faults: GpuFaults,
): GpuSession {
  const pipelines = new Map<string, GPUComputePipeline>();
  let training: DeviceTraining;
  let tried = 0;
  let submitSteps: number | undefined;
  let failure: string | undefined;
  // Error scopes are a stack: calls must not overlap.
  let last: Promise<unknown> = Promise.resolve();
  device.lost.then(({ reason, message }) => {
    failure = `was lost (${[reason, message].filter(Boolean).join(": ")})`;
  });
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    const { error } = event as GPUUncapturedErrorEvent;
    failure ??= `refused a command: ${firstLine(error.message)}`;
  });

  function broken(what: string): DeviceError {
    return new DeviceError(
      `the GPU ${description.name} ${visible(what, 400)}`,
    );
  }

  /** Runs `work` after the calls before it, and throws what the device has against it. */
  function checked<T>(work: () => T | Promise<T>): Promise<T> {
    const result = last.then(() => inScopes(work));
    last = result.catch(() => {});
    return result;
  }

  async function inScopes<T>(work: () => T | Promise<T>): Promise<T> {
    if (failure !== undefined) throw broken(failure);
    device.pushErrorScope("validation");
    device.pushErrorScope("internal");
    device.pushErrorScope("out-of-memory");
    let result: T;
    let thrown: unknown;
    try {
      result = await work();
    } catch (error) {
      thrown = error;
    }
    const memory = await device.popErrorScope();
    const refused = await device.popErrorScope() ??
      await device.popErrorScope();
    if (memory ?? refused ?? thrown) {
      // A lost device refuses everything, and is reported lost a little later.
      const moment = new Promise((resolve) => setTimeout(resolve, 100));
      await Promise.race([device.lost, moment]);
    }
    if (failure !== undefined) throw broken(failure);
    if (memory) throw broken("does not have enough memory for this training");
    if (refused) {
      throw broken(`refused a command: ${firstLine(refused.message)}`);
    }
    if (thrown instanceof DeviceError) throw thrown;
    if (thrown !== undefined) {
      throw broken(`failed: ${firstLine(String(thrown))}`);
    }
    return result!;
  }

  /** The kernel's pipeline. Where it writes `losses`, that binding moves with the step. */
  async function pipelineOf(
    kernelName: string,
    lossesAt: number,
  ): Promise<GPUComputePipeline> {
    const key = `${kernelName}/${lossesAt}`;
    const known = pipelines.get(key);
    if (known) return known;
    const kernel = KERNELS[kernelName];
    const plan = planBinding(kernel);
    const access = [...Object.values(kernel.buffers), "read", "read"];
    const layout = device.createBindGroupLayout({
      entries: access.map((kind, binding) => ({
        binding,
        visibility: COMPUTE_STAGE,
        buffer: {
          type: kind === "read" ? "read-only-storage" : "storage",
          hasDynamicOffset: binding === plan || binding === lossesAt,
        },
      })),
    });
    const pipeline = await device.createComputePipelineAsync({
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: {
        module: device.createShaderModule({
          label: kernelName,
          code: kernelSource(kernel, faults.wgsl),
        }),
        entryPoint: "main",
      },
    });
    pipelines.set(key, pipeline);
    return pipeline;
  }

  async function open(setup: TrainingSetup): Promise<DeviceTraining> {
    const { program, runs, state, blockSteps, lossSteps } = setup;
    const { plan: layout, lossTerms } = program;
    function allocate(what: string, elements: number): GPUBuffer {
      const size = roundUp(4 * elements, 16);
      if (size > description.maxBufferBytes) {
        throw new DeviceError(
          `${what} takes ${
            mebibytes(size)
          }, and ${description.name} has no buffer above ${
            mebibytes(description.maxBufferBytes)
          }`,
        );
      }
      const usage = STORAGE | COPY_SRC | COPY_DST;
      return device.createBuffer({ size, usage });
    }

    const lengths = new Map(
      program.buffers.map(({ name, length }) => [name, roundUp(length, 4)]),
    );
    const buffers = new Map<string, GPUBuffer>();
    for (const { name, length } of program.buffers) {
      const buffer = allocate(
        `the buffer "${name}"`,
        runs * lengths.get(name)!,
      );
      buffers.set(name, buffer);
      const initial = state[name];
      for (let run = 0; initial && run < runs; run++) {
        device.queue.writeBuffer(
          buffer,
          4 * run * lengths.get(name)!,
          initial.slice(run * length, (run + 1) * length),
        );
      }
    }
    /** Tables that the runs share. */
    const shared = new Map<string, GPUBuffer>();
    const upload = (name: string, what: string, table: Float32Array) => {
      const buffer = allocate(what, table.length);
      device.queue.writeBuffer(buffer, 0, table.slice());
      shared.set(name, buffer);
    };
    upload("observations", "the observation table", setup.observations);
    for (const [name, table] of Object.entries(setup.tables)) {
      upload(name, `the table "${name}"`, table);
    }
    const plan = allocate(
      "a block of minibatch plans",
      blockSteps * runs * layout.stride,
    );
    const lossStride = roundUp(runs * lossTerms.length, BINDING_ALIGNMENT / 4);
    const losses = allocate("the losses", lossSteps * lossStride);
    // wgpu considers what is written through a dynamic offset never written, and zeroes it when
    // it is read; so the whole buffer is written here.
    const encoder = device.createCommandEncoder();
    encoder.clearBuffer(losses);
    device.queue.submit([encoder.finish()]);

    async function ready(calls: readonly Call[]): Promise<ReadyCall[]> {
      const result: ReadyCall[] = [];
      // Deno 2.9 panics on a write of nothing.
      if (calls.length === 0) return result;
      const constants = calls.map(({ kernel, buffers: views, numbers }) => {
        const places = Object.values(views).map(({ buffer, offset }) => ({
          start: offset,
          run: shared.has(buffer)
            ? 0
            : buffer === "losses"
            ? lossTerms.length
            : lengths.get(buffer)!,
        }));
        return argumentWords(KERNELS[kernel], places, numbers, layout);
      });
      const width = roundUp(
        Math.max(...constants.map((words) => 4 * words.length)),
        BINDING_ALIGNMENT,
      );
      const packed = new Uint32Array(constants.length * width / 4);
      constants.forEach((words, i) => packed.set(words, i * width / 4));
      const argumentBuffer = allocate("the arguments", packed.length);
      device.queue.writeBuffer(argumentBuffer, 0, packed);
      for (const [i, call] of calls.entries()) {
        const kernel = KERNELS[call.kernel];
        const names = Object.values(call.buffers).map(({ buffer }) => buffer);
        const lossesAt = names.indexOf("losses");
        const pipeline = await pipelineOf(call.kernel, lossesAt);
        const bindings: GPUBufferBinding[] = names.map((name) =>
          name === "losses"
            ? { buffer: losses, size: 4 * lossStride }
            : { buffer: shared.get(name) ?? buffers.get(name)! }
        );
        bindings.push(
          { buffer: plan, size: 4 * runs * layout.stride },
          { buffer: argumentBuffer, offset: i * width, size: width },
        );
        const bindGroup = device.createBindGroup({
          layout: pipeline.getBindGroupLayout(0),
          entries: bindings.map((resource, binding) => ({ binding, resource })),
        });
        const [x, y] = workgroups(kernel, call.numbers, layout);
        const writesLosses = lossesAt >= 0;
        result.push({
          pipeline,
          bindGroup,
          x: faults.groups?.(x) ?? x,
          y,
          writesLosses,
        });
      }
      return result;
    }

    const lists = {
      step: await ready(program.step),
      targetUpdate: await ready(program.targetUpdate),
      sweep: await ready(program.sweep),
    };
    return {
      setup,
      lists,
      buffers,
      tables: shared,
      plan,
      losses,
      lossStride,
      steps: 0,
    };
  }

  async function execute(
    list: CallList,
    words: Uint32Array<ArrayBuffer>,
    count: number,
    fresh: readonly UploadedPart[] = [],
  ): Promise<void> {
    if (words.length > 0) device.queue.writeBuffer(training.plan, 0, words);
    for (const { name, offset, data } of fresh) {
      const table = training.tables.get(name)!;
      if (data.length > 0) device.queue.writeBuffer(table, 4 * offset, data);
    }
    for (let done = 0; done < count;) {
      const steps = Math.min(count - done, submitSteps ?? FIRST_SUBMITS[tried]);
      submit(list, done, steps);
      done += steps;
      if (submitSteps === undefined && list === "step") {
        const begun = performance.now();
        await device.queue.onSubmittedWorkDone();
        const perStep = (performance.now() - begun) / steps;
        // The first submit does not count: drivers compile when a kernel is first run.
        if (++tried === FIRST_SUBMITS.length) {
          submitSteps = Math.ceil(SUBMIT_MILLISECONDS / perStep);
        }
      }
    }
  }

  /** Records and submits `steps` executions of a list, whose plans begin with plan `first`. */
  function submit(list: CallList, first: number, steps: number): void {
    const { setup, lists, lossStride } = training;
    const planStride = 4 * setup.runs * setup.program.plan.stride;
    const runs = faults.runs?.(setup.runs) ?? setup.runs;
    const encoder = device.createCommandEncoder();
    // Within one pass, each dispatch sees what the dispatches before it wrote.
    const pass = encoder.beginComputePass();
    for (let i = first; i < first + steps; i++) {
      const planOffset = i * planStride;
      const lossOffset = 4 * training.steps * lossStride;
      for (const call of lists[list]) {
        pass.setPipeline(call.pipeline);
        pass.setBindGroup(
          0,
          call.bindGroup,
          call.writesLosses ? [lossOffset, planOffset] : [planOffset],
        );
        pass.dispatchWorkgroups(call.x, call.y, runs);
      }
      if (list === "step") training.steps++;
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  /** Reads parts of buffers: [buffer, elements] each. */
  async function download(
    parts: readonly (readonly [GPUBuffer, number])[],
  ): Promise<Float32Array[]> {
    const total = parts.reduce((sum, [, elements]) => sum + elements, 0);
    const staging = device.createBuffer({
      size: Math.max(16, 4 * total),
      usage: MAP_READ | COPY_DST,
    });
    try {
      const encoder = device.createCommandEncoder();
      let at = 0;
      for (const [buffer, elements] of parts) {
        encoder.copyBufferToBuffer(buffer, 0, staging, 4 * at, 4 * elements);
        at += elements;
      }
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(MAP_MODE_READ);
      const all = new Float32Array(staging.getMappedRange());
      at = 0;
      return parts.map(([, elements]) => all.slice(at, at += elements));
    } finally {
      staging.destroy();
    }
  }

  async function readLosses(): Promise<Float32Array> {
    const { setup: { program, runs }, losses, lossStride, steps } = training;
    const width = runs * program.lossTerms.length;
    const result = new Float32Array(steps * width);
    if (steps === 0) return result;
    const [padded] = await download([[losses, steps * lossStride]]);
    for (let i = 0; i < steps; i++) {
      const from = i * lossStride;
      result.set(padded.subarray(from, from + width), i * width);
    }
    training.steps = 0;
    return result;
  }

  async function readState(): Promise<Record<string, Float32Array>> {
    const { setup: { program, runs }, buffers } = training;
    const lengths = program.state.map((name) =>
      program.buffers.find((b) => b.name === name)!.length
    );
    const downloaded = await download(
      program.state.map((name, i) => [
        buffers.get(name)!,
        runs * roundUp(lengths[i], 4),
      ]),
    );
    return Object.fromEntries(program.state.map((name, i) => {
      const values = new Float32Array(runs * lengths[i]);
      for (let run = 0; run < runs; run++) {
        const from = run * roundUp(lengths[i], 4);
        const part = downloaded[i].subarray(from, from + lengths[i]);
        values.set(part, run * lengths[i]);
      }
      return [name, values];
    }));
  }

  return {
    describe: () => Promise.resolve(description),
    arithmetic: () => checked(() => measureArithmetic(device, faults.wgsl)),
    open: (setup) =>
      checked(async () => {
        training = await open(setup);
      }),
    execute: (list, words, count, fresh) =>
      checked(() => execute(list, words, count, fresh)),
    losses: () => checked(readLosses),
    read: () => checked(readState),
    destroy() {
      device.destroy();
      return Promise.resolve();
    },
  };
}

const firstLine = (text: string) => text.trim().split("\n")[0];

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
