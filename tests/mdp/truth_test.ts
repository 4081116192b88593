import assert from "node:assert/strict";
import { openWorld, type WorldFile } from "../../src/environments/world.ts";
import { openNpz } from "../../src/files/npz.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { canTake, type FiniteMdp } from "../../src/mdp/mdp.ts";
import { pointStart } from "../../src/mdp/build.ts";
import { optimalActions } from "../../src/mdp/optimal.ts";
import { greedyPolicy } from "../../src/mdp/policy.ts";

const FOLDER = new URL("../../../shared/truth/", import.meta.url);
const isMissing = (() => {
  try {
    return !Deno.statSync(FOLDER).isDirectory;
  } catch {
    return true;
  }
})();
const WHY = isMissing ? " (ignored: ../shared/truth is missing)" : "";

interface Case {
  mdp: string;
  file: string;
  case: string;
  policy: string;
  policy_table?: string;
  horizon: number | null;
  gamma: number;
  start: string;
  values: {
    return_mean: number | null;
    return_std: number | null;
    length_mean: number | null;
    outcomes: Record<string, number> | null;
    discounted_mean?: number;
    discounted_std?: number;
  };
}

/** Worlds open once for each choice of allowed actions. */
const opened = new Map<string, Promise<WorldFile>>();
function worldOf(file: string, allowed: string | undefined) {
  const key = `${file} ${allowed}`;
  const path = new URL(file, FOLDER).pathname;
  const world = opened.get(key) ?? openWorld(path, { allowed });
  opened.set(key, world);
  return world;
}

/** The table that a case is built from, for each of its steps and states. */
function tableOf(name: string, { stateCount }: FiniteMdp): Int32Array {
  const policies = openNpz(
    Deno.readFileSync(new URL("policies.npz", FOLDER)),
    "policies.npz",
  );
  const table = Int32Array.from(policies.numbers(name).data, Number);
  if (table.length % stateCount === 0) return table;
  const sepsis = openNpz(
    Deno.readFileSync(new URL("mdp/gumbel-sepsis.npz", FOLDER)),
    "gumbel-sepsis.npz",
  );
  const projection = Array.from(sepsis.numbers("projection").data, Number);
  return Int32Array.from(
    { length: stateCount },
    (_, s) => table[projection[s % projection.length]],
  );
}

function uniformPolicy(mdp: FiniteMdp): Float64Array {
  const { stateCount, actionCount } = mdp;
  const policy = new Float64Array(stateCount * actionCount);
  for (let s = 0; s < stateCount; s++) {
    const row = policy.subarray(s * actionCount, (s + 1) * actionCount);
    row.forEach((_, a) => row[a] = canTake(mdp, s * actionCount + a) ? 1 : 0);
    const count = row.reduce((n, flag) => n + flag, 0);
    row.forEach((flag, a) => row[a] = flag / Math.max(1, count));
  }
  return policy;
}

function policyOf(test: Case, { mdp, policies }: WorldFile) {
  const { actionCount } = mdp;
  const name = test.case;
  const table = test.policy_table && tableOf(test.policy_table, mdp);
  const greedy = () => greedyPolicy(table as Int32Array, actionCount);
  const mixed = (a: Float64Array, share: number, b: Float64Array) =>
    a.map((p, i) => share * p + (1 - share) * b[i]);
  // The share goes to the other actions only.
  const others = (epsilon: number) =>
    greedy().map((p) => p ? 1 - epsilon : epsilon / (actionCount - 1));
  if (name.startsWith("uniform")) return uniformPolicy(mdp);
  if (name.startsWith("expert")) return policies.expert;
  if (name.startsWith("baseline")) return policies.pi_b;
  if (name.startsWith("heuristic")) {
    return policies[`pi_b_${name.split("-")[2]}`];
  }
  if (name === "half-expert-half-optimal") {
    return mixed(policies.expert, 0.5, greedy());
  }
  if (name === "optimal-eps-0.1") {
    return mixed(greedy(), 0.9, uniformPolicy(mdp));
  }
  if (name.startsWith("notebook-behaviour")) return others(0.05);
  if (name === "optimal-eps-0.05-of-others") return others(0.05);
  if (name === "notebook-learned-policy-soft") return others(0.01);
  return table as Int32Array;
}

const allowedIn = ({ case: name }: Case) =>
  name === "uniform-masked"
    ? "mask"
    : name.endsWith("admissible") || name.endsWith("admissible-only")
    ? undefined
    : "all";

function agrees(actual: number | null, expected: number | null, what: string) {
  if (expected === null || actual === null) {
    return assert.equal(actual, expected, what);
  }
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  assert.ok(error <= 1e-9, `${what}: ${actual} is not ${expected}`);
}

const cases: Case[] = isMissing
  ? []
  : JSON.parse(Deno.readTextFileSync(new URL("truth.json", FOLDER))).cases;

Deno.test({
  name: `every published case to 1e-9${WHY}`,
  ignore: isMissing,
  async fn() {
    assert.equal(cases.length, 82);
    for (const test of cases) {
      const world = await worldOf(test.file, allowedIn(test));
      const { mdp } = world;
      const [, state] = /^state (\d+)$/.exec(test.start) ?? [];
      const exact = evaluateExactly(mdp, policyOf(test, world), {
        horizon: test.horizon,
        discount: test.gamma,
        ...(state && { start: pointStart(mdp.stateCount, Number(state)) }),
      });
      const { values } = test;
      const at = `${test.mdp} ${test.case}`;
      agrees(exact.returnMean, values.return_mean, `${at}: mean`);
      agrees(exact.returnStd, values.return_std, `${at}: std`);
      agrees(exact.lengthMean, values.length_mean, `${at}: length`);
      for (const [name, p] of Object.entries(values.outcomes ?? {})) {
        const found = name === "never_ends"
          ? exact.neverEndsProbability
          : name === "still_running_at_horizon"
          ? exact.timeoutProbability
          : exact.outcomes[name];
        agrees(found, p, `${at}: ${name}`);
      }
      if (values.discounted_mean !== undefined) {
        const { discounted_mean, discounted_std } = values;
        agrees(exact.discountedReturnMean, discounted_mean, `${at}: γ mean`);
        agrees(exact.discountedReturnStd, discounted_std!, `${at}: γ std`);
      }
      assert.ok(exact.residual < 1e-14, `${at}: residual ${exact.residual}`);
    }
  },
});

Deno.test({
  name: `optimal policies are worth as much as the published ones${WHY}`,
  ignore: isMissing,
  async fn() {
    let count = 0;
    for (const test of cases) {
      if (!/^(best|optimal)/.test(test.policy)) continue;
      if (/cut at the horizon|\+/.test(test.policy)) continue;
      const { mdp } = await worldOf(test.file, allowedIn(test));
      const [, number] = /gamma (?:= )?([\d.]+\d|1)/.exec(test.policy)!;
      const planned = { discount: Number(number), horizon: test.horizon };
      if (/no horizon/.test(test.policy)) planned.horizon = null;
      const actions = optimalActions(mdp, planned);
      const table = tableOf(test.policy_table!, mdp);
      const value = (policy: Int32Array) =>
        evaluateExactly(mdp, policy, planned).discountedReturnMean;
      agrees(value(actions), value(table), `${test.mdp} ${test.case}`);
      count++;
    }
    assert.equal(count, 29);
  },
});
