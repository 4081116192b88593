import { equal, throws } from "node:assert/strict";
import { settingsHelp } from "../../scripts/settings_help.ts";

Deno.test("a variant is explained with its own defaults", () => {
  equal(
    settingsHelp("taxiRainy").split("\n").slice(0, 4).join("\n"),
    `taxiRainy: taxi

  rainy             true | false                 default true   whether moves may drift to a side
  rainyProbability  0 to 1                       default 0.8    probability that a move in the rain goes where it is meant to`,
  );
  throws(() => settingsHelp("taxiRany"), /did you mean taxiRainy\?/);
});
