import assert from "node:assert/strict";
import { inTurns, pace, threadCounts } from "../../src/backends/pace.ts";
import { randomStream } from "../../src/numerics/random.ts";

/** Runs 256-step blocks for this many steps; returns the share of them that ran alone. */
function simulate(
  p: ReturnType<typeof pace>,
  steps: number,
  together: number,
  single: number,
): number {
  let alone = 0;
  let done = 0;
  while (done < steps) {
    const next = p.next();
    const made = Math.min(256, next.steps);
    const isAlone = next.threads === 1;
    p.took(next.threads, made, made * (isAlone ? single : together));
    if (isAlone) alone += made;
    done += made;
  }
  return alone / done;
}

Deno.test("one thread has no choice", () => {
  const p = pace(1);
  assert.equal(simulate(p, 10_000, 1, 9), 1);
  assert.deepEqual(p.next(), { threads: 1, steps: 16 });
});

Deno.test("the faster way is taken, and trials of the slower are rare", () => {
  assert.ok(simulate(pace(2), 100_000, 1, 1.9) < 0.02);
  assert.ok(simulate(pace(2), 100_000, 1, 0.9) > 0.98);
});

Deno.test("of many threads the fastest number is taken, soon and again after a change", () => {
  const times = new Map([[1, 8], [2, 5], [4, 3], [8, 4], [12, 6]]);
  const p = pace(12);
  const tried: number[] = [];
  const run = (blocks: number) => {
    const made = new Map<number, number>();
    for (let i = 0; i < blocks; i++) {
      const next = p.next();
      const { threads } = next;
      const steps = Math.min(256, next.steps);
      tried.push(threads);
      p.took(threads, steps, steps * times.get(threads)! / 10);
      made.set(threads, (made.get(threads) ?? 0) + steps);
    }
    return made;
  };
  assert.deepEqual(threadCounts(12), [...times.keys()]);
  const made = run(200);
  // All threads until the code is optimised, then each number once.
  const first = tried.findIndex((threads) => threads !== 12);
  assert.deepEqual(tried.slice(first, first + 4), [8, 4, 2, 1]);
  assert.ok(made.get(4)! > 0.9 * [...made.values()].reduce((a, b) => a + b));
  times.set(4, 9);
  assert.ok(run(200).get(8)! > 150 * 16);
});

Deno.test("a change of the machine's load is noticed within a few blocks", () => {
  const p = pace(2);
  assert.ok(simulate(p, 100_000, 1, 1.9) < 0.02);
  // Another process comes; waiting for each other now costs five times the time.
  assert.ok(simulate(p, 100_000, 5, 2) > 0.98);
  // It goes again.
  assert.ok(simulate(p, 100_000, 1, 1.9) < 0.1);
});

Deno.test("a block's time that comes late changes nothing", () => {
  const p = pace(2);
  for (let i = 0; i < 4; i++) p.took(2, 256, 256);
  const trial = p.next();
  assert.deepEqual(trial, { threads: 1, steps: 16 });
  // Two blocks are under way at a time: the next is asked for before the trial is done.
  assert.deepEqual(p.next(), { threads: 2, steps: 100 });
  p.took(1, 16, 8);
  p.took(2, 256, 256);
  assert.equal(p.next().threads, 1);
});

Deno.test("a block disturbed now and then does not change the choice", () => {
  const random = randomStream(7, "pace");
  const p = pace(2);
  let alone = 0;
  let done = 0;
  while (done < 100_000) {
    const next = p.next();
    const made = Math.min(256, next.steps);
    const together = random.uniform() < 0.2 ? 2 : 1;
    const isAlone = next.threads === 1;
    p.took(next.threads, made, made * (isAlone ? 1.7 : together));
    if (isAlone) alone += made;
    done += made;
  }
  assert.ok(alone < 0.05 * done, `${alone / done}`);
});

Deno.test("for checks every number of threads works in turn, in blocks of one step, of three and of all", () => {
  const { next } = inTurns(3);
  const blocks = Array.from({ length: 10 }, () => next());
  assert.deepEqual(
    blocks.map(({ threads }) => threads),
    [3, 2, 1, 3, 2, 1, 3, 2, 1, 3],
  );
  assert.deepEqual(
    blocks.map(({ steps }) => steps),
    [1, 1, 1, 3, 3, 3, Infinity, Infinity, Infinity, 1],
  );
});
