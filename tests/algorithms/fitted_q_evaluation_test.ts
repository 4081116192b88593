/** Fitted Q evaluation's loss and gradient on the reference backend against the oracle. */
import { ok } from "node:assert/strict";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { learntRows } from "../../src/dataset/ends.ts";
import { prepareFittedQ } from "../../src/evaluation/off_policy/fitted_q_evaluation.ts";
import { type RandomStream, randomStream } from "../../src/numerics/random.ts";
import { randomDataset } from "../../src/backends/random_task.ts";
import { differenceFrom } from "./compare.ts";
import type { Sample } from "./losses.ts";
import { minibatches, transitions, updatesOf } from "./updates.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];

/** [U, A], of allowed actions; a third of the rows decide for one action. */
function randomTarget(dataset: Dataset, random: RandomStream): Float64Array {
  const { actionCount } = dataset;
  const { count, allowed } = learntRows(dataset);
  const target = new Float64Array(count * actionCount);
  for (let row = 0; row < target.length; row += actionCount) {
    const may = Array.from({ length: actionCount }, (_, a) => a)
      .filter((a) => allowed?.[row + a] !== 0);
    const only = may[random.integer(may.length)];
    const weights = random.integer(3) === 0
      ? may.map((a) => a === only ? 1 : 0)
      : may.map(() => random.uniform());
    const sum = weights.reduce((sum, w) => sum + w, 0);
    may.forEach((a, i) => target[row + a] = weights[i] / sum);
  }
  return target;
}

/** Updates of two quantities; with the oracle's samples of a policy that is not the evaluated one, too. */
async function updates(seed: number, masked: boolean) {
  const random = randomStream(seed, "oracle");
  const integer = (least: number, most: number) =>
    least + random.integer(most - least + 1);
  const dataset = randomDataset({
    inputs: integer(1, 5),
    actions: integer(2, 6),
    episodes: integer(3, 9),
    masked,
  }, random);
  const target = randomTarget(dataset, random);
  const { actionCount: A, episodeOffsets } = dataset;
  const batchSize = integer(1, 13);
  const encoder = random.integer(2) ? "minmax" : "none";
  const quantities = [
    { rewards: dataset.rewards, discount: 0.5 + random.uniform() / 2 },
    { rewards: dataset.rewards.map((r) => r > 0 ? 1 : 0), discount: 1 },
  ];
  const { task, scales } = prepareFittedQ(dataset, target, quantities, {
    horizon: 2,
    steps: 2 * integer(1, 3),
    hidden: Array.from({ length: integer(1, 3) }, () => integer(2, 9)),
    encoder,
    batchSize,
    seed,
  });
  const { rowOf } = learntRows(dataset);
  const decided = [...dataset.actions].map((_, i) => {
    const episode = episodeOffsets.findIndex((first) => first > i) - 1;
    const row = rowOf[i + episode + 1] * A;
    return [...target.subarray(row, row + A)];
  });
  const runs = quantities.map(({ rewards, discount }, q) => ({
    algorithm: "fqe",
    seed,
    member: q,
    settings: { gamma: discount, rewardScale: scales[q] },
    samples: transitions({ ...dataset, rewards }, encoder, true).map((
      sample,
      i,
    ): Sample => ({ ...sample, nextProbabilities: decided[i] })),
    draw: minibatches({ seed, member: 0, dataset }, "fqe", batchSize),
  }));
  return await updatesOf(task, runs, 2);
}

for (const masked of [false, true]) {
  Deno.test(`fqe${masked ? " with masks" : ""} (seeds ${SEEDS}): losses and gradient are the oracle's, and the policy counts`, async () => {
    const random = randomStream(1, "jitter");
    let smooth = 0;
    let heeded = 0;
    let made = 0;
    for (const seed of SEEDS) {
      for (const update of await updates(seed, masked)) {
        made++;
        const difference = differenceFrom(update, random);
        if (difference === null) continue;
        smooth++;
        ok(difference <= 1, `seed ${seed}: ${difference} times the tolerance`);
        const uniform = {
          ...update,
          samples: update.samples.map((sample) => ({
            ...sample,
            nextProbabilities: sample.nextProbabilities!.map((_, __, all) =>
              1 / all.length
            ),
          })),
        };
        if (differenceFrom(update, random, uniform)! > 10) heeded++;
      }
    }
    ok(smooth > 0.8 * made, `${smooth} of ${made} are smooth`);
    ok(heeded > smooth / 2, `the policy counts in ${heeded} of ${smooth}`);
  });
}
