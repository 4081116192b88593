import assert from "node:assert/strict";
import { resolveConfig } from "../../src/config/resolve.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import { percent } from "../../src/report/numbers.ts";
import { learn, networkAlgorithms } from "../../src/run/learn.ts";
import { openProblem } from "../../src/run/problem.ts";
import { overridesOf, settingsFrom } from "../../page/settings.ts";

const page = Deno.readTextFileSync(
  new URL("../../docs/page.md", import.meta.url),
);

/** The tour's links whose sentences name the exact hazard of cql. */
const NAMED = [
  "Thirty lucky rollouts",
  "Conservative and unsafe",
  "Choose by the data alone",
];

Deno.test("the tour's sentences hold", async () => {
  for (const title of NAMED) {
    const [, address, sentences] = new RegExp(
      `\\[${title}\\]\\(http\\S+/(\\?\\S+)\\)\\.([^]*?)\\n(?:\\d\\.|\\n)`,
    ).exec(page)!;
    const settings = settingsFrom(new URLSearchParams(address));
    const config = resolveConfig(settings.preset, overridesOf(settings));
    const problem = openProblem(config);
    const algorithm = networkAlgorithms(config).find(({ name }) =>
      name === "cql"
    )!;
    const backend = wasmBackend({ threads: 1 });
    const { policy } = await learn({ config, problem, algorithm, backend });
    const { outcomes } = evaluate(policy, problem.environment!.mdp);
    assert.ok(
      sentences.includes(percent(outcomes.hazard)),
      `${title}: ${outcomes.hazard}`,
    );
  }
});
