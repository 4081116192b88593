import assert from "node:assert/strict";
import { makeEnvironment } from "../../mod.ts";
import { InputError } from "../../src/errors.ts";
import { unsafeByState, valueByState } from "../../src/mdp/by_state.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import type { FiniteMdp, NamedOutcome } from "../../src/mdp/mdp.ts";
import { optimalActions } from "../../src/mdp/optimal.ts";
import { rollOut } from "../../src/evaluation/rollout.ts";
import { worldOf } from "./small.ts";

const only = Int32Array.of(0);

function close(actual: number | null, expected: number): void {
  const error = Math.abs((actual ?? NaN) - expected);
  assert.ok(
    error <= 1e-12 * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );
}

Deno.test("a game that ends with every second step, by hand", () => {
  const mdp = worldOf([1, 1], [[0, 0, 0.5, 0, -1, 1], [0, 0, 0.5, 0, -1]]);
  const exact = evaluateExactly(mdp, only, { discount: 0.5 });
  close(exact.returnMean, -2);
  close(exact.returnStd, Math.sqrt(2));
  close(exact.lengthMean, 2);
  // V = -1 + V / 4; Var = 1 / 9 + Var / 8.
  close(exact.discountedReturnMean, -4 / 3);
  close(exact.discountedReturnStd, Math.sqrt(8 / 63));
  close(exact.outcomes.end, 1);
  assert.equal(exact.neverEndsProbability, 0);
  // Of the worst tenth 1/16 takes 6 steps on average and the rest 4; of the worst hundredth 1/128 takes
  // 9 and the rest 7.
  close(exact.cvar10, -5.25);
  close(exact.cvar1, -(9 / 128 + 7 * (0.01 - 1 / 128)) / 0.01);
  assert.equal(exact.distribution!.returns.at(-1), -1);
  assert.equal(exact.distribution!.probabilities.at(-2), 0.25);
  // With a horizon the same game is cut.
  const cut = evaluateExactly(mdp, only, { discount: 0.5, horizon: 2 });
  close(cut.returnMean, -1.5);
  close(cut.discountedReturnMean, -1.25);
  close(cut.discountedReturnStd, 0.25);
  close(cut.timeoutProbability, 0.25);
});

/** Half of the episodes end, half stay where `pay` is paid at every step. */
const trap = (pay: number, ...more: NamedOutcome[]) =>
  worldOf([2, 1], [
    [0, 0, 0.5, 0, 1, 1],
    [0, 0, 0.5, 1, 0],
    [1, 0, 1, 1, pay],
  ], [{ name: "goal", ends: true, unsafe: false }, ...more]);

Deno.test("values by state without a horizon, and none where an episode may be paid for ever", () => {
  const actions = Int32Array.of(0, 0);
  assert.deepEqual([...valueByState(trap(0), actions)], [0.5, 0]);
  assert.deepEqual([...valueByState(trap(1), actions)], [NaN, NaN]);
  // V(1) = 1 + V(1) / 2; V(0) = 1 / 2 + V(1) / 4.
  const discounted = valueByState({ ...trap(1), discount: 0.5 }, actions);
  close(discounted[1], 2);
  close(discounted[0], 1);
  const cut = valueByState({ ...trap(1), horizon: 3 }, actions);
  assert.deepEqual([...cut], [1.5, 3]);
});

Deno.test("a part that never ends and pays nothing leaves the return defined", () => {
  const exact = evaluateExactly(trap(0), Int32Array.of(0, 0));
  close(exact.returnMean, 0.5);
  close(exact.returnStd, 0.5);
  assert.equal(exact.lengthMean, null);
  close(exact.neverEndsProbability, 0.5);
  close(exact.outcomes.goal, 0.5);
  assert.deepEqual(exact.distribution, {
    returns: Float64Array.of(0, 1),
    probabilities: Float64Array.of(0.5, 0.5),
  });
  const startedThere = evaluateExactly(trap(0), Int32Array.of(0, 0), {
    start: Float64Array.of(0.5, 0.5),
  });
  close(startedThere.neverEndsProbability, 0.75);
  close(startedThere.returnMean, 0.25);
  // Paid on the way, so that sums are followed until all episodes have ended or come to rest.
  const paid = worldOf([2, 1], [
    [0, 0, 0.5, 0, 1],
    [0, 0, 0.5, 1, 0],
    [1, 0, 1, 1, 0],
  ]);
  const { distribution, returnMean } = evaluateExactly(
    paid,
    Int32Array.of(0, 0),
  );
  close(returnMean, 1);
  close(distribution!.probabilities[3], 1 / 16);
});

Deno.test("a part that never ends and pays has no return but with a discount", () => {
  const exact = evaluateExactly(trap(1), Int32Array.of(0, 0), {
    discount: 0.5,
  });
  assert.deepEqual(
    [exact.returnMean, exact.returnStd, exact.cvar10, exact.cvar10Bounds],
    [null, null, null, null],
  );
  // Half of 1, and half of 0 + (1 + 1 / 2 + …) / 2.
  close(exact.discountedReturnMean, 1);
  close(exact.outcomes.goal, 0.5);
  close(
    evaluateExactly(trap(1), Int32Array.of(0, 0), { horizon: 3 }).returnMean,
    1.5,
  );
});

Deno.test("what does not end an episode happens at least once", () => {
  const falls: NamedOutcome[] = [
    { name: "end", ends: true, unsafe: false },
    { name: "fall", ends: false, unsafe: true },
    { name: "bump", ends: false, unsafe: true },
  ];
  const mdp = worldOf([1, 1], [
    [0, 0, 0.25, 0, 0, 1],
    [0, 0, 0.25, 0, 0, 2],
    [0, 0, 0.125, 0, 0, 3],
    [0, 0, 0.375, 0, 0],
  ], falls);
  const exact = evaluateExactly(mdp, only);
  close(exact.outcomes.fall, 1 / 2);
  close(exact.outcomes.bump, 1 / 3);
  close(exact.unsafeProbability, 3 / 5);
  close(exact.outcomes.end, 1);
  close(exact.lengthMean, 4);
  assert.deepEqual([...unsafeByState(mdp, only)], [exact.unsafeProbability]);
  const two = evaluateExactly(mdp, only, { horizon: 2 });
  close(two.outcomes.fall, 0.25 + 0.5 * 0.25);
  close(two.unsafeProbability, 0.375 + 0.375 * 0.375);
});

Deno.test("equal outcomes of a mixed policy are one, others are not", () => {
  const mdp = worldOf([2, 3], [
    ...[0, 1, 2].map((a): [number, number, number, number, number, number] => [
      0,
      a,
      1,
      1,
      a === 2 ? 5 : 1,
      0,
    ]),
    [1, 0, 1, 1, 0, 1],
    [1, 1, 1, 1, 2, 1],
  ]);
  const exact = evaluateExactly(
    mdp,
    Float64Array.of(0.25, 0.25, 0.5, 0.5, 0.5, 0),
  );
  assert.deepEqual(exact.distribution, {
    returns: Float64Array.of(1, 3, 5, 7),
    probabilities: Float64Array.of(0.25, 0.25, 0.25, 0.25),
  });
});

Deno.test("policies that are none are refused with state and action", () => {
  const mdp = worldOf([3, 2], [
    [0, 0, 1, 1, 0],
    [1, 0, 1, 1, 0, 1],
    [1, 1, 1, 2, 0],
  ]);
  const refused = (policy: Float64Array | Int32Array, message: RegExp) =>
    assert.throws(
      () => evaluateExactly(mdp, policy),
      (error) => error instanceof InputError && message.test(error.message),
    );
  const table = (...row: number[]) => Float64Array.of(...row, 0, 0);
  refused(table(0.5, 0.5, 1, 0), /^state 0: .* action 1, which cannot/);
  refused(Int32Array.of(1, 0, 0), /^state 0: .* action 1, which cannot/);
  refused(Int32Array.of(0, 2, 0), /^state 1: there is no action 2/);
  refused(table(1, 0, 0.6, 0.6), /^state 1: .* sum to 1.2 /);
  refused(table(1, 0, 1.5, -0.5), /^state 1, action 1: .* is -0.5/);
  refused(table(1, 0, NaN, 1), /^state 1, action 0: .* is NaN/);
  refused(Int32Array.of(0, 1, 0), /^state 2: an episode that has not ended/);
  refused(
    new Float64Array(18),
    /without a horizon it cannot depend on the step/,
  );
  refused(new Int32Array(5), /fit/);
  assert.equal(evaluateExactly(mdp, table(1, 0, 1, 0)).lengthMean, 2);
  const options = (
    wrong: Parameters<typeof evaluateExactly>[2],
  ) =>
    assert.throws(
      () => evaluateExactly(mdp, Int32Array.of(0, 0, 0), wrong),
      InputError,
    );
  options({ discount: 1.1 });
  options({ horizon: 0 });
  options({ start: Float64Array.of(0.5, 0, 0) });
});

Deno.test("where the returns are too many their tails are bounded", () => {
  // 500 rewards whose sums differ: more than 100,000 at the second step.
  const many = (ending: number) =>
    worldOf(
      [1, 1],
      Array.from({ length: 500 }, (_, i) => [
        0,
        0,
        1 / 500,
        0,
        Math.sqrt(i),
        i < ending ? 1 : 0,
      ]),
    );
  const one = evaluateExactly(many(0), only, { horizon: 1 });
  assert.ok(one.cvar10 !== null && one.cvar10Bounds === null);
  const two = evaluateExactly(many(0), only, { horizon: 2 });
  assert.deepEqual([two.distribution, two.cvar10], [null, null]);
  close(two.returnMean, 2 * one.returnMean!);
  close(two.returnStd, Math.SQRT2 * one.returnStd!);
  // The tail of two steps is no worse than twice that of one, and no better than the mean.
  const [low, high] = two.cvar10Bounds!;
  assert.ok(low <= 2 * one.cvar10! && high === two.returnMean && low < high);
  const { outcomes, lengthMean, timeoutProbability } = evaluateExactly(
    many(100),
    only,
    { horizon: 3 },
  );
  close(outcomes.end, 1 - 0.8 ** 3);
  close(timeoutProbability, 0.8 ** 3);
  close(lengthMean, 1 + 0.8 + 0.64);
});

const frozenLake = (settings = {}): FiniteMdp =>
  makeEnvironment("frozenLake", settings).mdp;
const free = { horizon: null, discount: 1 };

Deno.test("frozen lake without a horizon: 14/17, and 1 in 168 steps on the large one", () => {
  const small = frozenLake();
  const best = evaluateExactly(small, optimalActions(small, free), free);
  close(best.returnMean, 14 / 17);
  close(best.outcomes.hole, 3 / 17);
  const large = makeEnvironment("frozenLake8x8" as "frozenLake").mdp;
  const sure = evaluateExactly(large, optimalActions(large, free), free);
  close(sure.returnMean, 1);
  close(sure.outcomes.goal, 1);
  assert.ok(sure.lengthMean! >= 168 - 1e-9);
});

Deno.test("the lowest of equally good actions may go round in a circle and is not taken", () => {
  // In state 0: action 0 stays, action 1 ends with 1. Both are worth 1 once the value is known.
  const mdp = worldOf([1, 2], [[0, 0, 1, 0, 0], [0, 1, 1, 0, 1, 1]]);
  assert.deepEqual([...optimalActions(mdp)], [1]);
});

Deno.test("rest where nothing is paid is better than a loss, and a gain for ever is no optimum", () => {
  // Action 0 goes to the end for -1; action 1 rests, or is paid, or pays.
  const resting = (pay: number) =>
    worldOf([2, 2], [
      [0, 0, 1, 0, -1, 1],
      [0, 1, 1, 1, 0],
      [1, 0, 1, 1, -2],
      [1, 1, 1, 1, pay],
    ]);
  assert.deepEqual([...optimalActions(resting(0))], [1, 1]);
  assert.equal(optimalActions(resting(-1))[0], 0);
  const refusal = (mdp: FiniteMdp, message: RegExp) =>
    assert.throws(
      () => optimalActions(mdp),
      (error) => error instanceof InputError && message.test(error.message),
    );
  refusal(resting(1), /no finite optimum .* state 1;/);
  assert.deepEqual([...optimalActions(resting(1), { discount: 0.5 })], [1, 1]);
  assert.equal(optimalActions(resting(1), { horizon: 3 }).length, 6);
  // Paid in a circle out of which one could step.
  refusal(
    worldOf([2, 2], [
      [0, 0, 1, 1, 1],
      [0, 1, 1, 0, 5, 1],
      [1, 0, 1, 0, -0.5],
      [1, 1, 1, 0, 5, 1],
    ]),
    /collected for ever from state 0;/,
  );
  // Nothing ends, and every step costs.
  refusal(worldOf([1, 1], [[0, 0, 1, 0, -1]]), /no policy is sure/);
});

Deno.test("forbidden actions are never chosen, and a way that may be lost is not taken", () => {
  const mdp = worldOf([3, 3], [
    [0, 0, 1, 0, 9, 1],
    [0, 1, 1, 0, 1, 1],
    // Half of it ends well, the other half is lost for ever at a cost.
    [0, 2, 0.5, 0, 50, 1],
    [0, 2, 0.5, 1, 0],
    [1, 0, 1, 1, -1],
  ]);
  const allowed = Uint8Array.of(0, 1, 1, 1, 0, 0, 0, 0, 0);
  assert.deepEqual([...optimalActions({ ...mdp, allowed })], [1, 0, 0]);
  assert.deepEqual([...optimalActions(mdp)], [0, 0, 0]);
  const discounted = { discount: 0.5, horizon: null };
  assert.equal(optimalActions({ ...mdp, allowed }, discounted)[0], 2);
  assert.deepEqual(
    [...optimalActions({ ...mdp, allowed }, { horizon: 1 })],
    [2, 0, 0],
  );
});

Deno.test("an episode without an end is cut, and an action that cannot be taken refused", () => {
  const mdp = worldOf([1, 2], [[0, 0, 1, 0, 1]]);
  const { lengthMean, returnMean } = rollOut(mdp, only, 1, 3);
  assert.deepEqual([lengthMean, returnMean], [100_000, 100_000]);
  assert.throws(() => rollOut(mdp, Int32Array.of(1), 1, 3), InputError);
});
