import assert from "node:assert/strict";
import type { CountedModel } from "../../../src/algorithms/tabular/counted_model.ts";
import { duipi } from "../../../src/algorithms/tabular/duipi.ts";
import { lowerBound } from "../../../src/algorithms/tabular/lower_bound.ts";
import { ramdp } from "../../../src/algorithms/tabular/ramdp.ts";
import { rmin } from "../../../src/algorithms/tabular/rmin.ts";
import { softSpibb } from "../../../src/algorithms/tabular/soft_spibb.ts";
import { spibb } from "../../../src/algorithms/tabular/spibb.ts";
import { spibbAtMost } from "../../../src/algorithms/tabular/spibb_at_most.ts";
import { type Entry, worldOf } from "../../mdp/small.ts";

/** Counts [S, A], their outcomes (1 ends) and a baseline. */
function countedOf(
  counts: number[][],
  entries: Entry[],
  baseline: number[][],
): CountedModel {
  const shape: [number, number] = [counts.length, counts[0].length];
  const behaviour = Float64Array.from(baseline.flat());
  return {
    counts: Uint32Array.from(counts.flat()),
    model: worldOf(shape, entries),
    baseline: behaviour,
    baselineWeights: behaviour,
  };
}

/** One state; action a was taken so often, always pays that and ends. */
function bandit(
  counts: number[],
  rewards: number[],
  baseline: number[],
): CountedModel {
  const entries = rewards.map((reward, a): Entry => [0, a, 1, 0, reward, 1]);
  return countedOf(
    [counts],
    entries.filter((_, a) => counts[a] > 0),
    [baseline],
  );
}

function close(
  actual: Float64Array,
  expected: readonly number[],
  tolerance = 1e-15,
): void {
  assert.equal(actual.length, expected.length);
  expected.forEach((value, i) =>
    assert.ok(
      Math.abs(actual[i] - value) <= tolerance,
      `${i}: ${actual[i]} instead of ${value}`,
    )
  );
}

Deno.test("SPIBB with a known behaviour keeps what was never seen", () => {
  const counted = bandit([3, 8, 0], [1, 2, 0], [0.25, 0.25, 0.5]);
  const at = (threshold: number) => [
    ...spibb.plan(counted, { gamma: 0.9, threshold }),
  ];
  assert.deepEqual(at(3), [0, 0.5, 0.5]);
  assert.deepEqual(at(4), [0.25, 0.25, 0.5]);
  assert.deepEqual(at(9), [0.25, 0.25, 0.5]);
});

Deno.test("what was never seen is worth the lowest reward for ever", () => {
  // At 0: action 0 pays -2 for certain; action 1 leads to 1, where the behaviour takes a pair that was
  // never seen every other time. The lowest reward for ever is -20, so 1 is worth -10 or less.
  const counted = countedOf(
    [[9, 9], [9, 0]],
    [[0, 0, 1, 0, -2, 1], [0, 1, 1, 1, 0], [1, 0, 1, 1, 0, 1]],
    [[0.5, 0.5], [0.5, 0.5]],
  );
  const settings = { gamma: 0.9, threshold: 5 };
  for (const learner of [spibb, spibbAtMost]) {
    const policy = [...learner.plan(counted, settings)];
    assert.deepEqual(
      policy,
      learner === spibb
        ? [1, 0, 0.5, 0.5]
        // It may leave out what was never seen.
        : [0, 1, 1, 0],
    );
  }
});

Deno.test("SPIBB at most: rare actions are served in the order of their worth", () => {
  const baseline = [0.125, 0.5, 0.25, 0.125];
  const counted = bandit([2, 9, 2, 9], [4, 1, 3, 2], baseline);
  const at = (threshold: number) => [
    ...spibbAtMost.plan(counted, { gamma: 0.9, threshold }),
  ];
  // All may be chosen: the best.
  assert.deepEqual(at(2), [1, 0, 0, 0]);
  // 0 and 2 are rare and good: they keep theirs; then 3 takes all that is left, and 1 gets nothing.
  assert.deepEqual(at(3), [0.125, 0, 0.25, 0.625]);
  assert.deepEqual(at(10), baseline);
  // Bad ones lose what Πb would leave them.
  const bad = bandit([2, 9, 2, 9], [0, 1, 0, 2], baseline);
  assert.deepEqual(
    [...spibbAtMost.plan(bad, { gamma: 0.9, threshold: 3 })],
    [0, 0, 0, 1],
  );
  assert.deepEqual(
    [...spibb.plan(bad, { gamma: 0.9, threshold: 3 })],
    [0.125, 0, 0.25, 0.625],
  );
});

Deno.test("Soft-SPIBB moves what its budget pays for", () => {
  // Errors c/2 and c/4 with c² = 2 ln(2 · 2 / delta).
  const c = Math.sqrt(2 * Math.log(4));
  const counted = bandit([4, 16], [0, 1], [0.5, 0.5]);
  const at = (
    variant: typeof softSpibb.settings.variant.default,
    epsilon: number,
  ) => softSpibb.plan(counted, { gamma: 0.9, epsilon, delta: 1, variant });
  // Half the budget for the end with the larger error.
  const moved = 0.25 / (2 * (c / 2));
  close(at("approximate", 0.25), [0.5 - moved, 0.5 + moved]);
  close(at("advantageous", 0.25), [0.5 - moved, 0.5 + moved]);
  // Only the raised action is charged.
  const raised = 0.1 / (c / 4);
  close(at("lower", 0.1), [0.5 - raised, 0.5 + raised]);
  for (const variant of ["approximate", "advantageous", "lower"] as const) {
    close(at(variant, 100), [0, 1]);
    assert.deepEqual([...at(variant, 0)], [0.5, 0.5]);
  }
  // A pair that was never seen keeps its probability; only `lower` may take from it.
  const unseen = bandit([0, 16], [0, 1], [0.5, 0.5]);
  const settings = { gamma: 0.9, epsilon: 100, delta: 1 };
  assert.deepEqual(
    [...softSpibb.plan(unseen, { ...settings, variant: "approximate" })],
    [0.5, 0.5],
  );
  assert.deepEqual(
    [...softSpibb.plan(unseen, { ...settings, variant: "lower" })],
    [0, 1],
  );
});

Deno.test("Soft-SPIBB gives to the action that gains most for its error", () => {
  // From action 0, worth 0: 1 gains 2 at error e, 2 gains 3 at error 2e, so 1 is first.
  const counted = bandit([16, 16, 4], [0, 2, 3], [0.5, 0.25, 0.25]);
  const c = Math.sqrt(2 * Math.log(6));
  const policy = softSpibb.plan(counted, {
    gamma: 0.9,
    epsilon: 0.2,
    delta: 1,
    variant: "approximate",
  });
  const moved = 0.2 / (2 * (c / 4));
  close(policy, [0.5 - moved, 0.25 + moved, 0.25]);
});

Deno.test("Soft-SPIBB, advantageous: a gain by the improved policy alone is none", () => {
  // At 0, action 0 pays 0.5; action 1 leads to 1, worth 0.9 · 0.2 by the baseline and 0.9 once improved.
  const counted = countedOf(
    [[100, 100], [100, 100]],
    [
      [0, 0, 1, 0, 0.5, 1],
      [0, 1, 1, 1, 0],
      [1, 0, 1, 1, 0, 1],
      [1, 1, 1, 1, 1, 1],
    ],
    [[0.5, 0.5], [0.8, 0.2]],
  );
  const plan = (variant: "approximate" | "advantageous") => [
    ...softSpibb.plan(counted, { gamma: 0.9, epsilon: 9, delta: 1, variant }),
  ];
  close(Float64Array.from(plan("approximate")), [0, 1, 0, 1]);
  // The first round moved to action 0, by the baseline's values the better one. Back to action 1 is
  // better now, but worse by them: the row is the baseline's own, not below it by either.
  close(Float64Array.from(plan("advantageous")), [0.5, 0.5, 0, 1]);
});

Deno.test("a reduced reward, a rare pair and doubt about outcomes turn a choice round", () => {
  const counted = bandit([1, 100], [1, 0.8], [0.5, 0.5]);
  const action = (policy: Float64Array) => policy.indexOf(1);
  // 1 - kappa against 0.8 - kappa / 10: equal at 2 / 9.
  assert.equal(action(ramdp.plan(counted, { gamma: 0.9, kappa: 0.22 })), 0);
  assert.equal(action(ramdp.plan(counted, { gamma: 0.9, kappa: 0.23 })), 1);
  assert.equal(action(rmin.plan(counted, { gamma: 0.9, threshold: 1 })), 0);
  assert.equal(action(rmin.plan(counted, { gamma: 0.9, threshold: 2 })), 1);
  // All rare: the lowest action.
  assert.equal(action(rmin.plan(counted, { gamma: 0.9, threshold: 101 })), 0);
});

Deno.test("the lower bound moves the best outcomes to the worst state", () => {
  // Action 0: 4 times, half of them into 1 (pays 1), half into 2 (pays 0); action 1: 100 times into 3, which
  // pays 0.4. All end. The worst entry pays 0, so action 0 is worth 1/2 - width / (2 · 2) and action 1
  // 0.4 (1 - width / (2 · 10)): equal at 0.1 / 0.23.
  const counted = countedOf(
    [[4, 100], [0, 0], [0, 0], [0, 0]],
    [[0, 0, 0.5, 1, 1, 1], [0, 0, 0.5, 2, 0, 1], [0, 1, 1, 3, 0.4, 1]],
    [[1, 0], [1, 0], [1, 0], [1, 0]],
  );
  // State 0 is never entered: that is worth the lowest reward, 0, and then what the state is.
  const action = (width: number) =>
    lowerBound.plan(counted, { gamma: 0, width }).subarray(0, 2).indexOf(1);
  assert.equal(action(0), 0);
  assert.equal(action(0.43), 0);
  assert.equal(action(0.44), 1);
});

Deno.test("DUIPI weighs a value with its standard deviation", () => {
  // A prior of one count on the only state: frequencies (n + 1) / (n + 1) = 1 with variance 0, so nothing
  // is unsure, whatever xi.
  const sure = bandit([1, 100], [1, 0.8], [0.5, 0.5]);
  const of = (counted: CountedModel, xi: number, priorCount: number) =>
    duipi.plan(counted, { gamma: 0, xi, priorCount }).subarray(0, 2);
  assert.deepEqual([...of(sure, 5, 1)], [1, 0]);
  // Three states; entering 1 pays 1, entering 2 or, never seen, 0 pays nothing. The prior adds half a count
  // to each. Action 0 went to 1 once of once: mean 1.5 / 2.5, variance 0.6 · 0.4 / 3.5; action 1 50 of 100
  // times.
  const counted = countedOf(
    [[1, 100], [0, 0], [0, 0]],
    [[0, 0, 1, 1, 1, 1], [0, 1, 0.5, 1, 1, 1], [0, 1, 0.5, 2, 0, 1]],
    [[1, 0], [1, 0], [1, 0]],
  );
  const mean = 50.5 / 101.5;
  const equalAt = (0.6 - mean) /
    (Math.sqrt(0.6 * 0.4 / 3.5) - Math.sqrt(mean * (1 - mean) / 102.5));
  assert.deepEqual([...of(counted, 0.999 * equalAt, 1.5)], [1, 0]);
  assert.deepEqual([...of(counted, 1.001 * equalAt, 1.5)], [0, 1]);
});

Deno.test("DUIPI carries what is unsure from a state to those before it", () => {
  // At 1, two transitions: one pays 1, one nothing: mean 1/2, variance (1/4) / 3. At 0, action 0 leads there
  // for certain: 0.9 / 2 with 0.9 of that deviation; action 1 pays 0.4 for certain.
  const counted = countedOf(
    [[1_000_000, 1_000_000], [2, 0], [0, 0], [0, 0]],
    [
      [0, 0, 1, 1, 0],
      [0, 1, 1, 2, 0.4, 1],
      [1, 0, 0.5, 2, 1, 1],
      [1, 0, 0.5, 3, 0, 1],
    ],
    [[1, 0], [1, 0], [1, 0], [1, 0]],
  );
  const of = (xi: number) =>
    duipi.plan(counted, { gamma: 0.9, xi, priorCount: 1e-6 }).subarray(0, 2);
  const equalAt = 0.05 / (0.9 * Math.sqrt(1 / 12));
  // Action 1 in the first sweep, when nothing is known of 1; then it drifts back by 1/2, 1/3, …
  assert.ok(of(0.99 * equalAt)[0] > 0.8);
  assert.deepEqual([...of(1.01 * equalAt)], [0, 1]);
});

Deno.test("the lower bound fears no state of which the data know nothing", () => {
  // Action 2 leads to 2, where nothing was done: worth -10. That the others lead to 1, which ends, is known.
  const counted = countedOf(
    [[4, 100, 1], [0, 0, 0], [0, 0, 0]],
    [[0, 0, 1, 1, -0.2, 1], [0, 1, 1, 1, -0.5, 1], [0, 2, 1, 2, -1]],
    [[1, 0, 0], [1, 0, 0], [1, 0, 0]],
  );
  const policy = lowerBound.plan(counted, { gamma: 0.9, width: 0.4 });
  assert.deepEqual([...policy.subarray(0, 3)], [1, 0, 0]);
});
