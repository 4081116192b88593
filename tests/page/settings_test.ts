import assert from "node:assert/strict";
import { resolveConfig } from "../../src/config/resolve.ts";
import { InputError } from "../../src/errors.ts";
import {
  addressOf,
  overridesOf,
  settingsFrom,
  settingsOf,
} from "../../page/settings.ts";

function configOf(address: string) {
  const settings = settingsFrom(new URLSearchParams(address));
  return resolveConfig(settings.preset, overridesOf(settings));
}

Deno.test("an address of no experiment is an error in one line", () => {
  for (
    const [address, message] of [
      ["preset=nonsense&seed=-1&size=99&hazards=...", /unknown preset/],
      ["seed=-1", /seed: must be an integer/],
      ["seed=1&seed=2", /^seed: is given twice$/],
      ["hazards=1.2&environment.hazards=null", /hazards: is given twice/],
      ["hazards=...", /hazards\[0\]: must be a cell/],
      ["hazards=a.b", /hazards\[0\]\[0\]: must be an integer/],
      ["hazards=0.0", /is the start/],
      ["toString=1", /toString: unknown key/],
      ["__proto__=1", /__proto__: unknown key/],
      ["__proto__.seed=1", /__proto__: unknown key/],
      ["cql.__proto__.alpha=1", /cql.__proto__: unknown key/],
      ["network=5&network.hidden=[8]", /network.hidden: is within network/],
      ["environment=null&size=6", /environment.size: is within environment/],
      ["learners=", /unknown key/],
      ["learners=bc,nope", /algorithms.nope: unknown key/],
      ["backend=gpu", /unknown backend "gpu"/],
      ["run=yes", /unknown run "yes"/],
      ["colour=red", /unknown colour "red"/],
      ["bc.stepz=5", /did you mean steps/],
    ] as const
  ) {
    assert.throws(() => configOf(address), (error) => {
      assert.ok(error instanceof InputError, `${address}: ${error}`);
      assert.match(error.message, message, address);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  }
});

Deno.test("an address says what its settings are", () => {
  for (
    const address of [
      "?preset=smoke",
      "?preset=safe&seed=7&learners=bc&backend=wasm",
      "?preset=smoke&size=6&slip=0.1&start=0.1&goal=5.4&hazards=1.2_3.3",
      "?preset=smoke&hazards=",
      "?preset=tutorial&network.hidden=%5B32%2C16%5D&cql.alpha=1",
    ]
  ) {
    const { preset, backend } = settingsFrom(new URLSearchParams(address));
    const settings = settingsOf(configOf(address), preset, backend);
    assert.equal(addressOf(settings), address);
  }
});
