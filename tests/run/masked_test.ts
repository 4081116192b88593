/** Learning in a world that forbids actions: the policy takes none of them, on every backend with the same bits. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import type { NetworkName } from "../../src/algorithms/index.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import { greedyInStates } from "../../src/evaluation/evaluate.ts";
import { openWorld } from "../../src/environments/world.ts";
import { evaluatePolicy, greedyActions } from "../../src/network/policy.ts";
import { train } from "../../src/run/train_policy.ts";
import { onEachBackend } from "../backends/backends.ts";
import { maskedWorld } from "../mdp/masked_world.ts";

const mdp = maskedWorld(11);
const { actionCount, stateCount } = mdp;
const allowed = mdp.allowed!;

/** Takes the allowed actions with random probabilities. */
const behaviour = Float64Array.from(allowed);
for (let s = 0; s < stateCount; s++) {
  const row = behaviour.subarray(s * actionCount, (s + 1) * actionCount);
  const sum = row.reduce((a, b) => a + b, 0);
  row.forEach((flag, a) => row[a] = flag / sum);
}
const dataset = collectDataset(mdp, behaviour, 60, 3);

const learnt = (algorithm: NetworkName, backend = referenceBackend) =>
  train(dataset, algorithm, {
    steps: 150,
    batchSize: 32,
    learningRate: 3e-3,
    ...(algorithm === "bc" ? {} : { targetUpdateInterval: 50 }),
  }, { hidden: [16], seed: 4, backend });

for (const algorithm of ["bc", "cql", "dqn", "iql", "bcq", "sac"] as const) {
  const expected = learnt(algorithm);

  Deno.test(`${algorithm}: no forbidden action in any state, though the network alone would take some`, async () => {
    const policy = await expected;
    const actions = greedyInStates(policy, mdp);
    actions.forEach((action, s) => equal(allowed[s * actionCount + action], 1));
    const values = evaluatePolicy(policy, mdp.observations);
    const blind = greedyActions(values, actionCount);
    ok(blind.some((action, s) => allowed[s * actionCount + action] === 0));
  });

  onEachBackend(
    `${algorithm} with masks, from data to policy`,
    async (backend) => {
      deepEqual(
        (await learnt(algorithm, backend)).members,
        (await expected).members,
      );
    },
  );
}

const ICU = new URL(
  "../../../shared/truth/mdp/icu-sepsis/dynamics.npz",
  import.meta.url,
);
const isMissing = (() => {
  try {
    return !Deno.statSync(ICU).isFile;
  } catch {
    return true;
  }
})();

Deno.test({
  name: `ICU-Sepsis: no forbidden action in any state${
    isMissing
      ? " (ignored: ../shared/truth/mdp/icu-sepsis/dynamics.npz, which is others', is missing)"
      : ""
  }`,
  ignore: isMissing,
  async fn() {
    const { mdp, policies } = await openWorld(fileURLToPath(ICU));
    const dataset = collectDataset(mdp, policies.expert, 200, 1);
    for (const algorithm of ["bc", "cql"] as const) {
      const policy = await train(dataset, algorithm, {
        steps: 60,
        batchSize: 64,
      }, { hidden: [32] });
      const actions = greedyInStates(policy, mdp);
      equal(actions.length, 716);
      actions.forEach((action, s) => {
        const row = mdp.allowed!.subarray(s * 25, (s + 1) * 25);
        ok(row[action] === 1 || !row.includes(1), `${algorithm}, state ${s}`);
      });
      const values = evaluatePolicy(policy, mdp.observations);
      ok(
        greedyActions(values, 25).some((action, s) =>
          mdp.allowed![s * 25 + action] === 0
        ),
      );
    }
  },
});
