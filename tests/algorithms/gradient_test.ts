/**
 * Each algorithm's losses and gradient on the reference backend against the oracle: the loss in
 * float64, and central differences. A new algorithm needs its loss in `losses.ts`, a new setting of
 * a loss also a range in `cases.ts`.
 */
import { ok } from "node:assert/strict";
import { algorithmNamed, NETWORK_NAMES } from "../../src/algorithms/index.ts";
import { type PresetName, presets } from "../../src/config/presets.ts";
import { randomStream } from "../../src/numerics/random.ts";
import {
  HEADS,
  headTraining,
  lossSettings,
  presetTraining,
  randomTraining,
} from "./cases.ts";
import { differenceFrom } from "./compare.ts";
import { suiteUpdates } from "./updates.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];

for (const name of NETWORK_NAMES) {
  const { settings } = algorithmNamed(name);
  // Its four networks take the oracle long.
  const seeds = name === "sac" ? SEEDS.slice(0, 3) : SEEDS;
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

  Deno.test(`${name} with random settings (seeds ${seeds}): losses and gradient are the oracle's, and depend on each setting`, async () => {
    const random = randomStream(1, "jitter");
    const smooth = [];
    let made = 0;
    for (const seed of seeds) {
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

  Deno.test(`${name} with masks (seeds ${seeds}): losses and gradient are the oracle's, forbidden outputs have none, and the masks count`, async () => {
    const random = randomStream(1, "jitter");
    let made = 0;
    let smooth = 0;
    let compared = 0;
    let heeded = 0;
    for (const seed of seeds) {
      const training = randomTraining(seed, name, true);
      const updates = await suiteUpdates(training, 2);
      for (const [i, update] of updates.entries()) {
        made++;
        const { samples, gradient: [policy] } = update;
        const last = policy[policy.length - 1];
        const outputs = last[0].map((_, output) => output);
        for (const output of outputs) {
          if (samples.some(({ allowed }) => allowed!.includes(output))) {
            continue;
          }
          ok(last.every((row) => Object.is(row[output], 0)), `seed ${seed}`);
        }
        const difference = differenceFrom(update, random);
        if (difference === null) continue;
        smooth++;
        ok(
          difference <= 1,
          `seed ${seed}: ${difference} times the tolerance`,
        );
        if (i > 0) continue;
        compared++;
        const blind = {
          ...update,
          samples: samples.map((sample) => ({
            ...sample,
            allowed: outputs,
            nextAllowed: outputs,
          })),
        };
        if (differenceFrom(update, random, blind)! > 10) heeded++;
      }
    }
    ok(smooth > 0.66 * made, `${smooth} of ${made} are smooth`);
    ok(compared >= 2, `${compared} without masks`);
    ok(heeded > compared / 2, `masks count in ${heeded} of ${compared}`);
  });

  if (!HEADS.every((key) => Object.hasOwn(settings, key))) continue;

  Deno.test(`${name} with several critics and quantiles (seeds ${SEEDS}): losses and gradient are the oracle's, and depend on each setting`, async () => {
    const random = randomStream(1, "jitter");
    const smooth = [];
    let made = 0;
    for (const seed of SEEDS) {
      const updates = await suiteUpdates(headTraining(seed, name), 3);
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
    for (const key of [...lossSettings(name), "risk"]) {
      const seen = smooth.some((update) => {
        const value = key === "risk" ? 1 : 0.95 * update.settings[key];
        const settings = { ...update.settings, [key]: value };
        const other = { ...update, settings };
        return differenceFrom(update, random, other)! > 10;
      });
      ok(seen, `${key} may be off, and nothing shows it`);
    }
  });
}
