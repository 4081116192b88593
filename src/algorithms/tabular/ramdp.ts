/**
 * Planning with rewards reduced where little is known.
 *
 * @module
 */
import { greedyPolicy } from "../../mdp/policy.ts";
import { number, type NumbersNamed } from "../../settings.ts";
import {
  type PlanSettings,
  planSettings,
  type TableDefinition,
} from "./define.ts";
import { supportedActions } from "./supported.ts";

/**
 * Reward-adjusted MDP: plans in the counted model with r - kappa / sqrt(N(s, a)) (Petrik, Ghavamzadeh and
 * Chow 2016, "Safe Policy Improvement by Minimizing Robust Baseline Regret", section 5), over the pairs
 * that the data hold. A state without data is worth the lowest reduced reward for ever.
 */
export const ramdp: TableDefinition<
  "ramdp",
  PlanSettings & NumbersNamed<"kappa">
> = {
  name: "ramdp",
  title: "reward-adjusted MDP",
  settings: {
    kappa: number(
      0,
      1e9,
      3,
      "in units of the reward: a pair's rewards are reduced by kappa / sqrt(N(s, a))",
    ),
    ...planSettings,
  },
  plan({ counts, model }, { gamma, kappa }) {
    const reward = model.reward.slice();
    counts.forEach((n, pair) => {
      const end = model.outcomeOffsets[pair + 1];
      for (let i = model.outcomeOffsets[pair]; i < end; i++) {
        reward[i] -= kappa / Math.sqrt(n);
      }
    });
    const reduced = { ...model, reward };
    return greedyPolicy(
      supportedActions({ counts, model: reduced }, gamma, 1),
      model.actionCount,
    );
  },
};
