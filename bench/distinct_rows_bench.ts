/**
 * Finding the distinct observations: of the tutorial's dump, and of observations of 64 numbers that do
 * not repeat, ten times more each time.
 *
 *     deno bench --allow-read bench/distinct_rows_bench.ts
 *
 * @module
 */
import { distinctRows } from "../src/dataset/distinct_rows.ts";
import { distinctDataset } from "./distinct_dataset.ts";
import { seed42Dataset } from "./seed42.ts";

const seed42 = seed42Dataset();
Deno.bench("seed 42, 17,253 observations", () => {
  distinctRows(seed42.observations, 2);
});
for (const transitions of [10_000, 100_000, 1_000_000]) {
  const { observations } = distinctDataset(transitions, 64, 1);
  Deno.bench({
    name: `${transitions} transitions of 64 numbers`,
    n: 3,
    warmup: 1,
  }, () => {
    distinctRows(observations, 64);
  });
}
