/**
 * Faults planted in a backend on purpose, to see that the checks notice them (`deno task sabotage`).
 * What the host does stays right; what is planted is on the device. A fault of the calls themselves
 * needs no place here: a session is opened with another Program.
 *
 * @module
 */
import type { AlteredSource } from "../../kernels/wgsl.ts";

/** Faults of a GPU session. */
export interface GpuFaults {
  /** Changes the source of shaders. */
  readonly wgsl?: AlteredSource;
  /** Changes how many workgroups a call has. */
  readonly groups?: (groups: number) => number;
  /** Changes how many runs a call computes. */
  readonly runs?: (runs: number) => number;
}
