/** Propensities that cannot be right, and weights beyond all measure: said, not computed with for ever. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { datasetFromArrays } from "../../../src/dataset/formats/arrays.ts";
import { evaluateOnLog } from "../../../src/run/evaluate_on_log.ts";
import { boundOf } from "../../../src/evaluation/off_policy/decision.ts";
import { normalProbability } from "../../../src/numerics/normal.ts";

/** One long episode of action 1 alone, and 39 of ten steps and both actions. */
function longMatch(steps: number) {
  const lengths = [steps, ...new Array<number>(39).fill(10)];
  const actions = lengths.flatMap((length, e) =>
    Array.from({ length }, (_, t) => e === 0 ? 1 : (e + t) % 2)
  );
  return datasetFromArrays({
    observations: actions.map(() => [0]),
    actions,
    rewards: actions.map(() => 1),
    terminated: lengths.flatMap((length) =>
      Array.from({ length }, (_, t) => t === length - 1 ? 1 : 0)
    ),
    propensities: actions.map(() => 0.5),
  });
}

const always1 = {
  kind: "table",
  name: "always1",
  table: { observations: [[0]], probabilities: [[0, 1]] },
} as const;

Deno.test("a weight of 2^1200 ends, is not supported, and no interval is made of it", async () => {
  const found = await evaluateOnLog(always1, longMatch(1200), {
    require: "return>=1",
  });
  equal(found.decision.support, "not supported by these data");
  match(
    found.decision.reasons[0],
    /^the propensities are not those of whoever acted: the weights of episodes are .* or more in the mean, where right ones make it 1$/,
  );
  ok(Number.isFinite(found.effectiveSampleSize));
  equal(found.estimates.return.is.interval, null);
  deepEqual(found.decision.conditions.map(({ isMet }) => isMet), [false]);
});

Deno.test("a bound past what can be is none", () => {
  const sums = Float64Array.of(1, 1, 1, 1);
  const weights = sums.map(() => 1e9);
  equal(boundOf(weights, sums, [0, 1], ">=", 0.05), -Infinity);
  equal(
    boundOf(weights, sums.map(() => 0), [0, 1], "<=", 0.05),
    Infinity,
  );
  const right = boundOf(sums, sums, [0, 1], ">=", 0.05);
  ok(right > 0 && right <= 1);
});

Deno.test("what is no number has no normal probability", () => {
  equal(normalProbability(NaN), NaN);
});
