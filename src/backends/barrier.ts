/**
 * A barrier for threads that share memory: it spins for a moment, which costs a fraction of a
 * microsecond when all threads run, and then sleeps, so that a thread that lost its core to another
 * process is not waited for at full load.
 *
 * @module
 */

/** Words of a barrier's state. */
export const BARRIER_WORDS = 64;

// Each on a cache line of its own: the waiting threads read one of them all the time.
const ARRIVED = 0;
const GENERATION = 16;
const SLEEPERS = 32;
const BROKEN = 48;

const SPINS = 20_000;

/** The states of the two barriers of a training, whose addresses its memory map has. */
export function barriersOf(
  memory: WebAssembly.Memory,
  { barrier, blockBarrier }: {
    readonly barrier: number;
    readonly blockBarrier: number;
  },
): Int32Array[] {
  return [barrier, blockBarrier].map((address) =>
    new Int32Array(memory.buffer, address, BARRIER_WORDS)
  );
}

/** Thrown from a barrier that another thread broke because it failed. */
export class BrokenBarrierError extends Error {
  constructor() {
    super("another thread failed");
    this.name = "BrokenBarrierError";
  }
}

/**
 * Waits until all `threads` threads have come.
 * @param state Zeroed shared memory, [BARRIER_WORDS].
 * @throws BrokenBarrierError
 */
export function awaitAll(state: Int32Array, threads: number): void {
  if (threads === 1) return;
  const generation = Atomics.load(state, GENERATION);
  if (Atomics.add(state, ARRIVED, 1) === threads - 1) {
    Atomics.store(state, ARRIVED, 0);
    Atomics.add(state, GENERATION, 1);
    if (Atomics.load(state, SLEEPERS) > 0) Atomics.notify(state, GENERATION);
  } else {
    let spins = 0;
    while (Atomics.load(state, GENERATION) === generation) {
      if (++spins < SPINS) continue;
      Atomics.add(state, SLEEPERS, 1);
      Atomics.wait(state, GENERATION, generation);
      Atomics.sub(state, SLEEPERS, 1);
    }
  }
  if (Atomics.load(state, BROKEN) !== 0) throw new BrokenBarrierError();
}

/** Makes every thread that waits, or comes later, throw. */
export function breakBarrier(state: Int32Array): void {
  Atomics.store(state, BROKEN, 1);
  Atomics.add(state, GENERATION, 1);
  Atomics.notify(state, GENERATION);
}
