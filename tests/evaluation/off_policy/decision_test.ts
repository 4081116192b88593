import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  boundOf,
  decide,
  parseRequirements,
} from "../../../src/evaluation/off_policy/decision.ts";
import { meanAtLeast } from "../../../src/evaluation/off_policy/betting.ts";

const NAMES = ["return", "length", "hazard"];

Deno.test("conditions are read, and what is none is refused in one line", () => {
  deepEqual(parseRequirements("hazard<=0.01, return >= -3e1", NAMES), [
    { name: "hazard", side: "<=", limit: 0.01 },
    { name: "return", side: ">=", limit: -30 },
  ]);
  for (
    const text of ["", "hazard<0.1", "hazard<=", "<=1", "hazard<=x", "a<=1,"]
  ) {
    throws(() => parseRequirements(text, NAMES), { name: "InputError" }, text);
  }
  throws(
    () => parseRequirements("death<=0.1", NAMES),
    /^InputError: --require: there is no "death"; there are return, length, hazard$/,
  );
});

Deno.test("conditions share the error, and all must be met", () => {
  const asked: number[] = [];
  const requirements = parseRequirements("hazard<=0.2,return>=1", NAMES);
  const answer = (hazard: number, worth: number, reasons: string[] = []) =>
    decide(requirements, reasons, 0.9, ({ name }, delta) => {
      asked.push(delta);
      return name === "hazard" ? hazard : worth;
    });
  equal(answer(0.2, 1).verdict, "meets it");
  asked.forEach((delta) => ok(Math.abs(delta - 0.05) < 1e-12));
  equal(answer(0.21, 1).verdict, "not shown by these data");
  equal(answer(0.1, 0.9).verdict, "not shown by these data");
  const unsupported = answer(0.1, 2, ["because"]);
  deepEqual(
    [unsupported.support, unsupported.verdict],
    ["not supported by these data", "not shown by these data"],
  );
  const nothing = decide([], [], 0.95, () => 0);
  deepEqual([nothing.support, nothing.verdict, nothing.conditions], [
    "supported by these data",
    null,
    [],
  ]);
});

Deno.test("both sides of a bound come from what is left of the allowed range", () => {
  const weights = Float64Array.of(0.5, 2, 1, 0.5, 1);
  const sums = Float64Array.of(1, 0, 0, 1, 0);
  const low = boundOf(weights, sums, [0, 1], ">=", 0.05);
  equal(low, meanAtLeast(Float64Array.of(0.5, 0, 0, 0.5, 0), 0.05));
  const high = boundOf(weights, sums, [0, 1], "<=", 0.05);
  equal(high, 1 - meanAtLeast(Float64Array.of(0, 2, 1, 0, 1), 0.05));
  ok(low < high);
});
