/**
 * The determinism check: the same trainings on several backends, compared bit for bit. It needs nothing but
 * what it is given, so it runs in a browser as well.
 *
 * @module
 */
import { decidedPolicy, decidingState } from "../algorithms/decided_policy.ts";
import type { Program } from "../algorithms/program.ts";
import type { TrainingState } from "../algorithms/training_state.ts";
import type {
  Backend,
  TrainingSession,
  TrainingTask,
} from "../backends/backend.ts";
import { referenceBackend } from "../backends/reference.ts";
import { InputError } from "../errors.ts";
import { evaluatePolicy, greedyActions } from "../network/policy.ts";
import { concatenated } from "../numerics/arrays.ts";
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

/** The first number of a training that differs in a bit from the reference's. */
export interface FirstDifference {
  /** The first step whose losses differ, or after which the state does. */
  readonly step: number;
  /** `losses`, or the name of a buffer of the state. */
  readonly tensor: string;
  /** Index of its first number that differs: of the losses in [runs, terms], of a buffer in [runs, length]. */
  readonly element: number;
  /** How many of its numbers differ. */
  readonly differences: number;
  /** Bits of that first number, and of the reference's. */
  readonly bits: readonly [number, number];
}

/** Numbers of a tensor that differ from the reference's. */
export interface DifferingNumbers {
  /** How many. */
  readonly differences: number;
  /** Where the first of them are, a few. */
  readonly elements: readonly number[];
  /** Their bits. */
  readonly bits: readonly number[];
}

/** SHA-256 of what a training is at a step. */
export interface TrainingPoint {
  /** Steps made. */
  readonly step: number;
  /** Of the losses of the steps since the point before. */
  readonly losses: string;
  /** Of each buffer of the state (f32, little-endian), by name. */
  readonly tensors: Readonly<Record<string, string>>;
  /** Of `losses` and of the tensors by name, those that differ from the reference's; absent where none does. */
  readonly differing?: Readonly<Record<string, DifferingNumbers>>;
}

/** What the policy of a training does in every observation that is learnt from. */
export interface PolicyReport {
  /** SHA-256 of its action values. */
  readonly values: string;
  /** SHA-256 of its greedy actions. */
  readonly actions: string;
  /** Values that differ in a bit from those of the reference's policy. */
  readonly valueDifferences: number;
  /** Greedy actions that differ. */
  readonly actionDifferences: number;
}

/** How one training on one backend compares. */
export interface TrainingReport {
  /** Name of the training. */
  readonly task: string;
  /** Runs that learnt at once. */
  readonly runs: number;
  /** Updates of target networks within the steps. */
  readonly targetUpdates: number;
  /** null where no bit differs. */
  readonly firstDifference: FirstDifference | null;
  /** Loss terms of all steps that differ in a bit. */
  readonly lossDifferences: number;
  /** The policy after the last step. */
  readonly policy: PolicyReport;
  /** Hashes at a few steps; the last is that of the training. */
  readonly points: readonly TrainingPoint[];
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

/** So many numbers that differ are told one by one. */
const TOLD = 8;

/** States are compared after the first step and then this often; a difference is then traced to its step. */
const COMPARISONS = 5;

/**
 * Runs every kernel on random inputs and every training for `steps` steps on each backend, and
 * compares with the reference backend, which runs first and need not be among `backends`.
 *
 * @param options `shapes` is the number of random shapes for each kernel, 0 for trainings alone; `onStage` is called with what
 *   is being done, in a few words.
 * @throws InputError if the number of steps is not an integer from 1, or that of shapes from 0.
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
  const others = backends.filter(({ backend }) => backend !== referenceBackend);
  onStage("kernels");
  const compared = others.map(({ backend }) => backend);
  const kernels = shapes === 0
    ? compared.map(() => [])
    : await checkKernels(compared, shapes);
  const all = [
    { label: "reference", backend: referenceBackend },
    ...others,
  ];
  const trainings = all.map((): TrainingReport[] => []);
  for (const task of tasks) {
    onStage(`${task.name}: reference`);
    const expected = await recordTraining(referenceBackend, task, steps);
    trainings[0].push(await reportOf(task.name, expected, expected, null));
    for (const [i, { label, backend }] of others.entries()) {
      onStage(`${task.name}: ${label}`);
      const recording = await recordTraining(backend, task, steps);
      const first = await firstDifference(backend, task, recording, expected);
      trainings[1 + i].push(
        await reportOf(task.name, recording, expected, first),
      );
    }
  }
  const reports = all.map(({ label, backend }, i) => ({
    label,
    device: backend.description,
    kernels: i === 0 ? [] : kernels[i - 1],
    trainings: trainings[i],
  }));
  const equal = reports.every(({ kernels, trainings }) =>
    kernels.every(({ differences }) => differences === 0) &&
    trainings.every(({ firstDifference }) => firstDifference === null)
  );
  return { steps, backends: reports, equal };
}

/** SHA-256 of a state: the bytes of its buffers (f32, little-endian), in the program's order. */
export function stateSha256(
  { buffers }: TrainingState,
  names: readonly string[],
): Promise<string> {
  return sha256Of(concatenated(names.map((name) => buffers[name])));
}

/** The browser's own, which is there in Deno as well. */
async function sha256Of(
  values: Float32Array | Int32Array,
): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", values.slice());
  return Array.from(
    new Uint8Array(digest),
    (byte) => byte.toString(16).padStart(2, "0"),
  ).join("");
}

/** A training's states now and then, the first one included, and all its losses. */
export interface Recording {
  /** What was trained. */
  readonly task: TrainingTask;
  /** Before the first step and after some. */
  readonly states: readonly TrainingState[];
  /** Those of the steps up to each state but the first. */
  readonly losses: readonly Float32Array[];
  /** Wall time, with everything that the step waits for. */
  readonly millisecondsPerStep: number;
}

/** Trains on a backend. */
export async function recordTraining(
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
    for (let i = 0; i <= COMPARISONS; i++) {
      const to = i === 0 ? 1 : Math.ceil(steps * i / COMPARISONS);
      if (to === states[states.length - 1].step) continue;
      const begun = performance.now();
      losses.push(await session.run(to));
      milliseconds += performance.now() - begun;
      states.push(await session.read());
    }
  } finally {
    await session.close();
  }
  // Plans may have written into the tables of the one that was trained.
  return {
    task: open(),
    states,
    losses,
    millisecondsPerStep: milliseconds / steps,
  };
}

async function reportOf(
  name: string,
  { task, states, losses, millisecondsPerStep }: Recording,
  expected: Recording,
  firstDifference: FirstDifference | null,
): Promise<TrainingReport> {
  const { program } = task;
  const last = states[states.length - 1];
  const own = policyOf(task, last);
  const right = policyOf(task, expected.states[states.length - 1]);
  const points: TrainingPoint[] = [];
  for (const [i, { step, buffers }] of states.slice(1).entries()) {
    const tensors: Record<string, string> = {};
    const right = expected.states[i + 1].buffers;
    const differing = Object.entries({
      losses: differingNumbers(losses[i], expected.losses[i]),
    });
    for (const tensor of program.state) {
      tensors[tensor] = await sha256Of(buffers[tensor]);
      differing.push([
        tensor,
        differingNumbers(buffers[tensor], right[tensor]),
      ]);
    }
    const told = differing.filter(([, { differences }]) => differences > 0);
    points.push({
      step,
      losses: await sha256Of(losses[i]),
      tensors,
      ...(told.length > 0 && { differing: Object.fromEntries(told) }),
    });
  }
  const interval = program.targetUpdateInterval;
  return {
    task: name,
    runs: last.runs,
    targetUpdates: interval > 0 ? Math.floor(last.step / interval) : 0,
    firstDifference,
    lossDifferences: losses.reduce(
      (sum, part, i) => sum + bitDifferences(part, expected.losses[i]),
      0,
    ),
    policy: {
      values: await sha256Of(own.values),
      actions: await sha256Of(own.actions),
      valueDifferences: bitDifferences(own.values, right.values),
      actionDifferences: own.actions.reduce(
        (sum, action, row) => action === right.actions[row] ? sum : sum + 1,
        0,
      ),
    },
    points,
    sha256: await stateSha256(last, program.state),
    millisecondsPerStep,
  };
}

/** Action values and greedy actions of the policy that all runs make together. */
function policyOf(
  { program, observations, tables }: TrainingTask,
  state: TrainingState,
): { values: Float32Array; actions: Int32Array } {
  const { runs } = state;
  const deciding = decidingState(program, state, 0, runs);
  const policy = {
    ...decidedPolicy(program, deciding, runs),
    encoder: null,
  };
  const allowed = tables?.allowed && Uint8Array.from(tables.allowed);
  const values = evaluatePolicy(policy, observations, allowed);
  const actions = values.length / program.tableRows;
  return { values, actions: greedyActions(values, actions, allowed) };
}

/** The first number that differs, found by training again, step by step, from the last equal state. */
export async function firstDifference(
  backend: Backend,
  task: ComparedTask,
  actual: Recording,
  expected: Recording,
): Promise<FirstDifference | null> {
  const { task: { program }, states, losses } = expected;
  for (let i = 1; i < states.length; i++) {
    const after = {
      from: states[i - 1].step,
      losses: [actual.losses[i - 1], losses[i - 1]],
      states: [actual.states[i], states[i]],
    } as const;
    const found = differenceIn(program, after);
    if (!found) continue;
    const from = states[i - 1];
    return await trace(backend, task, program, from, found.step) ?? found;
  }
  return null;
}

/** Where steps after step `from` differ: their losses, or the state after them. */
function differenceIn(
  program: Program,
  { from, losses, states }: {
    readonly from: number;
    readonly losses: readonly [Float32Array, Float32Array];
    readonly states: readonly [TrainingState, TrainingState];
  },
): FirstDifference | null {
  const [actual, expected] = states;
  const width = expected.runs * program.lossTerms.length;
  for (let step = from + 1; step <= expected.step; step++) {
    const first = (step - from - 1) * width;
    const [own, right] = losses.map((all) =>
      all.subarray(first, first + width)
    );
    const found = firstOf(step, "losses", differingNumbers(own, right), right);
    if (found) return found;
  }
  for (const tensor of program.state) {
    const right = expected.buffers[tensor];
    const differing = differingNumbers(actual.buffers[tensor], right);
    const found = firstOf(expected.step, tensor, differing, right);
    if (found) return found;
  }
  return null;
}

function firstOf(
  step: number,
  tensor: string,
  { differences, elements: [element], bits: [own] }: DifferingNumbers,
  expected: Float32Array,
): FirstDifference | null {
  if (differences === 0) return null;
  const [right] = bitsOf(expected.subarray(element, element + 1));
  return { step, tensor, element, differences, bits: [own, right] };
}

function differingNumbers(
  actual: Float32Array,
  expected: Float32Array,
): DifferingNumbers {
  const differences = bitDifferences(actual, expected);
  const elements: number[] = [];
  const left = Math.min(TOLD, differences);
  for (let i = 0; elements.length < left; i++) {
    const one = (of: Float32Array) => of.subarray(i, i + 1);
    if (bitDifferences(one(actual), one(expected)) > 0) elements.push(i);
  }
  const bits = bitsOf(actual);
  return { differences, elements, bits: elements.map((i) => bits[i]) };
}

function bitsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/** The first difference step by step from `state`; null where there is none that way. */
async function trace(
  backend: Backend,
  task: ComparedTask,
  program: Program,
  state: TrainingState,
  last: number,
): Promise<FirstDifference | null> {
  const sessions: TrainingSession[] = [];
  try {
    for (const on of [backend, referenceBackend]) {
      sessions.push(await on.open({ ...task.open(), state }));
    }
    for (let step = state.step + 1; step <= last; step++) {
      const [actual, expected] = await Promise.all(
        sessions.map(async (session) => ({
          losses: await session.run(step),
          state: await session.read(),
        })),
      );
      const found = differenceIn(program, {
        from: step - 1,
        losses: [actual.losses, expected.losses],
        states: [actual.state, expected.state],
      });
      if (found) return found;
    }
    return null;
  } finally {
    for (const session of sessions) await session.close();
  }
}
