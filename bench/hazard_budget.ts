/**
 * What budgets do, in a world where the rewards ask for a walk along an abyss: exact values over six seeds,
 * for docs/algorithms.md.
 *
 *     deno run --config deno.dev.json -A bench/hazard_budget.ts
 *
 * @module
 */
import { learntUnder } from "../tests/algorithms/ledge.ts";

for (const budget of [1, 0.2, 0.1, 0.05, 0.02]) {
  const falls: string[] = [];
  const returns: number[] = [];
  for (let seed = 1; seed <= 6; seed++) {
    const { returnMean, outcomes } = await learntUnder(budget, seed);
    falls.push(`${(100 * outcomes.fall).toFixed(1)} %`);
    returns.push(returnMean!);
  }
  const mean = returns.reduce((sum, own) => sum + own, 0) / returns.length;
  console.log(
    `${budget}: falls ${falls.join(", ")}; return ${mean.toFixed(2)}`,
  );
}
