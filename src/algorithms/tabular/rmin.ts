/**
 * R-max turned round.
 *
 * @module
 */
import { greedyPolicy } from "../../mdp/policy.ts";
import { integer, type NumbersNamed } from "../../settings.ts";
import {
  type PlanSettings,
  planSettings,
  type TableDefinition,
} from "./define.ts";
import { supportedActions } from "./supported.ts";

/**
 * R-min: pairs seen less than `threshold` times are worth the lowest reward for ever, the others what the
 * counted model says (R-max of Brafman and Tennenholtz 2002 with the lowest reward in place of the highest,
 * as in Scholl and others 2022). A state in which all are rare takes the lowest allowed action.
 */
export const rmin: TableDefinition<
  "rmin",
  PlanSettings & NumbersNamed<"threshold">
> = {
  name: "rmin",
  title: "R-min",
  settings: {
    threshold: integer(
      1,
      1_000_000,
      4,
      "pairs of state and action seen less often are worth the lowest reward for ever",
    ),
    ...planSettings,
  },
  plan: (counted, { gamma, threshold }) =>
    greedyPolicy(
      supportedActions(counted, gamma, threshold),
      counted.model.actionCount,
    ),
};
