import { equal, ok } from "node:assert/strict";
import { openDataset } from "../../../src/dataset/formats/dataset_file.ts";
import { logOf } from "../../../src/evaluation/off_policy/log.ts";
import {
  outcomeQuantity,
  returnQuantity,
} from "../../../src/evaluation/off_policy/quantity.ts";
import { estimates, fills } from "./vectors.ts";

const FIXTURES = new URL("../../fixtures/ope/", import.meta.url).pathname;
const truth = JSON.parse(Deno.readTextFileSync(`${FIXTURES}two-states.json`));
const dataset = await openDataset(`${FIXTURES}two-states.csv`);
const log = logOf(dataset);
const target = Float64Array.of(1 / 4, 3 / 4, 3 / 4, 1 / 4);

/** Numerator and denominator of the case worked by hand, as written. */
const quotient = (fraction: string) =>
  fraction.split("/").map(Number).reduce((a, b) => a / b);

Deno.test("two states by hand: every estimate is its fraction", () => {
  let compared = 0;
  for (const [name, wanted] of Object.entries(truth.cases)) {
    const discount = name.includes("gamma 0.5") ? 0.5 : 1;
    const isHazard = name.startsWith("hazard");
    const quantity = isHazard
      ? outcomeQuantity(log, Uint8Array.of(0, 1, 0))
      : returnQuantity(dataset, discount);
    const unseen = fills(3, discount, -6, isHazard ? 1 : -4);
    const found = estimates(
      log,
      quantity,
      target,
      name.includes("logged") ? dataset.propensities : undefined,
      3,
      unseen,
    );
    for (
      const [key, { fraction, value }] of Object.entries(
        wanted as Record<string, { fraction?: string; value: number }>,
      )
    ) {
      const exact = fraction === undefined ? value : quotient(fraction);
      ok(
        Math.abs(found[key]! - exact) < 1e-14,
        `${name}, ${key}: ${found[key]} is not ${fraction ?? value}`,
      );
      compared++;
    }
  }
  equal(compared, 86);
});
