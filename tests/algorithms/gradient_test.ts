/**
 * Each algorithm's losses and gradient on the reference backend against the oracle: the loss in
 * float64, and central differences. A new algorithm needs its loss in `losses.ts`, a new setting of
 * a loss also a range in `cases.ts`.
 */
import { ok } from "node:assert/strict";
import { ALGORITHMS } from "../../src/algorithms/index.ts";
import { type PresetName, presets } from "../../src/config/presets.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { lossSettings, presetTraining, randomTraining } from "./cases.ts";
import { differenceFrom } from "./compare.ts";
import { suiteUpdates } from "./updates.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];

for (const { name } of ALGORITHMS) {
  for (const preset of Object.keys(presets) as PresetName[]) {
    Deno.test(`${name} as ${preset} sets it: losses and gradient are the oracle's`, async () => {
      const updates = await suiteUpdates(presetTraining(preset, name), 1);
      const random = randomStream(1, "jitter");
      for (const [run, update] of updates.entries()) {
        const difference = differenceFrom(update, random);
        ok(
          difference !== null && difference <= 1,
          `run ${run}: ${difference} times the tolerance`,
        );
      }
    });
  }

  Deno.test(`${name} with random settings (seeds ${SEEDS}): losses and gradient are the oracle's, and depend on each setting`, async () => {
    const random = randomStream(1, "jitter");
    const smooth = [];
    let made = 0;
    for (const seed of SEEDS) {
      const updates = await suiteUpdates(randomTraining(seed, name), 3);
      for (const [i, update] of updates.entries()) {
        made++;
        const difference = differenceFrom(update, random);
        if (difference === null) continue;
        ok(
          difference <= 1,
          `seed ${seed}, update ${i}: ${difference} times the tolerance`,
        );
        smooth.push(update);
      }
    }
    ok(smooth.length > 0.8 * made, `${smooth.length} of ${made} are smooth`);
    for (const key of lossSettings(name)) {
      const seen = smooth.some((update) => {
        const settings = {
          ...update.settings,
          [key]: 0.95 * update.settings[key],
        };
        const other = { ...update, settings };
        return differenceFrom(update, random, other)! > 10;
      });
      ok(seen, `${key} may be off by a twentieth, and nothing shows it`);
    }
  });
}
