/**
 * The device side of the WebGPU backend: a device, its compiled kernels, and the training session
 * whose buffers live on it. It records and submits calls; what to do when is the host's part
 * (`webgpu.ts`). It runs in a Worker, because in Deno a wait for the GPU blocks the thread, and
 * needs nothing but `navigator.gpu`, so it runs in a browser as well.
 *
 * @module
 */
import { visible } from "../visible.ts";
import { DeviceError } from "./device_error.ts";
import type { GpuFaults } from "./faults.ts";
import { type ArithmeticReadings, measureArithmetic } from "./probe_shader.ts";
import {
  type CallList,
  type DeviceTraining,
  openTraining,
  type TrainingSetup,
} from "./webgpu_training.ts";

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

// The flags of GPUBufferUsage and GPUMapMode, which are names in a browser and not in every type library.
const MAP_READ = 0x1;
const COPY_DST = 0x8;
const MAP_MODE_READ = 0x1;

/** A submit should keep the device busy about so long: drivers reset a device that does not answer for seconds. */
const SUBMIT_MILLISECONDS = 250;

/** How many times as many steps a submit may have as the one before, whose time allows it. */
const SUBMIT_GROWTH = 16;

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
 * @param waits Whether threads of a workgroup wait for each other within a dispatch. By default not on a
 *   software GPU, where that takes longer than more dispatches.
 * @throws DeviceError when there is none.
 */
export async function openGpuSession(
  faults: GpuFaults = {},
  waits?: boolean,
): Promise<GpuSession> {
  const adapter = await findAdapter();
  if (!adapter) {
    throw new DeviceError(
      "there is no WebGPU adapter on this machine: install a GPU driver (Vulkan, Metal or D3D12)",
    );
  }
  const {
    maxStorageBufferBindingSize,
    maxBufferSize,
    maxStorageBuffersPerShaderStage,
  } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: {
      maxStorageBufferBindingSize,
      maxBufferSize,
      maxStorageBuffersPerShaderStage,
    },
  });
  const description = describeAdapter(adapter);
  return sessionOn(device, description, faults, waits ?? !description.software);
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
  waits: boolean,
): GpuSession {
  const pipelines = new Map<string, GPUComputePipeline>();
  let training: DeviceTraining;
  /** Steps of a submit: one at first, because a step may take seconds; then as many as the time of the last allows. */
  let submitSteps = 1;
  let isPaced = false;
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

  async function execute(
    list: CallList,
    words: Uint32Array<ArrayBuffer>,
    count: number,
    fresh: readonly UploadedPart[] = [],
  ): Promise<void> {
    if (words.length > 0) device.queue.writeBuffer(training.plan, 0, words);
    for (const { name, offset, data } of fresh) {
      const { memory } = training.map.places.get(name)!;
      if (data.length > 0) {
        device.queue.writeBuffer(training.memories[memory], 4 * offset, data);
      }
    }
    for (let done = 0; done < count;) {
      const steps = Math.min(count - done, submitSteps);
      const begun = performance.now();
      submit(list, done, steps);
      done += steps;
      if (isPaced || list !== "step" || steps < submitSteps) continue;
      await device.queue.onSubmittedWorkDone();
      const perStep = (performance.now() - begun) / steps;
      const allowed = Math.ceil(SUBMIT_MILLISECONDS / perStep);
      isPaced = steps > 1 && allowed <= SUBMIT_GROWTH * steps;
      submitSteps = Math.min(allowed, SUBMIT_GROWTH * steps);
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
      for (const stage of lists[list]) {
        pass.setPipeline(stage.pipeline);
        pass.setBindGroup(
          0,
          stage.bindGroup,
          stage.writesLosses ? [lossOffset, planOffset] : [planOffset],
        );
        pass.dispatchWorkgroups(stage.x, stage.y, runs);
      }
      if (list === "step") training.steps++;
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
  }

  /** Reads parts of buffers: [buffer, first element, elements] each. */
  async function download(
    parts: readonly (readonly [GPUBuffer, number, number])[],
  ): Promise<Float32Array[]> {
    const total = parts.reduce((sum, [, , elements]) => sum + elements, 0);
    const staging = device.createBuffer({
      size: Math.max(16, 4 * total),
      usage: MAP_READ | COPY_DST,
    });
    try {
      const encoder = device.createCommandEncoder();
      let at = 0;
      for (const [buffer, first, elements] of parts) {
        encoder.copyBufferToBuffer(
          buffer,
          4 * first,
          staging,
          4 * at,
          4 * elements,
        );
        at += elements;
      }
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(MAP_MODE_READ);
      const all = new Float32Array(staging.getMappedRange());
      at = 0;
      return parts.map(([, , elements]) => all.slice(at, at += elements));
    } finally {
      staging.destroy();
    }
  }

  async function readLosses(): Promise<Float32Array> {
    const { setup: { program, runs }, losses, lossStride, steps } = training;
    const width = runs * program.lossTerms.length;
    const result = new Float32Array(steps * width);
    if (steps === 0) return result;
    const [padded] = await download([[losses, 0, steps * lossStride]]);
    for (let i = 0; i < steps; i++) {
      const from = i * lossStride;
      result.set(padded.subarray(from, from + width), i * width);
    }
    training.steps = 0;
    return result;
  }

  async function readState(): Promise<Record<string, Float32Array>> {
    const { setup: { program, runs }, map, memories } = training;
    const places = program.state.map((name) => map.places.get(name)!);
    const downloaded = await download(
      places.map((
        { memory, start, run },
      ) => [memories[memory], start, runs * run]),
    );
    return Object.fromEntries(program.state.map((name, i) => {
      const { length } = program.buffers.find((b) => b.name === name)!;
      const values = new Float32Array(runs * length);
      for (let run = 0; run < runs; run++) {
        const from = run * places[i].run;
        const part = downloaded[i].subarray(from, from + length);
        values.set(part, run * length);
      }
      return [name, values];
    }));
  }

  return {
    describe: () => Promise.resolve(description),
    arithmetic: () => checked(() => measureArithmetic(device, faults.wgsl)),
    open: (setup) =>
      checked(async () => {
        training = await openTraining({
          device,
          name: description.name,
          maxBufferBytes: description.maxBufferBytes,
          waits,
          pipelines,
          faults,
        }, setup);
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
