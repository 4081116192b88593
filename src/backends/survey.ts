/**
 * What is known of a GPU.
 *
 * @module
 */
import type { ArithmeticReadings } from "./probe_shader.ts";
import type { DeviceDescription } from "./webgpu_session.ts";

/** How a small training on a GPU compares with the reference. */
export interface GoldenDifferences {
  /** What was trained. */
  readonly training: string;
  /** Numbers of its losses and of the state after it that differ in a bit. */
  readonly differences: number;
}

/** What a GPU was measured to do. */
export interface ProbeResult {
  /** Of single operations and expressions. */
  readonly arithmetic: ArithmeticReadings;
  /** A few steps of every algorithm, which together call every kernel. */
  readonly golden: readonly GoldenDifferences[];
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
