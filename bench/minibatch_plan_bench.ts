/**
 * Minibatch plans of 256 steps: the tutorial's dump, and a million transitions whose observations do
 * not repeat.
 *
 *     deno bench --allow-read bench/minibatch_plan_bench.ts
 *
 * @module
 */
import { distinctDataset } from "./distinct_dataset.ts";
import { type Algorithm, benchTask } from "./seed42.ts";

const STEPS = 256;
const LONGEST = 1_000_000;
const million = distinctDataset(1_000_000, 4, 1);

for (const algorithm of ["bc", "cql"] as Algorithm[]) {
  for (const dataset of [undefined, million]) {
    const { plan } = benchTask(algorithm, LONGEST, { dataset });
    const words = new Uint32Array(STEPS * plan.layout.stride);
    let step = 0;
    Deno.bench({
      name: `${dataset ? "a million observations" : "seed 42"}, ${STEPS} steps`,
      group: algorithm,
      baseline: dataset === undefined,
      n: 50,
    }, () => {
      plan.fill(words, step, STEPS);
      step += STEPS;
    });
  }
}
