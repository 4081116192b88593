/**
 * Making a record where this thread runs: in a browser, or wherever `navigator.gpu` is.
 *
 * @module
 */
import { describeDevice } from "../../backends/choose.ts";
import { probeDevice } from "../../backends/probe.ts";
import { webgpuBackend } from "../../backends/webgpu.ts";
import { openGpuSession } from "../../backends/webgpu_session.ts";
import { checkDeterminism } from "../determinism.ts";
import { smallTrainings } from "../small_trainings.ts";
import {
  type DeviceRecord,
  deviceRecord,
  type RecordSoftware,
} from "./record.ts";

/**
 * The record of the GPU that `navigator.gpu` has: probe, kernels and the small trainings of every algorithm,
 * compared with the reference in the same thread.
 *
 * @param options As of {@link checkDeterminism}; `isProbed` false leaves out the probe; `waits` as of
 *   {@link openGpuSession}.
 * @throws DeviceError when there is no device, or it fails.
 */
export async function recordHere(
  { steps, shapes, isProbed = true, software, waits, onStage }: {
    steps: number;
    shapes: number;
    isProbed?: boolean;
    software: RecordSoftware;
    waits?: boolean;
    onStage?: (stage: string) => void;
  },
): Promise<DeviceRecord> {
  const begun = performance.now();
  const session = await openGpuSession({}, waits);
  // One device for all, so that it compiles each kernel once.
  const kept = { ...session, destroy: () => Promise.resolve() };
  const open = () => Promise.resolve(kept);
  try {
    const device = await session.describe();
    onStage?.("probe");
    const probe = isProbed ? await probeDevice(open) : undefined;
    const backend = webgpuBackend(open, describeDevice(device));
    const { backends } = await checkDeterminism(
      smallTrainings(steps),
      [{ label: "webgpu", backend }],
      { steps, shapes, onStage },
    );
    return deviceRecord(backends[1], {
      steps,
      seconds: (performance.now() - begun) / 1000,
      survey: { device, probe, failure: null },
      software,
    });
  } finally {
    await session.destroy();
  }
}
