import { deepEqual, equal, notDeepEqual } from "node:assert/strict";
import { datasetFromArrays } from "../../../src/dataset/formats/arrays.ts";
import {
  evaluateOnLog,
  type LogPolicy,
} from "../../../src/run/evaluate_on_log.ts";

const policy: LogPolicy = {
  kind: "table",
  name: "t",
  table: { observations: [[0]], probabilities: [[0.5, 0.5]] },
};

Deno.test("doubly robust estimates take each episode's model from the others", async () => {
  const dataset = datasetFromArrays({
    observations: [0, 0],
    actions: [0, 1],
    rewards: [1, 3],
    terminated: [1, 1],
    propensities: [0.5, 0.5],
  });
  const dr = async (folds: number) => {
    const { estimates } = await evaluateOnLog(policy, dataset, { folds });
    return [estimates.return.dr.value, estimates.return.wdr.value];
  };
  // V = 2, Q = (1, 3): 2 + 1 - 1 and 2 + 3 - 3.
  deepEqual(await dr(1), [2, 2]);
  // Of the other episode alone: V = 1.5, Q = (0, 3), and V = 0.5, Q = (1, 0).
  deepEqual(await dr(2), [3, 3]);
  // No more parts than episodes.
  deepEqual(await dr(5), [3, 3]);
});

Deno.test("the same seed gives the same evaluation, another one other draws", async () => {
  const n = 40;
  const actions = Array.from(
    { length: n },
    (_, e) => (e * 7) % 3 === 0 ? 1 : 0,
  );
  const dataset = datasetFromArrays({
    observations: actions.map(() => 0),
    actions,
    rewards: actions.map((a, e) => a + (e % 5) / 5),
    terminated: actions.map(() => 1),
    propensities: actions.map((a) => a === 1 ? 1 / 3 : 2 / 3),
  });
  const run = (seed: number) =>
    evaluateOnLog(policy, dataset, { seed, require: "return>=0" });
  const first = await run(1);
  equal(JSON.stringify(first), JSON.stringify(await run(1)));
  const other = await run(2);
  notDeepEqual(
    other.estimates.return.wis.interval,
    first.estimates.return.wis.interval,
  );
  // Bets take no draws.
  deepEqual(other.estimates.return.is, first.estimates.return.is);
  deepEqual(other.decision, first.decision);
});
