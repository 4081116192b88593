/** What a training leaves, and whether two of them are the same. */
import assert from "node:assert/strict";
import type { TrainingState } from "../../src/algorithms/training_state.ts";
import type { Backend, TrainingTask } from "../../src/backends/backend.ts";

export interface Result {
  readonly losses: Float32Array;
  readonly state: TrainingState;
}

/** Trains to each of `stops` in turn; at each but the last, reads the state and opens a new session from it. */
export async function trained(
  backend: Backend,
  task: () => TrainingTask,
  stops: readonly number[],
): Promise<Result> {
  let state = task().state;
  const losses: number[] = [];
  for (const stop of stops) {
    const session = await backend.open({ ...task(), state });
    try {
      losses.push(...await session.run(stop));
      state = await session.read();
    } finally {
      await session.close();
    }
  }
  return { losses: Float32Array.from(losses), state };
}

export function assertEqualBits(
  actual: Result,
  expected: Result,
  what: string,
): void {
  const bits = (a: Float32Array) => {
    assert.ok(!a.some(Number.isNaN), `${what}: NaN`);
    return new Uint32Array(a.buffer, a.byteOffset, a.length);
  };
  assert.deepEqual(bits(actual.losses), bits(expected.losses), what);
  assert.equal(actual.state.step, expected.state.step, what);
  assert.equal(actual.state.runs, expected.state.runs, what);
  const names = Object.keys(expected.state.buffers);
  assert.deepEqual(Object.keys(actual.state.buffers), names, what);
  for (const name of names) {
    assert.deepEqual(
      bits(actual.state.buffers[name]),
      bits(expected.state.buffers[name]),
      `${what}: ${name}`,
    );
  }
}
