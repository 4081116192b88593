/**
 * Whether a GPU keeps the arithmetic contract: measured on that GPU before it is used, because
 * WGSL does not promise it.
 *
 * @module
 */
import { buildProgram, configureAlgorithm } from "../algorithms/index.ts";
import { initialState } from "../algorithms/training_state.ts";
import type { Program } from "../algorithms/program.ts";
import { adamSchedule } from "../algorithms/schedule.ts";
import { planSource, uniformDraw } from "../dataset/minibatch_plan.ts";
import { initialParameters } from "../network/initial.ts";
import { randomStream } from "../numerics/random.ts";
import type { Backend, TrainingTask } from "./backend.ts";
import type { ArithmeticReadings } from "./probe_shader.ts";
import { referenceBackend } from "./reference.ts";
import type { ProbeResult } from "./survey.ts";
import { webgpuBackend } from "./webgpu.ts";
import type { GpuSession } from "./webgpu_session.ts";

/** Steps of the golden training; after the second comes a target update. */
const STEPS = 3;

/**
 * Measures the device that `openSession` opens.
 *
 * @throws DeviceError when there is no device, or it fails.
 */
export async function probeDevice(
  openSession: () => Promise<GpuSession>,
): Promise<ProbeResult> {
  const session = await openSession();
  let arithmetic: ArithmeticReadings;
  try {
    arithmetic = await session.arithmetic();
  } finally {
    await session.destroy();
  }
  const backend = webgpuBackend(openSession, "the device that is measured");
  let goldenDifferences = 0;
  for (const program of goldenPrograms()) {
    const actual = await goldenTraining(backend, program);
    const expected = await goldenTraining(referenceBackend, program);
    for (let i = 0; i < expected.length; i++) {
      if (actual[i] !== expected[i]) goldenDifferences++;
    }
  }
  const { guardedDifferences, guardedCases } = arithmetic;
  const failure = guardedDifferences > 0
    ? `${guardedDifferences} of ${guardedCases} guarded operations differ in a bit from single rounding to nearest even`
    : goldenDifferences > 0
    ? `a golden training step differs from the reference in ${goldenDifferences} elements`
    : null;
  return { arithmetic, goldenDifferences, failure };
}

const OBSERVATION_SIZE = 3;
const ACTIONS = 5;
const BATCH_SIZE = 13;
const TABLE_ROWS = 30;

function goldenPrograms(): Program[] {
  const shape = {
    observationSize: OBSERVATION_SIZE,
    hidden: [20, 9],
    actionCount: ACTIONS,
    tableRows: TABLE_ROWS,
    // What a masked program computes holds all that others compute.
    masked: true,
  };
  return [
    configureAlgorithm("bc", { batchSize: BATCH_SIZE }),
    configureAlgorithm("cql", {
      batchSize: BATCH_SIZE,
      targetUpdateInterval: STEPS - 1,
    }),
  ].map((algorithm) => buildProgram(algorithm, shape));
}

/** The bits of the whole state after {@link STEPS} steps on random data. */
async function goldenTraining(
  backend: Backend,
  program: Program,
): Promise<Uint32Array> {
  const training = await backend.open(goldenTask(program));
  try {
    await training.run(STEPS);
    const { buffers } = await training.read();
    const all = program.state.flatMap((name) => [...buffers[name]]);
    return new Uint32Array(Float32Array.from(all).buffer);
  } finally {
    await training.close();
  }
}

function goldenTask(program: Program): TrainingTask {
  const random = randomStream(0, "golden-step");
  const transitions = 40;
  const numbers = (length: number, scale: number) =>
    Float32Array.from(
      { length },
      () => (2 * random.uniform() - 1) * scale,
    );
  const observations = numbers(TABLE_ROWS * OBSERVATION_SIZE, 3);
  const rowOf = Uint32Array.from(
    { length: 2 * transitions },
    () => random.integer(TABLE_ROWS),
  );
  const dataset = {
    observationSize: OBSERVATION_SIZE,
    actionCount: ACTIONS,
    observations,
    actions: Int32Array.from(
      { length: transitions },
      () => random.integer(ACTIONS),
    ),
    rewards: numbers(transitions, 10),
    terminated: Uint8Array.from(
      { length: transitions },
      () => random.integer(2),
    ),
    truncated: new Uint8Array(transitions),
    // Episodes of one step.
    episodeOffsets: Uint32Array.from({ length: transitions + 1 }, (_, i) => i),
  };
  const plan = planSource(program.plan, [{
    dataset,
    rowOf,
    tableRows: TABLE_ROWS,
    discount: program.discount,
    rewardScale: program.rewardScale,
    bootstrapOnTruncation: false,
    draw: uniformDraw(random, transitions),
  }], [adamSchedule(1e-2, "constant", STEPS)]);
  // A row in three allows all actions; in each, what is taken in it is allowed, and the first.
  const allowed = Float32Array.from(
    { length: TABLE_ROWS * ACTIONS },
    (_, i) =>
      Math.floor(i / ACTIONS) % 3 === 0 || i % ACTIONS === 0
        ? 1
        : random.integer(2),
  );
  dataset.actions.forEach((action, i) => {
    allowed[rowOf[2 * i] * ACTIONS + action] = 1;
  });
  return {
    program,
    observations,
    tables: { allowed },
    plan,
    state: initialState(
      program,
      program.networks.map((
        { layout, prefix },
      ) => [initialParameters(layout, 0, 0, prefix)]),
    ),
  };
}
