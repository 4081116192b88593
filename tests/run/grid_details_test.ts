import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { referenceBackend } from "../../src/backends/reference.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { rollOut } from "../../src/evaluation/rollout.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { gridDetails } from "../../src/run/grid_details.ts";
import { openProblem } from "../../src/run/problem.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { readPolicy } from "../../src/run/read_policy.ts";
import { inFolder, smallConfig, smallOverrides } from "./small_run.ts";

const config = {
  ...smallConfig,
  evaluation: { ...smallConfig.evaluation, episodes: 40 },
};

Deno.test(
  "cells have the exact values, and the worst rollouts are those of the lowest return",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    const metrics = await runPipeline({
      config,
      backend: referenceBackend,
      out,
    });
    const problem = openProblem(config, {});
    const { mdp, drawing } = problem.environment!;
    const actions = Int32Array.from(
      metrics.policies.bc.greedyActions!.flat(),
    );
    const { returns } = rollOut(mdp, actions, 40, config.seed);
    const learnt = Object.fromEntries(
      ["bc", "cql"].map((name) => {
        const policy = readPolicy(join(out, name, "policy.safetensors"));
        return [name, { policy, columns: [], rows: [] }];
      }),
    );
    // deno-lint-ignore no-explicit-any
    const details = gridDetails(problem, metrics, learnt as any, {
      bc: returns,
      cql: returns,
    })!;
    const { cells, hazards, episodes } = details.policies.bc;
    const start = mdp.start.indexOf(1);
    const exact = evaluateExactly(mdp, actions);
    equal(cells!.value[start].toFixed(9), exact.returnMean!.toFixed(9));
    equal(hazards![start].toFixed(12), exact.unsafeProbability.toFixed(12));
    equal(cells!.kind, "logits");
    equal(details.policies.cql.cells!.kind, "action values");
    // The greedy action has the largest of them.
    const scores = Array.from(cells!.scores).slice(4 * start, 4 * start + 4);
    equal(scores.indexOf(Math.max(...scores)), actions[start]);

    const lowest = [...returns].sort((a, b) => a - b);
    ok(lowest[3] < lowest[39]);
    const worst = episodes.filter(({ isWorst }) => isWorst);
    deepEqual(
      worst.map((one) => one.return).sort((a, b) => a - b),
      lowest.slice(0, 3),
    );
    for (const one of episodes) {
      equal(one.return, returns[one.episode]);
      ok(one.isWorst || one.episode < 3);
      deepEqual(one.path[0], drawing!.cells[start]);
      equal(one.path.length, one.steps + 1);
    }
    const visits = Array.from(details.visits).reduce((a, b) => a + b);
    equal(visits, metrics.dataset.transitions);
    const page = Deno.readTextFileSync(join(out, "report.html"));
    ok(page.includes('name="cell-bc"') && page.includes("episodes-cql-0"));
  }),
);

Deno.test("a world without a drawing has no details", () => {
  const taxi = resolveConfig("smoke", {
    ...smallOverrides,
    environment: { name: "taxi" },
  });
  const problem = openProblem(taxi, {});
  // deno-lint-ignore no-explicit-any
  equal(gridDetails(problem, {} as any, {}, {}), null);
});
