/**
 * Which backend to use.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { Backend } from "./backend.ts";
import { DeviceError } from "./device_error.ts";
import { withFallback } from "./fallback.ts";
import { probeDevice } from "./probe.ts";
import { referenceBackend } from "./reference.ts";
import type { DeviceSurvey } from "./survey.ts";
import { wasmBackend } from "./wasm.ts";
import { webgpuBackend } from "./webgpu.ts";
import { type DeviceDescription, findDevice } from "./webgpu_session.ts";
import { openGpuThread } from "./webgpu_thread.ts";
import { quietDrivers } from "./quiet_drivers.ts";

export type { DeviceSurvey, ProbeResult } from "./survey.ts";

/** Names that a user may give. */
export const BACKEND_NAMES = ["auto", "wasm", "reference", "webgpu"] as const;

/** A name of {@link BACKEND_NAMES}. */
export type BackendName = typeof BACKEND_NAMES[number];

/** Looks for a GPU and measures it. */
export async function surveyDevice(): Promise<DeviceSurvey> {
  quietDrivers();
  const device = await findDevice();
  if (!device) return { failure: NO_ADAPTER };
  try {
    const probe = await probeDevice(openGpuThread);
    return { device, probe, failure: probe.failure };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return { device, failure: error.fault };
  }
}

const NO_ADAPTER = "there is no WebGPU adapter on this machine";

/** What `auto` takes on a machine, and why, in a few words. */
export function autoChoice(
  { device, failure }: DeviceSurvey,
): { backend: "webgpu" | "wasm"; reason: string } {
  if (device?.software) {
    return { backend: "wasm", reason: "a software GPU is slower than wasm" };
  }
  return failure === null
    ? { backend: "webgpu", reason: "the GPU is hardware and passes the probe" }
    : { backend: "wasm", reason: failure };
}

/**
 * Opens a backend by name. `auto` takes a hardware GPU that passes the probe, and continues
 * with wasm if it fails later; otherwise it takes wasm, which is faster than a software GPU.
 *
 * @param options `threads` of the wasm backend, by default the machine's cores; `onNotice` gets one
 *   line that says why a GPU was passed over or given up.
 * @throws InputError when `webgpu` is asked for and there is no GPU, or none that passes the probe.
 *
 * @example By name
 * ```ts
 * import { chooseBackend } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * equal((await chooseBackend("wasm", { threads: 2 })).name, "wasm");
 * ```
 */
export async function chooseBackend(
  name: BackendName,
  { threads, onNotice = () => {} }: {
    threads?: number;
    onNotice?: (line: string) => void;
  } = {},
): Promise<Backend> {
  if (name === "reference") return referenceBackend;
  const wasm = wasmBackend({ threads });
  if (name === "wasm") return wasm;
  if (name === "auto") {
    // The probe takes a second; without a chance of a GPU it is not made.
    quietDrivers();
    const device = await findDevice();
    if (!device || device.software) return wasm;
  }
  const survey = await surveyDevice();
  const { device, failure } = survey;
  if (device && failure === null) {
    const webgpu = {
      ...webgpuBackend(
        openGpuThread,
        describeDevice(device),
        device.maxBufferBytes,
      ),
      survey,
    };
    return name === "webgpu" ? webgpu : withFallback(webgpu, wasm, onNotice);
  }
  const reason = device ? `${device.name}: ${failure}` : failure;
  if (name === "webgpu") {
    throw new InputError(
      `webgpu cannot be used: ${reason}; use --backend wasm`,
    );
  }
  onNotice(`the GPU is passed over: ${reason}`);
  return wasm;
}

/** One line about a device. */
export function describeDevice({ name, software }: DeviceDescription): string {
  return software ? `${name}, software` : name;
}
