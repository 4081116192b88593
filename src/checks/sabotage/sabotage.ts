/**
 * The check of the checks: backends with planted faults, each of which the probe or the determinism check has to
 * notice.
 *
 * @module
 */
import { DeviceError } from "../../backends/device_error.ts";
import type { Backend } from "../../backends/backend.ts";
import { probeDevice } from "../../backends/probe.ts";
import type { ProbeResult } from "../../backends/survey.ts";
import { referenceBackend } from "../../backends/reference.ts";
import { inTurns } from "../../backends/pace.ts";
import { wasmThreads } from "../../backends/wasm.ts";
import { webgpuBackend } from "../../backends/webgpu.ts";
import {
  type GpuSession,
  openGpuSession,
} from "../../backends/webgpu_session.ts";
import {
  type ComparedTask,
  firstDifference,
  type Recording,
  recordTraining,
} from "../determinism.ts";
import { checkKernels } from "../kernel_check.ts";
import { smallTrainings } from "../small_trainings.ts";
import type { Fault } from "./fault.ts";
import { WASM_FAULTS } from "./wasm_faults.ts";
import { WEBGPU_FAULTS } from "./webgpu_faults.ts";

/** A backend in which faults can be planted. */
export type FaultyBackend = "webgpu" | "wasm";

/** The catalogue of planted faults. */
export const FAULTS: readonly Fault[] = [...WEBGPU_FAULTS, ...WASM_FAULTS];

/** What the checks say about a fault. */
export interface Caught {
  /** What is wrong, in a few words. */
  readonly fault: string;
  /** In which backend it was planted. */
  readonly backend: FaultyBackend;
  /** What in the probe noticed it; null where nothing did, undefined where it was not asked. */
  readonly probe: string | null | undefined;
  /** The first kernel that differs on random inputs; null where none does, undefined where none was tried. */
  readonly kernel: string | null | undefined;
  /** The first training that differs; null where none does, undefined where none was tried. */
  readonly training: string | null | undefined;
  /** Why it is no fault on this device, where nothing differs. */
  readonly harmless?: string;
}

/** Whether the probe or the determinism check notices a fault. */
export function isCaught({ probe, kernel, training }: Caught): boolean {
  return (probe ?? kernel ?? training ?? null) !== null;
}

/** Steps of each training: target updates, and steps after them. */
const STEPS = 9;

/** Random shapes of each kernel. */
const SHAPES = 20;

/** So that some runs are a thread's own, and others are shared. */
const THREADS = 3;

/** Names of the faults that are planted, in their order. */
export function faultNames(backends: readonly FaultyBackend[]): string[] {
  return FAULTS.filter(({ backend }) => backends.includes(backend))
    .map((fault) => nameOf(fault));
}

const nameOf = ({ name, backend }: Fault) => `${backend}: ${name}`;

/**
 * Plants one fault after the other and asks the probe and the determinism check about it.
 *
 * @param names Which ones, of {@link faultNames}.
 * @param thorough Whether each check is asked, and not only until one has noticed the fault.
 */
export async function* plantFaults(
  names: readonly string[],
  thorough: boolean,
): AsyncGenerator<Caught> {
  for (const fault of FAULTS) {
    if (names.includes(nameOf(fault))) yield await plant(fault, thorough);
  }
}

async function plant(fault: Fault, thorough: boolean): Promise<Caught> {
  const openSession = () => openFaulty(fault);
  const probe = fault.backend === "webgpu"
    ? await noticed(async () => wordsOf(await probeDevice(openSession)))
    : undefined;
  const right = fault.backend === "webgpu"
    ? webgpuBackend(openSession, "a GPU with a fault")
    : wasmThreads(THREADS, inTurns, fault.wasm);
  const backend = fault.backend === "webgpu"
    ? right
    : withProgram(right, fault);
  const asked = (noticedBefore: unknown) => thorough || noticedBefore == null;
  const kernel = asked(probe)
    ? await noticed(() => firstKernel(backend))
    : undefined;
  const training = asked(probe ?? kernel)
    ? await noticed(() => firstTraining(backend))
    : undefined;
  const result = {
    fault: fault.name,
    backend: fault.backend,
    probe,
    kernel,
    training,
  };
  return isCaught(result) ? result : { ...result, harmless: fault.harmless };
}

/** What a probe noticed, in short. */
function wordsOf({ arithmetic, golden, failure }: ProbeResult): string | null {
  if (failure === null) return null;
  const { guardedDifferences } = arithmetic;
  const different = golden.filter(({ differences }) => differences > 0);
  return [
    ...(guardedDifferences > 0 ? [`${guardedDifferences} operations`] : []),
    ...(different.length > 0
      ? [`${different.length} of ${golden.length}: ${different[0].training}`]
      : []),
  ].join("; ");
}

/** What a check says, or what a device says that refuses to work. */
async function noticed(
  check: () => Promise<string | null>,
): Promise<string | null> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return error.fault;
  }
}

async function openFaulty(
  { gpu, session, program }: Fault,
): Promise<GpuSession> {
  // Threads wait for each other as on hardware, whatever the device.
  const right = await openGpuSession(gpu, true);
  const opened = session ? session(right) : right;
  if (!program) return opened;
  return {
    ...opened,
    open: (setup) => opened.open({ ...setup, program: program(setup.program) }),
  };
}

/** The backend with another program, whose state is the same. */
function withProgram(right: Backend, { program }: Fault): Backend {
  if (!program) return right;
  return {
    ...right,
    open: (task) => right.open({ ...task, program: program(task.program) }),
  };
}

async function firstKernel(backend: Backend): Promise<string | null> {
  const [kernels] = await checkKernels([backend], SHAPES);
  const different = kernels.find(({ differences }) => differences > 0);
  return different?.kernel ?? null;
}

const TASKS: readonly ComparedTask[] = smallTrainings(STEPS);
const references = new Map<string, Promise<Recording>>();

async function firstTraining(backend: Backend): Promise<string | null> {
  for (const task of TASKS) {
    const known = references.get(task.name) ??
      recordTraining(referenceBackend, task, STEPS);
    references.set(task.name, known);
    const expected = await known;
    const actual = await recordTraining(backend, task, STEPS);
    const first = await firstDifference(backend, task, actual, expected);
    if (first) {
      return `${task.name}: step ${first.step}, ${first.tensor}`;
    }
  }
  return null;
}
