/**
 * Published worlds as they lie in ../shared/truth, read without a word beside them, are worth what its
 * truth.json says: the mean return and the outcomes by a forward pass that is written here.
 */
import { deepEqual, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { policyTable } from "../../src/environments/policy_table.ts";
import {
  openWorld,
  worldBytes,
  type WorldFile,
} from "../../src/environments/world.ts";
import { fitPolicy } from "../../src/environments/world_file.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";

const FOLDER = fileURLToPath(
  new URL("../../../shared/truth/", import.meta.url),
);
const isMissing = (() => {
  try {
    return !Deno.statSync(FOLDER).isDirectory;
  } catch {
    return true;
  }
})();
const WHY = isMissing ? " (ignored: ../shared/truth is missing)" : "";

/** Steps after which too little is left to matter; longer cases are left to exact evaluation. */
const MOST_STEPS = 250;

interface Case {
  readonly mdp: string;
  readonly file: string;
  readonly case: string;
  readonly policy: string;
  readonly policy_table?: string;
  readonly horizon: number | null;
  readonly start: string;
  readonly values: {
    readonly return_mean: number | null;
    readonly outcomes?: Record<string, number>;
  };
}

/** Mean return and outcomes; null if the episodes are too long for a forward pass. */
function forward(
  mdp: FiniteMdp,
  policy: Float64Array,
): { mean: number; outcomes: Record<string, number> } | null {
  const { stateCount: S, actionCount: A, horizon, outcomes } = mdp;
  const ended = new Float64Array(outcomes.length + 1);
  let live = mdp.start.slice();
  let mean = 0;
  let left = 1;
  for (let t = 0; t < (horizon ?? MOST_STEPS) && left > 1e-16; t++) {
    const next = new Float64Array(S);
    const table = policy.length === S * A ? 0 : t * S * A;
    for (let pair = 0; pair < S * A; pair++) {
      const mass = live[Math.floor(pair / A)] * policy[table + pair];
      if (mass === 0) continue;
      const end = mdp.outcomeOffsets[pair + 1];
      for (let i = mdp.outcomeOffsets[pair]; i < end; i++) {
        const p = mass * mdp.probability[i];
        mean += p * mdp.reward[i];
        const n = mdp.outcome[i];
        if (n > 0 && outcomes[n - 1].ends) ended[n] += p;
        else next[mdp.nextState[i]] += p;
      }
    }
    live = next;
    left = live.reduce((sum, p) => sum + p, 0);
  }
  if (horizon === null && left > 1e-14) return null;
  return {
    mean,
    outcomes: Object.fromEntries(
      outcomes.map(({ name }, n) => [name, ended[n + 1]]),
    ),
  };
}

/** The policy of a case, as a person would give it; null for those that need more than a table. */
function policyOf(
  { case: name, policy_table: table }: Case,
  world: WorldFile,
): Float64Array | null {
  const { stateCount: S, actionCount: A } = world.mdp;
  const uniform = fitPolicy(
    new Float64Array(S * A).fill(1 / A),
    world,
    "uniform",
  );
  if (/^uniform(-(no-)?horizon.*|-admissible)?$/.test(name)) {
    return uniform.policy;
  }
  if (name.startsWith("expert")) return world.policies.expert;
  if (name.startsWith("baseline")) return world.policies.pi_b;
  if (name.startsWith("heuristic")) {
    return world.policies[`pi_b_${/0\.\d/.exec(name)![0]}`];
  }
  if (!table || !/^(optimal|worst)/.test(name) || name.endsWith("others")) {
    return null;
  }
  const rows = policyTable(`${FOLDER}policies.npz:${table}`, world);
  const epsilon = Number(/eps-(0\.\d+)/.exec(name)?.[1] ?? 0);
  return rows.map((p, i) =>
    (1 - epsilon) * p + epsilon * uniform.policy[i % (S * A)]
  );
}

Deno.test({
  name: `worlds: published ones have the values of the truth${WHY}`,
  ignore: isMissing,
  async fn() {
    const { cases } = JSON.parse(Deno.readTextFileSync(`${FOLDER}truth.json`));
    const worlds = new Map<string, WorldFile>();
    let compared = 0;
    for (const one of cases as Case[]) {
      const file = worlds.get(one.file) ?? await openWorld(FOLDER + one.file);
      worlds.set(one.file, file);
      const start = /^state (\d+)$/.exec(one.start);
      const mdp = {
        ...file.mdp,
        horizon: one.horizon,
        start: start
          ? file.mdp.start.map((_, s) => s === Number(start[1]) ? 1 : 0)
          : file.mdp.start,
      };
      const policy = policyOf(one, { ...file, mdp });
      const found = policy && forward(mdp, policy);
      if (!found) continue;
      compared++;
      const label = `${one.mdp} ${one.case}`;
      const { return_mean: mean, outcomes = {} } = one.values;
      const near = (a: number, b: number, what: string) =>
        ok(
          Math.abs(a - b) <= 1e-10 * Math.max(1, Math.abs(b)),
          `${label}: ${what} ${a}, not ${b}`,
        );
      if (mean !== null) near(found.mean, mean, "mean");
      for (const [name, probability] of Object.entries(found.outcomes)) {
        near(probability, outcomes[name], name);
      }
    }
    ok(compared >= 42, `${compared} cases`);
  },
});

Deno.test({
  name: `worlds: the same grid from npz and JSON is the same${WHY}`,
  ignore: isMissing,
  async fn() {
    const [a, b] = await Promise.all(
      ["mdp.npz", "world.json"].map((end) =>
        openWorld(`${FOLDER}ope/hazard-grid-6x6.${end}`)
      ),
    );
    const bytes = (world: WorldFile) =>
      worldBytes({ ...world, policies: {} }, "w.mdp.safetensors");
    deepEqual(bytes(a), bytes(b));
    deepEqual(Object.keys(b.policies).sort(), [
      "behaviour",
      "border",
      "greedy",
      "soft",
    ]);
  },
});
