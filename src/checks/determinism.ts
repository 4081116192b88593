/**
 * The determinism check: the same training on several backends, compared bit for bit.
 *
 * @module
 */
import type { TrainingState } from "../algorithms/training_state.ts";
import type {
  Backend,
  TrainingSession,
  TrainingTask,
} from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference.ts";
import { InputError } from "../errors.ts";
import { concatenated } from "../numerics/arrays.ts";
import { sha256Hex } from "../numerics/hash.ts";
import {
  bitDifferences,
  checkKernels,
  type KernelDifference,
} from "./kernel_check.ts";

/** A training to be compared. */
export interface ComparedTask {
  /** What the report calls it, e.g. `"cql"`. */
  readonly name: string;
  /** Makes the task anew, always the same. */
  readonly open: () => TrainingTask;
}

/** A backend to be compared. */
export interface ComparedBackend {
  /** What the report calls it, e.g. `"wasm, 2 threads"`. */
  readonly label: string;
  /** The backend itself. */
  readonly backend: Backend;
}

/** How one training on one backend compares. */
export interface TrainingReport {
  /** Name of the training. */
  readonly task: string;
  /** The first step after which the state differs in a bit from the reference's; null where it never does. */
  readonly firstDifferentStep: number | null;
  /** Loss terms of all steps that differ in a bit. */
  readonly lossDifferences: number;
  /** Of the state after the last step; see {@link stateSha256}. */
  readonly sha256: string;
  /** Wall time, with everything that the step waits for. */
  readonly millisecondsPerStep: number;
}

/** How a backend compares with the reference. */
export interface BackendReport {
  /** What the report calls it. */
  readonly label: string;
  /** The device, in words. */
  readonly device: string;
  /** One entry a kernel. */
  readonly kernels: readonly KernelDifference[];
  /** One entry a training. */
  readonly trainings: readonly TrainingReport[];
}

/** What the check found. */
export interface DeterminismReport {
  /** Steps of each training. */
  readonly steps: number;
  /** The reference first, compared with itself. */
  readonly backends: readonly BackendReport[];
  /** Whether no bit differs anywhere and nothing is NaN. */
  readonly equal: boolean;
}

/** States are compared this often; a difference is then traced to its step. */
const COMPARISONS = 10;

/**
 * Runs every kernel on random inputs and every training for `steps` steps on each backend, and
 * compares with the reference backend, which runs first and need not be among `backends`.
 *
 * @param options `shapes` is the number of random shapes for each kernel; `onStage` is called with what
 *   is being done, in a few words.
 * @throws InputError if the number of steps or of shapes is not an integer from 1.
 */
export async function checkDeterminism(
  tasks: readonly ComparedTask[],
  backends: readonly ComparedBackend[],
  { steps, shapes, onStage = () => {} }: {
    steps: number;
    shapes: number;
    onStage?: (stage: string) => void;
  },
): Promise<DeterminismReport> {
  if (!Number.isSafeInteger(steps) || steps < 1) {
    throw new InputError(
      `${steps} steps compare nothing: give an integer from 1`,
    );
  }
  const recordings: Recording[] = [];
  const trainings: TrainingReport[] = [];
  for (const task of tasks) {
    onStage(`reference: ${task.name}`);
    const recording = await record(referenceBackend, task, steps);
    recordings.push(recording);
    trainings.push(compareTraining(task, recording, recording));
  }
  const reports: BackendReport[] = [{
    label: "reference",
    device: referenceBackend.description,
    kernels: [],
    trainings,
  }];
  const others = backends.filter(({ backend }) => backend !== referenceBackend);
  onStage("kernels");
  const kernels = await checkKernels(
    others.map(({ backend }) => backend),
    shapes,
  );
  for (const [b, { label, backend }] of others.entries()) {
    const own: TrainingReport[] = [];
    for (const [i, task] of tasks.entries()) {
      onStage(`${label}: ${task.name}`);
      const recording = await record(backend, task, steps);
      const report = compareTraining(task, recording, recordings[i]);
      const firstDifferentStep = report.firstDifferentStep === null
        ? null
        : await trace(backend, task, recordings[i], report.firstDifferentStep);
      own.push({ ...report, firstDifferentStep });
    }
    reports.push({
      label,
      device: backend.description,
      kernels: kernels[b],
      trainings: own,
    });
  }
  const equal = reports.every(({ kernels, trainings }) =>
    kernels.every(({ differences }) => differences === 0) &&
    trainings.every(({ firstDifferentStep, lossDifferences }) =>
      firstDifferentStep === null && lossDifferences === 0
    )
  );
  return { steps, backends: reports, equal };
}

/** SHA-256 of a state: the bytes of its buffers (f32, little-endian), in the program's order. */
export function stateSha256(
  { buffers }: TrainingState,
  names: readonly string[],
): string {
  const all = concatenated(names.map((name) => buffers[name]));
  return sha256Hex(new Uint8Array(all.buffer));
}

/** A training's states now and then, the first one included, and all its losses. */
interface Recording {
  readonly states: readonly TrainingState[];
  readonly losses: readonly Float32Array[];
  readonly sha256: string;
  /** Wall time, with everything that the step waits for. */
  readonly millisecondsPerStep: number;
}

async function record(
  backend: Backend,
  { open }: ComparedTask,
  steps: number,
): Promise<Recording> {
  const task = open();
  const states: TrainingState[] = [task.state];
  const losses: Float32Array[] = [];
  const session = await backend.open(task);
  let milliseconds = 0;
  try {
    for (let i = 1; i <= COMPARISONS; i++) {
      const to = Math.ceil(steps * i / COMPARISONS);
      if (to === states[states.length - 1].step) continue;
      const begun = performance.now();
      losses.push(await session.run(to));
      milliseconds += performance.now() - begun;
      states.push(await session.read());
    }
  } finally {
    await session.close();
  }
  return {
    states,
    losses,
    sha256: stateSha256(states[states.length - 1], task.program.state),
    millisecondsPerStep: milliseconds / steps,
  };
}

/** The report of a recording; a difference is given as the step of the recorded state that shows it. */
function compareTraining(
  { name }: ComparedTask,
  { states, losses, sha256, millisecondsPerStep }: Recording,
  expected: Recording,
): TrainingReport {
  const different = states.find((state, i) =>
    statesDiffer(state, expected.states[i])
  );
  return {
    task: name,
    firstDifferentStep: different?.step ?? null,
    lossDifferences: losses.reduce(
      (sum, part, i) => sum + bitDifferences(part, expected.losses[i]),
      0,
    ),
    sha256,
    millisecondsPerStep,
  };
}

/** The first step after which states differ, given a recorded one by which they do. */
async function trace(
  backend: Backend,
  { open }: ComparedTask,
  { states }: Recording,
  different: number,
): Promise<number> {
  const state = states[states.findIndex(({ step }) => step === different) - 1];
  const sessions: TrainingSession[] = [];
  try {
    for (const on of [referenceBackend, backend]) {
      sessions.push(await on.open({ ...open(), state }));
    }
    for (let step = state.step + 1; step < different; step++) {
      const [expected, actual] = await Promise.all(
        sessions.map(async (session) => {
          await session.run(step);
          return await session.read();
        }),
      );
      if (statesDiffer(actual, expected)) return step;
    }
    return different;
  } finally {
    for (const session of sessions) await session.close();
  }
}

function statesDiffer(a: TrainingState, b: TrainingState): boolean {
  return Object.keys(b.buffers).some((name) =>
    bitDifferences(a.buffers[name], b.buffers[name]) > 0
  );
}
