import assert from "node:assert/strict";
import { logarithm } from "../../src/numerics/logarithm.ts";

Deno.test("the logarithm to the last digits, over all magnitudes", () => {
  assert.equal(logarithm(1), 0);
  assert.equal(logarithm(2), Math.LN2);
  for (let x = 1e-300; x < 1e300; x *= 1.37) {
    const error = Math.abs(logarithm(x) - Math.log(x));
    assert.ok(error <= 4e-16 * Math.max(1, Math.abs(Math.log(x))), `${x}`);
  }
});
