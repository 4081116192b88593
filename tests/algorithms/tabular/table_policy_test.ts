import { deepEqual, equal, throws } from "node:assert/strict";
import { countObservations } from "../../../src/algorithms/tabular/counted_model.ts";
import {
  openTable,
  probabilitiesIn,
  tableOf,
  tablePolicy,
  tableText,
} from "../../../src/algorithms/tabular/table_policy.ts";
import { mdpRows } from "../../../src/mdp/build.ts";
import { datasetFromArrays } from "../../../src/dataset/formats/arrays.ts";

const observed = {
  observations: Float32Array.of(0, 2),
  observationSize: 1,
  actionCount: 3,
};

Deno.test("a table is looked up by the observation, whatever the sign of its zero", () => {
  const table = tablePolicy({
    observations: [[2], [-0], [7]],
    probabilities: [[0, 0, 1], [0.5, 0.5, 0], [0, 0, 0]],
  }, "t");
  const { probabilities, lacks } = probabilitiesIn(table, observed, "t");
  deepEqual([...probabilities], [0.5, 0.5, 0, 0, 0, 1]);
  deepEqual([...lacks], [0, 0]);
  const none = { ...table, observations: [[0], [3], [2]] };
  throws(
    () => probabilitiesIn(none, observed, "t"),
    /^InputError: t: it has no probabilities for the observation \(2\)/,
  );
});

Deno.test("what a table lacks is the lowest allowed action, if it says so", () => {
  const table = tablePolicy({
    otherwise: "lowestAllowed",
    observations: [[2]],
    probabilities: [[0, 0.25, 0.75]],
  }, "t");
  const found = probabilitiesIn(table, observed, "t");
  deepEqual([...found.probabilities], [1, 0, 0, 0, 0.25, 0.75]);
  deepEqual([...found.lacks], [1, 0]);
  const allowed = Uint8Array.of(0, 0, 1, 1, 1, 1);
  const masked = probabilitiesIn(table, { ...observed, allowed }, "t");
  deepEqual([...masked.probabilities], [0, 0, 1, 0, 0.25, 0.75]);
});

Deno.test("in a table with masks, what is allowed is part of the observation", () => {
  const table = {
    observations: [[2], [2]],
    allowed: [[1, 1, 0], [0, 1, 1]],
    probabilities: [[1, 0, 0], [0, 0.5, 0.5]],
  };
  const find = openTable(tablePolicy(table, "t"), "t");
  deepEqual(find([2], [0, 1, 1]), [0, 0.5, 0.5]);
  deepEqual(find([2], [1, 1, 0]), [1, 0, 0]);
  equal(find([2], [1, 1, 1]), null);
  throws(
    () => find([2]),
    /^InputError: t: the policy was learnt with action masks/,
  );
  throws(
    () => tablePolicy({ ...table, allowed: [[1, 1, 0], [1, 1, 0]] }, "t"),
    /^InputError: t: probabilities\[1\] take the action 2, which is not allowed there/,
  );
  throws(
    () => tablePolicy({ ...table, allowed: [[1, 1, 0]] }, "t"),
    /^InputError: t: 1 rows of allowed for 2 observations/,
  );
  throws(
    () => tablePolicy({ ...table, allowed: [[1, 1], [1, 1]] }, "t"),
    /^InputError: t: allowed\[0\] is no row of 3 flags/,
  );
});

Deno.test("what else a table's file can say wrongly", () => {
  const table = { observations: [[2]], probabilities: [[1, 0]] };
  const says = (change: object, message: RegExp) =>
    throws(() => tablePolicy({ ...table, ...change }, "t"), message);
  says(
    { alowed: [[1, 1]] },
    /^InputError: t: alowed: unknown key; did you mean allowed\?$/,
  );
  says(
    { "\u001b[2J": 0 },
    /^InputError: t: \\u001b\[2J: unknown key; known: otherwise, /,
  );
  says(
    { observations: [[1e39]] },
    /^InputError: t: observations\[0\] is no row of numbers$/,
  );
  says(
    { otherwise: "up" },
    /^InputError: t: otherwise: must be "lowestAllowed"/,
  );
  says(
    { actionNames: ["a"] },
    /^InputError: t: actionNames: must be a list of 2/,
  );
  says({ observationNames: [1] }, /^InputError: t: observationNames: must be/);
  throws(
    () =>
      openTable({ observations: [[0], [-0]], probabilities: [[1], [1]] }, "t"),
    /^InputError: t: observations\[1\] is the same as observations\[0\]/,
  );
});

Deno.test("where nothing is allowed nothing is decided, and the file can be read", () => {
  const model = {
    stateCount: 2,
    actionCount: 2,
    ...mdpRows(2, 2).finish(),
    outcomes: [],
    start: Float64Array.of(1, 0),
    horizon: null,
    discount: 1,
    observations: Float32Array.of(4, 5),
    observationSize: 1,
    allowed: Uint8Array.of(0, 1, 0, 0),
  };
  const table = tableOf(model, Float64Array.of(0, 1, 1, 0), {});
  deepEqual(table.probabilities, [[0, 1], [0, 0]]);
  deepEqual(tablePolicy(JSON.parse(tableText(table)), "t"), table);
  equal(openTable(table, "t")([5], [0, 0]), null);
});

Deno.test("the file of a table reads back as it was written", () => {
  const counted = countObservations(datasetFromArrays({
    observations: [0.1, -0, 0],
    actions: [0, 1, 0],
    rewards: [0, 1, 0],
    terminated: [0, 1, 1],
  }));
  // -0 and 0 are one observation.
  equal(counted.model.stateCount, 2);
  const table = tableOf(counted.model, counted.baseline, {
    actionNames: ["left", "right"],
  });
  deepEqual(table, {
    otherwise: "lowestAllowed",
    actionNames: ["left", "right"],
    observations: [[Math.fround(0.1)], [0]],
    probabilities: [[1, 0], [0.5, 0.5]],
  });
  deepEqual(tablePolicy(JSON.parse(tableText(table)), "t"), table);
});
