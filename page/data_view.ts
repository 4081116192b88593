/**
 * What the data alone say of a policy: nothing here looks at the world.
 *
 * @module
 */
import { isTable } from "../src/algorithms/tabular/table_policy.ts";
import type { Dataset } from "../src/dataset/dataset.ts";
import type { FiniteMdp } from "../src/mdp/mdp.ts";
import { logEvaluator } from "../src/run/evaluate_on_log.ts";
import type { LearntPolicy } from "../src/run/learn.ts";
import type { Problem } from "../src/run/problem.ts";
import type { DataView } from "./messages.ts";

/** The estimators that are shown, in words that fit. */
const SHOWN = [
  ["fqe", "fitted Q"],
  ["wdr", "doubly robust"],
  ["wis", "weighted importance"],
] as const;

/** Evaluates policies on the episodes held out, or else on those that were learnt from. */
export async function dataEvaluator(
  { dataset, heldOut, environment }: Problem,
  seed: number,
): Promise<(name: string, policy: LearntPolicy) => Promise<DataView>> {
  const log = heldOut ?? dataset;
  const { horizon = null, discount = 1 } = environment?.mdp ?? {};
  const unsafe = environment?.mdp.outcomes.find(({ unsafe }) => unsafe)?.name;
  const named = environment ? endsOf(log, environment.mdp) : [];
  const evaluator = await logEvaluator(log, {
    seed,
    discount,
    ...(horizon !== null && { horizon }),
    ...(named.length > 0 && { outcomes: named.join() }),
  });
  return async (name, policy) => {
    const { decision, effectiveSampleSize, estimates } = await evaluator(
      isTable(policy) ? { kind: "table", name, table: policy } : {
        kind: "network",
        name,
        network: policy,
        acting: { kind: "greedy" },
      },
      {},
    );
    const ofUnsafe = unsafe === undefined
      ? undefined
      : estimates.outcomes[unsafe];
    return {
      support: decision.support,
      reasons: decision.reasons,
      effectiveSampleSize,
      estimates: SHOWN.map(([key, name]) => ({
        name,
        value: estimates.return[key].value,
        interval: estimates.return[key].interval,
        unsafe: ofUnsafe?.[key].value ?? null,
      })),
    };
  };
}

/** The names that the world gives to ends, as `NAME=REWARD`, of those that occur and have a reward of their own. */
function endsOf(
  { rewards, terminated }: Dataset,
  { outcomes, outcome, reward }: FiniteMdp,
): string[] {
  const ended = new Set(rewards.filter((_, i) => terminated[i] === 1));
  return outcomes.flatMap(({ name, ends }, k) => {
    const own = new Set(reward.filter((_, i) => outcome[i] === k + 1));
    const [only] = own;
    return ends && own.size === 1 && ended.has(Math.fround(only))
      ? [`${name}=${only}`]
      : [];
  });
}
