/** Learning in a world that forbids actions: the policy takes none of them, on every backend with the same bits. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { AlgorithmName } from "../../src/algorithms/index.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import { greedyInStates } from "../../src/evaluation/evaluate.ts";
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

const learnt = (algorithm: AlgorithmName, backend = referenceBackend) =>
  train(dataset, algorithm, {
    steps: 300,
    batchSize: 32,
    learningRate: 3e-3,
    ...(algorithm === "bc" ? {} : { targetUpdateInterval: 50 }),
  }, { hidden: [16], seed: 4, backend });

for (const algorithm of ["bc", "cql", "dqn", "iql"] as const) {
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
