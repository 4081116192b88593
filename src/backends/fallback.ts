/**
 * A backend that continues elsewhere when its device fails.
 *
 * @module
 */
import type { TrainingState } from "../algorithms/training_state.ts";
import type { PlanSource } from "../dataset/minibatch_plan.ts";
import { concatenated } from "../numerics/arrays.ts";
import type { Backend, TrainingSession, TrainingTask } from "./backend.ts";
import { DeviceError } from "./device_error.ts";

/** Words of plans that are kept for a second try, about 64 MB; beyond them the state is read back. */
const KEPT_WORDS = 2 ** 24;

/**
 * Trains on `first`; when that fails with a {@link DeviceError}, continues with `second` from the
 * last state that was read back. The result has the same bits.
 *
 * @param onNotice Gets one line that says what failed and what happens next.
 */
export function withFallback(
  first: Backend,
  second: Backend,
  onNotice: (line: string) => void,
): Backend {
  return {
    name: first.name,
    description: first.description,
    survey: first.survey,
    shortage(size) {
      const short = first.shortage?.(size) ?? null;
      return short && (second.shortage?.(size) ?? null);
    },
    open: (task) => openTraining(task, first, second, onNotice),
  };
}

async function openTraining(
  task: TrainingTask,
  first: Backend,
  second: Backend,
  onNotice: (line: string) => void,
): Promise<TrainingSession> {
  const plan = repeatable(task.plan, task.state.step);
  let last = task.state;
  let step = last.step;
  let failed = false;

  async function continueOnSecond(error: unknown): Promise<TrainingSession> {
    if (failed || !(error instanceof DeviceError)) throw error;
    failed = true;
    plan.keepNoMore();
    onNotice(
      `${error.fault}: continuing with ${second.name} from step ${last.step}`,
    );
    const session = await second.open({ ...task, plan, state: last });
    if (step > last.step) await session.run(step);
    return session;
  }

  let session = await first.open({ ...task, plan }).catch(continueOnSecond);

  /** Does `work`; where the first backend fails, once more on the second. */
  async function attempt<T>(
    work: (on: TrainingSession) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(session);
    } catch (error) {
      const lost = session;
      session = await continueOnSecond(error);
      await lost.close().catch(() => {});
      return await work(session);
    }
  }

  async function read(): Promise<TrainingState> {
    const state = await attempt((on) => on.read());
    last = state;
    plan.forget();
    return state;
  }

  return {
    async run(to) {
      const parts: Float32Array[] = [];
      while (step < to) {
        // What is left of the plans that can be kept.
        if (!failed && plan.room() === 0) await read();
        const end = failed ? to : Math.min(to, step + plan.room());
        parts.push(await attempt((on) => on.run(end)));
        step = end;
      }
      return parts.length === 1 ? parts[0] : concatenated(parts);
    },
    read,
    close: () => session.close(),
  };
}

/** A source that can make its last plans again. */
interface RepeatableSource extends PlanSource {
  /** Steps whose plans can still be kept. */
  room(): number;
  /** Drops the plans made so far. */
  forget(): void;
  /** Plans that are made from now on are made once. */
  keepNoMore(): void;
}

function repeatable(source: PlanSource, from: number): RepeatableSource {
  const { layout, runs } = source;
  const width = layout.stride * runs;
  const most = Math.max(1, Math.floor(KEPT_WORDS / width));
  let kept: Uint32Array[] = [];
  let first = from;
  let keeping = true;
  return {
    layout,
    runs,
    fill(words, from, steps) {
      for (let i = 0; i < steps; i++) {
        const at = from + i - first;
        const target = words.subarray(i * width, (i + 1) * width);
        if (at < kept.length) {
          target.set(kept[at]);
          continue;
        }
        source.fill(target, from + i, 1);
        if (keeping) kept.push(target.slice());
      }
    },
    room: () => most - kept.length,
    forget() {
      first += kept.length;
      kept = [];
    },
    keepNoMore() {
      keeping = false;
    },
  };
}
