/**
 * The record of a device: what its trainings came to, bit for bit, and what made them, so that devices which
 * never met can be compared.
 *
 * @module
 */
import type { DeviceSurvey } from "../../backends/survey.ts";
import type { DeviceDescription } from "../../backends/webgpu_session.ts";
import type { ProbeResult } from "../../backends/survey.ts";
import type { BackendReport } from "../determinism.ts";

/** Name and version of its shape. */
export const RECORD_SCHEMA = "holdfast/device-record/1";

/** What made a record. Nothing in it names a person, a machine or a place. */
export interface RecordSoftware {
  /** Version of this suite. */
  readonly suiteVersion: string;
  /** SHA-256 of the list of all kernels' hashes; null where they cannot be listed. */
  readonly kernelsSha256: string | null;
  /** What ran it, e.g. `"Deno 2.9.6"`; of a browser what it calls itself. */
  readonly runtime: string;
  /** Operating system and processor, as far as they are known. */
  readonly platform: string;
}

/** What a device made of the determinism check. */
export interface DeviceRecord {
  /** {@link RECORD_SCHEMA}. */
  readonly schema: typeof RECORD_SCHEMA;
  /** What made it. */
  readonly software: RecordSoftware;
  /** The backend, as the report calls it. */
  readonly backend: string;
  /** The GPU; null where none was recorded. */
  readonly device: DeviceDescription | null;
  /** Its driver, where the person who made the record said which. */
  readonly driver: string | null;
  /** What the GPU was measured to do; null where none was recorded. */
  readonly probe: ProbeResult | null;
  /** Steps of each training. */
  readonly steps: number;
  /** Kernels on random inputs, compared with the reference's on the same machine. */
  readonly kernels: BackendReport["kernels"];
  /** Trainings: hashes, and where they differ from the reference's on the same machine. */
  readonly trainings: BackendReport["trainings"];
  /** Wall time of the whole check, other backends included. */
  readonly seconds: number;
}

/**
 * The record of one backend of a report.
 *
 * @param survey What is known of the GPU, where that is the backend.
 */
export function deviceRecord(
  { label, kernels, trainings }: BackendReport,
  { steps, seconds, survey, software, driver = null }: {
    steps: number;
    seconds: number;
    survey: DeviceSurvey | null;
    software: RecordSoftware;
    driver?: string | null;
  },
): DeviceRecord {
  return {
    schema: RECORD_SCHEMA,
    software,
    backend: label,
    device: survey?.device ?? null,
    driver,
    probe: survey?.probe ?? null,
    steps,
    seconds,
    kernels,
    trainings,
  };
}
