/**
 * Whether a GPU keeps the arithmetic contract: measured on that GPU before it is used, because
 * WGSL does not promise it.
 *
 * @module
 */
import type { TrainingState } from "../algorithms/training_state.ts";
import type { Backend } from "./backend.ts";
import { type GoldenTraining, goldenTrainings } from "./golden.ts";
import { concatenated } from "../numerics/arrays.ts";
import type { ArithmeticReadings } from "./probe_shader.ts";
import { referenceBackend } from "./reference.ts";
import type { GoldenDifferences, ProbeResult } from "./survey.ts";
import { webgpuBackend } from "./webgpu.ts";
import type { GpuSession } from "./webgpu_session.ts";

/** Steps of a golden training. */
const STEPS = 5;

/** Several workgroups in a call, two blocks in a sweep, and updates of the targets before the last step. */
const SIZE = {
  hidden: [12, 9],
  batchSize: 140,
  steps: STEPS,
  lookups: { table: { runs: 2, interval: 3 }, step: { runs: 2, interval: 1 } },
};

/** What the probe trains: together, all kernels. */
export const PROBED: readonly GoldenTraining[] = goldenTrainings(SIZE);

/**
 * Measures the device that `openSession` opens.
 *
 * @throws DeviceError when there is no device, or it fails.
 */
export async function probeDevice(
  openSession: () => Promise<GpuSession>,
): Promise<ProbeResult> {
  const session = await openSession();
  // One device for all trainings, so that it compiles each kernel once.
  const kept = { ...session, destroy: () => Promise.resolve() };
  const backend = webgpuBackend(
    () => Promise.resolve(kept),
    "the device that is measured",
  );
  let arithmetic: ArithmeticReadings;
  const golden: GoldenDifferences[] = [];
  try {
    arithmetic = await session.arithmetic();
    for (const training of PROBED) {
      golden.push({
        training: training.name,
        differences: differing(
          await trained(backend, training),
          await expected(training),
        ),
      });
    }
  } finally {
    await session.destroy();
  }
  return { arithmetic, golden, failure: failureOf(arithmetic, golden) };
}

function failureOf(
  { guardedDifferences, guardedCases }: ArithmeticReadings,
  golden: readonly GoldenDifferences[],
): string | null {
  if (guardedDifferences > 0) {
    return `${guardedDifferences} of ${guardedCases} guarded operations differ in a bit from single rounding to nearest even`;
  }
  const different = golden.filter(({ differences }) => differences > 0);
  if (different.length === 0) return null;
  const [{ training, differences }] = different;
  return `${different.length} of ${golden.length} golden trainings differ from the reference, the first (${training}) in ${differences} numbers`;
}

/** The bits of all losses and of the whole state after {@link STEPS} steps. */
async function trained(
  backend: Backend,
  { open }: GoldenTraining,
): Promise<Uint32Array> {
  const training = await backend.open(open());
  try {
    const losses = await training.run(STEPS);
    return bitsOf(losses, await training.read());
  } finally {
    await training.close();
  }
}

function bitsOf(losses: Float32Array, { buffers }: TrainingState): Uint32Array {
  const all = concatenated([losses, ...Object.values(buffers)]);
  return new Uint32Array(all.buffer);
}

const references = new Map<string, Promise<Uint32Array>>();

/** What the reference trains, once in a process. */
function expected(training: GoldenTraining): Promise<Uint32Array> {
  const { name } = training;
  const known = references.get(name) ?? trained(referenceBackend, training);
  references.set(name, known);
  return known;
}

function differing(actual: Uint32Array, expected: Uint32Array): number {
  return actual.reduce((sum, x, i) => x === expected[i] ? sum : sum + 1, 0);
}
