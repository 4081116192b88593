/**
 * What is known of a GPU.
 *
 * @module
 */
import type { ArithmeticReadings } from "./probe_shader.ts";
import type { DeviceDescription } from "./webgpu_session.ts";

/** What a GPU was measured to do. */
export interface ProbeResult {
  /** Of single operations and expressions. */
  readonly arithmetic: ArithmeticReadings;
  /** Elements of the state, after a training of a few steps, that differ in a bit from the reference's. */
  readonly goldenDifferences: number;
  /** One line about what keeps this GPU from being used; null where nothing does. */
  readonly failure: string | null;
}

/** What the GPU of this machine is and does. */
export interface DeviceSurvey {
  /** undefined where there is no WebGPU adapter. */
  readonly device?: DeviceDescription;
  /** undefined where there is no adapter, or it failed. */
  readonly probe?: ProbeResult;
  /** One line about what keeps the GPU from being used; null where nothing does. */
  readonly failure: string | null;
}
