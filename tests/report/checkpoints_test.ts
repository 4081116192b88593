import { deepEqual } from "node:assert/strict";
import { lastCheckpoints } from "../../src/report/checkpoints.ts";

Deno.test("the last ten checkpoints, or those there are", () => {
  deepEqual(lastCheckpoints([3]), { count: 1, low: 3, median: 3, high: 3 });
  deepEqual(lastCheckpoints([5, -1, 2]), {
    count: 3,
    low: -1,
    median: 2,
    high: 5,
  });
  deepEqual(lastCheckpoints([99, -99, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]), {
    count: 10,
    low: 1,
    median: 5.5,
    high: 10,
  });
});
