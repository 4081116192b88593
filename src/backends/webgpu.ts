/**
 * The WebGPU backend: hand-written WGSL kernels, all state resident on the device, hundreds of
 * steps in one submit where the device is fast enough, losses read back once per call of `run`.
 *
 * This is the host's part: it makes the plans of the next steps while the device works on the last
 * ones. It knows the device as a {@link GpuSession}, in a Worker or in the same thread.
 *
 * @module
 */
import { fillSweep } from "../dataset/minibatch_plan.ts";
import {
  type Backend,
  blockSteps,
  freshParts,
  gibibytes,
  tableLength,
  type TrainingSession,
  type TrainingTask,
} from "./backend.ts";
import type { GpuSession } from "./webgpu_session.ts";

/** Blocks of plans that may be on their way to the device. */
const BLOCKS_AHEAD = 2;

/** Blocks of steps after which losses are read back, to bound what is queued on the device. */
const BLOCKS_BETWEEN_READS = 16;

/**
 * The backend on the devices that `openSession` opens, one for each training session.
 *
 * @param description One line about the device.
 * @param maxBufferBytes Size of its largest buffer.
 */
export function webgpuBackend(
  openSession: () => Promise<GpuSession>,
  description: string,
  maxBufferBytes = Infinity,
): Backend {
  return {
    name: "webgpu",
    description,
    shortage({ program, runs }) {
      const { buffers, plan } = program;
      const words = Math.max(
        ...buffers.map(({ length }) => runs * length),
        tableLength(program),
        ...program.tables.map(({ length }) => length),
        blockSteps({ program, runs }) * runs * plan.stride,
      );
      return 4 * words > maxBufferBytes
        ? `${gibibytes(4 * words)} in one buffer of the GPU, which has ${
          gibibytes(maxBufferBytes)
        } at most`
        : null;
    },
    async open(task) {
      const session = await openSession();
      try {
        return await openTraining(session, task);
      } catch (error) {
        await session.destroy();
        throw error;
      }
    },
  };
}

async function openTraining(
  session: GpuSession,
  task: TrainingTask,
): Promise<TrainingSession> {
  const { program, observations, tables = {}, plan, state } = task;
  const { runs } = state;
  const { layout } = plan;
  const terms = program.lossTerms.length;
  const block = blockSteps({ program, runs });
  let step = state.step;
  await session.open({
    program,
    observations,
    tables,
    runs,
    state: state.buffers,
    blockSteps: block,
    lossSteps: block * BLOCKS_BETWEEN_READS,
  });

  async function sweep(): Promise<void> {
    if (program.sweep.length === 0) return;
    const { rowCapacity, stride } = layout;
    const parts = Math.ceil(program.tableRows / rowCapacity);
    for (let part = 0; part < parts; part += block) {
      const count = Math.min(block, parts - part);
      const words = new Uint32Array(count * runs * stride);
      for (let i = 0; i < count; i++) {
        const first = (part + i) * rowCapacity;
        fillSweep(
          layout,
          words.subarray(i * runs * stride),
          runs,
          first,
          Math.min(rowCapacity, program.tableRows - first),
        );
      }
      await session.execute("sweep", words, count);
    }
  }

  /** Steps to make in one go: to `to`, a full block, or the next target update. */
  function stretch(to: number): number {
    const interval = program.targetUpdateInterval;
    const update = interval > 0 ? interval - step % interval : Infinity;
    return Math.min(to - step, block, update);
  }

  await sweep();
  return {
    async run(to) {
      const all = new Float32Array((to - step) * runs * terms);
      const ahead: Promise<void>[] = [];
      let filled = 0;
      let blocks = 0;
      while (step < to) {
        const count = stretch(to);
        const words = new Uint32Array(count * runs * layout.stride);
        const fresh = freshParts(task, plan.fill(words, step, count));
        const submitted = session.execute(
          "step",
          words,
          count,
          fresh.map((part) => ({ ...part, data: part.data.slice() })),
        );
        // Its failure is thrown where it is awaited.
        submitted.catch(() => {});
        ahead.push(submitted);
        step += count;
        if (ahead.length > BLOCKS_AHEAD) await ahead.shift();
        if (
          program.targetUpdateInterval > 0 &&
          step % program.targetUpdateInterval === 0
        ) {
          await session.execute("targetUpdate", new Uint32Array(), 1);
          await sweep();
        }
        if (++blocks === BLOCKS_BETWEEN_READS || step === to) {
          await Promise.all(ahead.splice(0));
          const losses = await session.losses();
          all.set(losses, filled);
          filled += losses.length;
          blocks = 0;
        }
      }
      return all;
    },
    async read() {
      return { step, runs, buffers: await session.read() };
    },
    close: () => session.destroy(),
  };
}
