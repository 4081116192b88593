/**
 * Off-policy evaluation as text.
 *
 * @module
 */
import type { EstimatorName } from "../evaluation/off_policy/estimates.ts";
import type { OffPolicyEvaluation } from "../evaluation/off_policy/evaluate.ts";
import { isPrinted } from "../evaluation/off_policy/printed.ts";
import { visible } from "../visible.ts";
import { group, percent, significant } from "./numbers.ts";
import { ESTIMATOR_WORDS, quantitiesOf } from "./estimate_words.ts";
import { formatTable, type Output, style } from "./terminal.ts";

/**
 * The evaluation in lines for people: whether the data support the policy comes before any figure.
 *
 * @param output Where it will go; decides about styles.
 */
export function formatOffPolicy(
  output: Output,
  { decision, support, doubts, estimates, settings }: OffPolicyEvaluation,
): string {
  const lines: string[] = [];
  const add = (line = "") => lines.push(line);
  add(style(output, "bold", decision.support));
  for (const reason of decision.reasons) add(`- ${reason}`);
  if (decision.verdict !== null) {
    add(style(output, "bold", decision.verdict));
    for (const { name, side, limit, bound, isMet } of decision.conditions) {
      const level = percent(
        1 - (1 - settings.confidence) / decision.conditions.length,
      );
      add(
        `- ${visible(name)}${side}${limit}: ${isMet ? "met" : "not shown"}; ` +
          (bound === null
            ? "the data do not tell how far it can be"
            : `${side === "<=" ? "at most" : "at least"} ${
              significant(bound, 4)
            } with ${level} confidence`),
      );
    }
  }
  for (const doubt of doubts) add(`- doubtful: ${doubt}`);
  add();
  add(
    `${group(settings.episodes)} episodes, ${
      group(settings.transitions)
    } transitions, ` +
      `at most ${settings.horizon} steps; propensities: ${settings.propensities}`,
  );
  add(
    `effective sample size ${significant(support.effectiveSampleSize, 4)}; ${
      group(support.episodesWithWeight)
    } episodes could be the policy's`,
  );
  add(
    `expected steps ${significant(support.expectedSteps, 4)}, of these ${
      significant(support.stepsOnRarePairs, 4)
    } on pairs seen fewer than 5 times; ` +
      `decisions that the data do not hold: ${
        percent(support.decisionsWithoutData)
      } at the log's observations, in ${
        percent(support.probabilityOfUnseenPair)
      } of episodes`,
  );
  if (support.largestActionValue !== null) {
    add(
      `largest action value ${
        significant(support.largestActionValue, 4)
      }; the rewards allow ${significant(support.largestReturn, 4)}`,
    );
  }
  add();
  const level = percent(settings.confidence);
  add(
    "Intervals are shown where calibration found that they hold (docs/calibration.md); the others are in " +
      "--json. " +
      (settings.returnRange === null
        ? "All episodes have the same return, and which others can be is not known: --return-range says it."
        : `They and bounds take for granted that no return is below ${
          significant(settings.returnRange[0], 4)
        } or above ${significant(settings.returnRange[1], 4)}.`),
  );
  add();
  for (const [name, quantity] of quantitiesOf({ estimates, settings })) {
    const rows = Object.entries(ESTIMATOR_WORDS).map(([key, label]) => {
      const { value, interval } = quantity[key as EstimatorName];
      return [
        label,
        value === null ? "undefined" : significant(value, 4),
        interval === null ||
          !isPrinted(
            key as EstimatorName,
            settings.propensities,
            decision.reasons.length === 0,
          )
          ? ""
          : interval.map((end) => significant(end, 4)).join(" to "),
      ];
    });
    add(
      formatTable(
        output,
        [visible(name), "estimate", `${level} interval`],
        rows,
      ),
    );
  }
  return lines.join("\n");
}
