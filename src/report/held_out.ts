/**
 * What the episodes that are held out say of a run's policies: whether they say anything comes first.
 *
 * @module
 */
import type { Decision } from "../evaluation/off_policy/decision.ts";
import type { EstimatorName } from "../evaluation/off_policy/estimates.ts";
import type { OffPolicyEvaluation } from "../evaluation/off_policy/evaluate.ts";
import { isPrinted } from "../evaluation/off_policy/printed.ts";
import type { Metrics } from "../evaluation/results.ts";
import { visible } from "../visible.ts";
import {
  fragment,
  type Html,
  paragraphs,
  type Section,
  table,
} from "./html.ts";
import {
  decimal,
  digitsFor,
  group,
  orDash,
  percent,
  significant,
} from "./numbers.ts";
import { ESTIMATOR_WORDS, quantitiesOf } from "./estimate_words.ts";

/** A policy's name and what is known of it. */
type Evaluated = readonly [name: string, evaluation: OffPolicyEvaluation];

/** The policies that were evaluated on episodes held out. */
export function evaluatedOffPolicy({ policies }: Metrics): Evaluated[] {
  return Object.entries(policies).flatMap(([name, { offPolicy }]) =>
    offPolicy ? [[name, offPolicy] as const] : []
  );
}

/** What is shown of each policy; the rest is in `metrics.json`. */
const SHOWN: readonly EstimatorName[] = [
  "is",
  "wis",
  "dr",
  "pluginPessimistic",
];

/** Where the propensities come from, in words. */
const SOURCES = {
  column: "as the data give them",
  counts: "counted in each observation",
  clone:
    "those of networks that clone who acted, each trained on others of these episodes",
  policy: "those of a given policy",
};

/** The section; null where no episode is held out. */
export function heldOutSection(metrics: Metrics): Section | null {
  const { heldOut } = metrics;
  const all = evaluatedOffPolicy(metrics);
  if (heldOut === undefined || all.length === 0) return null;
  const [[, { settings }]] = all;
  const digits = digitsFor([heldOut.returnMean, heldOut.returnStd]);
  const level = percent(settings.confidence);
  const [low, high] = settings.returnRange?.map((end) => significant(end, 4)) ??
    [];
  const doubts = [...new Set(all.flatMap(([, { doubts }]) => doubts))];
  const hasGap = all.some(([, { estimates }]) =>
    quantitiesOf({ estimates, settings }).some(([, of]) =>
      SHOWN.some((key) => of[key].value === null)
    )
  );
  return {
    heading: "What the data say",
    content: [
      cards(all),
      paragraphs(
        `This is from ${group(heldOut.episodes)} episodes with ${
          group(heldOut.transitions)
        } transitions that nothing was learnt from. Their own mean return is ${
          decimal(heldOut.returnMean, digits)
        } ± ${decimal(heldOut.returnStd, digits)}.`,
        ...doubts.map((doubt) => `Doubtful: ${visible(doubt)}.`),
      ),
      supportTable(all),
      paragraphs(
        "The effective sample size is of how many episodes of the policy's own these are worth. Steps are " +
          "expectations in a model of counts, up to the first decision that the data do not hold; rare are " +
          "pairs of observation and action that occur fewer than 5 times. Decisions without data are those that " +
          "the policy would take in the steps of the data and that the data do not hold there.",
      ),
      numbers(all, level),
      paragraphs(
        `The interval is that of importance sampling; it holds for any number of episodes, but takes for ` +
          `granted that episodes are independent, ${
            settings.returnRange === null
              ? ""
              : `that no return is below ${low} or above ${high}, `
          }and that the probabilities with which actions were taken are known: here they are ${
            SOURCES[settings.propensities]
          }. The other columns are estimates without an interval: those that they have in metrics.json need ` +
          "more episodes with weight than a log may have. Where the data do not support a policy, none of its " +
          "numbers is to be relied on." +
          (hasGap ? " A dash: no episode could be the policy's." : ""),
      ),
    ],
  };
}

/** The answers, with their reasons. */
function cards(all: readonly Evaluated[]): Html {
  const list = all.map(([name, { decision, effectiveSampleSize }]) => {
    const reasons = decision.reasons.length > 0
      ? decision.reasons
      : [`effective sample size ${significant(effectiveSampleSize, 4)}`];
    const lines = [...reasons, ...askedLines(decision)].map((line) =>
      fragment`<span>${visible(line)}</span>`
    );
    return fragment`<div class="card"><h3>${name}</h3>
<strong>${decision.support}</strong>
${lines}
</div>`;
  });
  return fragment`<div class="cards">${list}</div>`;
}

/** What was asked of a policy, and the answer; nothing where nothing was asked. */
export function askedLines({ verdict, conditions }: Decision): string[] {
  return verdict === null ? [] : [
    verdict,
    ...conditions.map(({ name, side, limit, bound }) =>
      `${name} ${side} ${limit}: ${
        bound === null
          ? "no bound"
          : `${side === "<=" ? "at most" : "at least"} ${significant(bound, 4)}`
      }`
    ),
  ];
}

function supportTable(all: readonly Evaluated[]): Html {
  const rows = all.map(([name, { support }]) => [
    name,
    significant(support.effectiveSampleSize, 4),
    group(support.episodesWithWeight),
    significant(support.expectedSteps, 4),
    significant(support.stepsOnRarePairs, 4),
    percent(support.decisionsWithoutData),
    orDash(support.largestActionValue, (value) => significant(value, 4)),
    significant(support.largestReturn, 4),
  ]);
  return table(
    [
      "policy",
      "effective sample size",
      "episodes with weight",
      "steps",
      "of these rare",
      "decisions without data",
      "largest action value",
      "rewards allow",
    ],
    { rows },
  );
}

/** A group of rows for each quantity. */
function numbers(all: readonly Evaluated[], level: string): Html {
  const [[, first]] = all;
  const groups = quantitiesOf(first).map(([title], k) => ({
    title: title in first.estimates.outcomes
      ? `${visible(title)} (probability)`
      : visible(title),
    rows: all.map(([name, evaluation]) => {
      const [, estimates] = quantitiesOf(evaluation)[k];
      const { interval } = estimates.is;
      return [
        evaluation.decision.reasons.length > 0
          ? fragment`${name}<small> not supported</small>`
          : name,
        interval === null ||
          !isPrinted(
            "is",
            evaluation.settings.propensities,
            evaluation.decision.reasons.length === 0,
          )
          ? "–"
          : interval.map((end) => significant(end, 4)).join(" to "),
        ...SHOWN.map((key) =>
          orDash(estimates[key].value, (value) => significant(value, 4))
        ),
      ];
    }),
  }));
  return table(
    [
      "policy",
      `${level} interval`,
      ...SHOWN.map((key) => ESTIMATOR_WORDS[key]),
    ],
    ...groups,
  );
}
