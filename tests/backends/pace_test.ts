import assert from "node:assert/strict";
import { pace } from "../../src/backends/pace.ts";
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
    p.took(next.alone, made, made * (next.alone ? single : together));
    if (next.alone) alone += made;
    done += made;
  }
  return alone / done;
}

Deno.test("one thread has no choice", () => {
  const p = pace(1);
  assert.equal(simulate(p, 10_000, 1, 9), 1);
  assert.deepEqual(p.next(), { alone: true, steps: 16 });
});

Deno.test("the faster way is taken, and trials of the slower are rare", () => {
  assert.ok(simulate(pace(2), 100_000, 1, 1.9) < 0.02);
  assert.ok(simulate(pace(2), 100_000, 1, 0.9) > 0.98);
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
  for (let i = 0; i < 4; i++) p.took(false, 256, 256);
  const trial = p.next();
  assert.deepEqual(trial, { alone: true, steps: 16 });
  // Two blocks are under way at a time: the next is asked for before the trial is done.
  assert.deepEqual(p.next(), { alone: false, steps: 100 });
  p.took(true, 16, 8);
  p.took(false, 256, 256);
  assert.equal(p.next().alone, true);
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
    p.took(next.alone, made, made * (next.alone ? 1.7 : together));
    if (next.alone) alone += made;
    done += made;
  }
  assert.ok(alone < 0.05 * done, `${alone / done}`);
});
