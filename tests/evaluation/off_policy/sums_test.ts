import { deepEqual, equal, ok } from "node:assert/strict";
import { openDataset } from "../../../src/dataset/formats/dataset_file.ts";
import { logOf } from "../../../src/evaluation/off_policy/log.ts";
import { pairsOf } from "../../../src/evaluation/off_policy/pairs.ts";
import {
  countedModel,
  expectedVisits,
  plugInValue,
  targetOnPairs,
} from "../../../src/evaluation/off_policy/plug_in.ts";
import { returnQuantity } from "../../../src/evaluation/off_policy/quantity.ts";
import {
  episodeSums,
  estimatesOf,
  jackknife,
} from "../../../src/evaluation/off_policy/sums.ts";
import { importanceWeights } from "../../../src/evaluation/off_policy/weights.ts";

const FIXTURES = new URL("../../fixtures/ope/", import.meta.url).pathname;
const dataset = await openDataset(`${FIXTURES}two-states.csv`);
const log = logOf(dataset);
const target = Float64Array.of(1 / 4, 3 / 4, 3 / 4, 1 / 4);
const near = (a: number, b: number) =>
  ok(Math.abs(a - b) < 1e-13, `${a} is not ${b}`);

Deno.test("sums of the case by hand, and without each episode", () => {
  const weights = importanceWeights(log, target, dataset.propensities!);
  const none = new Float64Array(log.actions.length);
  const sums = episodeSums(log, weights, [{
    quantity: returnQuantity(dataset, 1),
    values: { actionValues: none, values: none },
  }]);
  const [is, wis, pdis, wpdis, dr, wdr] = estimatesOf(sums, 3);
  near(is, 23 / 24);
  near(wis, 23 / 28);
  near(pdis, 1 / 6);
  near(wpdis, 401 / 910);
  // A model that says 0 everywhere leaves the samplers.
  near(dr, pdis);
  near(wdr, wpdis);
  const [twice, counted] = [0, 1].map(() => new Float64Array(sums.size));
  sums.add(0, 1, twice);
  sums.add(0, 1, twice);
  sums.add(0, 2, counted);
  deepEqual(counted, twice);
  const without = jackknife(sums, 3);
  // w G is 63/8, -9/2, -1/2 and w 9/8, 9/4, 1/8.
  [-5 / 2, 59 / 16, 27 / 16].forEach((x, e) => near(without[0][e], x));
  [-5 / 2.375, 7.375 / 1.25, 3.375 / 3.375].forEach((x, e) =>
    near(without[1][e], x)
  );
});

Deno.test("no weight is left where the only episode that has some is left out", () => {
  const sure = Float64Array.of(0, 1, 1, 0);
  const weights = importanceWeights(log, sure, dataset.propensities!);
  equal(weights.last.filter((w) => w > 0).length, 1);
  const none = new Float64Array(log.actions.length);
  const sums = episodeSums(log, weights, [{
    quantity: returnQuantity(dataset, 1),
    values: { actionValues: none, values: none },
  }]);
  const wis = jackknife(sums, 3)[1];
  equal(wis.filter(Number.isNaN).length, 1);
});

Deno.test("expected visits give the plug-in estimate, whatever is not seen is worth", () => {
  const pairs = pairsOf(log);
  const once = new Float64Array(3).fill(1);
  for (const discount of [1, 0.5]) {
    const quantity = returnQuantity(dataset, discount);
    const model = countedModel(log, pairs, quantity, once);
    const policy = targetOnPairs(log, pairs, model, target);
    const found = expectedVisits(log, pairs, model, policy, discount, 3);
    for (const worth of [0, -4]) {
      const unseen = new Float64Array(4).fill(worth);
      const value = found.pairs.reduce(
        (sum, visits, k) => sum + visits * model.reward[k],
        found.unseen.reduce((sum, mass) => sum + mass * worth, 0),
      );
      near(
        value,
        plugInValue(log, pairs, model, policy, discount, 3, unseen),
      );
    }
  }
});
