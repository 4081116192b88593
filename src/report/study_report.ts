/**
 * `report.html` of a study: the numbers first, then the plots beside the words that explain
 * them.
 *
 * @module
 */

import { unsafeName } from "../mdp/mdp.ts";
import type { ManifestFile } from "../files/listing.ts";
import {
  beside,
  fragment,
  type Html,
  type HtmlPart,
  page,
  paragraphs,
  type Section,
  table,
} from "./html.ts";
import { group, percent, percentDifference, withArticle } from "./numbers.ts";
import { fileTable } from "./run_report.ts";
import {
  LOG_PROFILES,
  type LogProfile,
  type StudyPlotKind,
  studyPlotName,
} from "./study_plots.ts";
import {
  endNames,
  isOfLog,
  studyColumns,
  withInterval,
} from "./study_columns.ts";
import {
  deviationWords,
  policyLabel,
  returnWriter,
  seedList,
  studyQuantities,
  supportWords,
  worthWords,
} from "./study_words.ts";
import type {
  PolicyAggregates,
  PolicyName,
  SeedValue,
  StudyResult,
} from "../evaluation/study_results.ts";

/** What the report is made of. */
export interface StudyReport {
  /** `study.json`. */
  readonly values: StudyResult;
  /** SVG text by name, as drawn by `plotStudy`. */
  readonly plots: Readonly<Record<string, string>>;
  /** The study's configuration as JSON text. */
  readonly configText: string;
  /** The files of the study whose bytes do not depend on machine and time. */
  readonly files: readonly ManifestFile[];
  /** Files of cells that are left out there, because there are too many. */
  readonly unlisted?: number;
}

/**
 * Writes the report of a study. It holds nothing of the machine and the time, so that equal
 * studies have equal reports.
 *
 * @returns HTML text.
 */
export function studyReportHtml(report: StudyReport): string {
  const { values, configText, files, unlisted = 0 } = report;
  const presets = presetsOf(values);
  const { seeds, trainingSeeds } = values.study;
  const learners = values.policies.filter(({ kind }) => kind === "learner");
  const names = learners.map((policy) => policyLabel(policy, presets));
  const lead = paragraphs(
    `Seeds ${seedList(seeds)}${
      trainingSeeds
        ? `, each with training seeds ${seedList(trainingSeeds)}`
        : ""
    }. ${drawnBy(values)} ${
      isOfLog(values)
        ? "No world is known: values are estimates from episodes that nothing was learnt from, the same for " +
          "every seed, so that what is between brackets says how much the seed matters, and nothing of how far " +
          "estimates are from the truth. "
        : "Values are exact, by dynamic programming. "
    }` +
      "Brackets are 95 % intervals: of interquartile " +
      `means (IQM) by the percentile bootstrap with ${values.bootstrapReplicates} draws of the ` +
      `seeds${
        trainingSeeds
          ? ", each with all its trainings, of medians too (of one seed, of trainings); of shares exact"
          : ", of medians and shares exact"
      }. Where there are none, too few seeds or equal ones say ` +
      "nothing of those that were not drawn. A mean has none: rare disasters move it.",
    `Version ${values.study.suiteVersion} of the suite. Check this study with deno task verify and ` +
      "its folder.",
  );
  const provenance: Section = {
    heading: "Configuration and files",
    content: [
      fragment`<pre>${configText}</pre>`,
      fileTable(files),
      ...unlisted > 0
        ? [paragraphs(
          `manifest.json has the ${group(unlisted)} files of cells too.`,
        )]
        : [],
    ],
  };
  return page(`Study: ${names.join(", ")}`, lead, [
    numbers(values, learners, presets),
    ...values.groups.map((_, index) => groupSection(report, index)),
    provenance,
  ]);
}

/** What a seed decides. */
function drawnBy({ study: { presets, trainingSeeds } }: StudyResult): string {
  const datasets = Object.values(presets).map(({ dataset }) => dataset);
  const isCollected = datasets.every(({ sha256 }) => sha256 === null);
  if (trainingSeeds) {
    const drawn = isCollected
      ? "its own data, and the world where that is drawn"
      : datasets.some(({ resample }) => resample)
      ? "its episodes from the same data with replacement"
      : null;
    return `${
      drawn
        ? `Every seed draws ${drawn}; each`
        : "All learn from the same data; each"
    } training seed draws its network and minibatches.`;
  }
  if (isCollected) {
    return "Every seed draws its own data, network and minibatches, and the world where that is drawn.";
  }
  return datasets.some(({ resample }) => resample)
    ? "All seeds have the same data; each draws as many episodes from them, with replacement, its network and its minibatches."
    : "All seeds learn from the same data; each draws its network and its minibatches.";
}

function presetsOf({ policies }: StudyResult): string[] {
  return [...new Set(policies.map(({ preset }) => preset))];
}

function numbers(
  values: StudyResult,
  learners: readonly PolicyAggregates[],
  presets: readonly string[],
): Section {
  // References of presets with the same environment and data are equal: shown once a group.
  const firsts = values.groups.map(({ presets: [first] }) => first);
  const references = values.policies.filter(({ kind, preset }) =>
    kind === "reference" && firsts.includes(preset)
  );
  const labels = firsts.length > 1 ? presets : [];
  const columns = studyColumns(values);
  const row = (policy: PolicyAggregates): HtmlPart[] => [
    policyLabel(policy, policy.kind === "learner" ? presets : labels),
    ...columns.map(({ of }) => of(policy)),
  ];
  const head = ["policy", ...columns.map(({ head }) => head)];
  return {
    heading: "Numbers",
    content: [
      cards(values, learners, presets),
      paragraphs(
        "The command trains the seed of the worst return again, with the same bits; a study made " +
          "with --config FILE or --environment W needs the same there." +
          (Object.values(values.study.presets).some(({ dataset }) =>
              dataset.resample
            )
            ? ' Where seeds draw episodes, it says { "dataset": { "resample": true } }.'
            : ""),
      ),
      table(
        head,
        { title: "learnt", rows: learners.map(row) },
        {
          title: "without a network",
          rows: references.map(row),
        },
      ),
      ...trainingSpread(values, learners, presets),
      isOfLog(values) ? logWords() : paragraphs(
        "IQM is the interquartile mean: the mean of the middle half of the seeds, which a single " +
          "lucky or unlucky seed does not move. Probabilities are medians where nothing else is said. The gap is " +
          "the mean shortfall from the best expected return of the same seed. The worst seed is " +
          "what a user of one run may meet; one that was not drawn may be worse. A policy that " +
          "never arrives may meet nothing unsafe either: the other columns say so.",
      ),
      ...alarmTable(values, learners, presets),
    ],
  };
}

/** How many trainings raised which alarm. */
function alarmTable(
  { study: { seeds, trainingSeeds } }: StudyResult,
  learners: readonly PolicyAggregates[],
  presets: readonly string[],
): Html[] {
  const trainings = seeds.length * (trainingSeeds?.length ?? 1);
  const rows = learners.flatMap((policy) => {
    const { alarms } = policy;
    return alarms
      ? [[
        policyLabel(policy, presets),
        ...Object.values(alarms).map((count) => `${count} of ${trainings}`),
      ]]
      : [];
  });
  if (rows.length === 0) return [];
  return [
    fragment`<h3>Alarms</h3>`,
    table(["policy", "far below the best plan", "action values too high"], {
      rows,
    }),
    paragraphs(
      "What the data themselves say against a policy, without the world: of how many trainings its value in a " +
        "model of the data is far below that of the model's best plan, and of how many an action value is far " +
        "above what the rewards allow. No alarm proves nothing.",
    ),
  ];
}

/** How much of the spread is between seeds, and how much between trainings on the same data. */
function trainingSpread(
  values: StudyResult,
  learners: readonly PolicyAggregates[],
  presets: readonly string[],
): Html[] {
  const trained = learners.filter(({ aggregates }) =>
    Object.values(aggregates).some(({ variances }) => variances)
  );
  if (trained.length === 0) return [];
  const quantities = studyQuantities(values);
  const write = returnWriter(values);
  return [
    fragment`<h3>Between seeds, between trainings</h3>`,
    paragraphs(
      "Two standard deviations of each quantity: between seeds, of which each has a layout and data of its " +
        "own, and between trainings on the same. Their squares are the variance components of the one-way " +
        "random-effects model, by the analysis of variance (docs/studies.md has the formula); a component " +
        "between seeds that would be negative is 0, and there is none where all have the same data.",
    ),
    table(["policy", ...quantities.map(({ title }) => title)], {
      rows: trained.map((policy) => [
        policyLabel(policy, presets),
        ...quantities.map(({ quantity, isProbability }) =>
          deviationWords(
            policy.aggregates[quantity],
            isProbability ? percent : write,
          )
        ),
      ]),
    }),
  ];
}

function logWords(): Html {
  return paragraphs(
    "Supported says for how many seeds the data support the policy; the cells' files have the reasons where they " +
      "do not, and then no number of that seed is to be relied on. IQM is the interquartile mean: the mean of the " +
      "middle half of the seeds, which a single lucky or unlucky seed does not move; the other columns are " +
      "interquartile means too. The pessimistic model is counted from the data, and a pair of observation and " +
      "action that they do not hold ends an episode with the lowest reward. At least is the lower end of the " +
      "95 % interval of importance sampling; the effective sample size is of how many episodes of the policy's " +
      "own those held out are worth.",
  );
}

function cards(
  values: StudyResult,
  learners: readonly PolicyAggregates[],
  presets: readonly string[],
): Html {
  const unsafe = unsafeName(values);
  const [value] = values.quantities;
  const isLog = isOfLog(values);
  const words = isLog ? worthWords(values) : `expected ${worthWords(values)}`;
  const write = returnWriter(values);
  const names = endNames(values);
  const isOfFile = Object.values(values.study.presets).some(({ dataset }) =>
    dataset.sha256 !== null
  );
  const list = learners.map((policy) => {
    const worth = policy.aggregates[value];
    const ends = Object.values(policy.ends).map((end, i) =>
      `${names[i]} ${percent(end)}`
    );
    const risk = unsafe === null
      ? null
      : policy.aggregates[`${unsafe}Probability`];
    const entries: [number: string, words: string][] = [
      ...isLog
        ? [[supportWords(policy, values), "supported by these data"] as [
          string,
          string,
        ]]
        : [],
      ...risk
        ? [
          [
            percent(risk.median.value),
            `${unsafe}, median (${ends.join(", ")})`,
          ],
          [percent(risk.mean), `${unsafe}, mean`],
          [
            percent(risk.worst.value),
            `${unsafe}, worst seed (${seedsWords(risk.worst)})`,
          ],
        ] as [string, string][]
        : [],
      [
        write(worth.interquartileMean.value),
        `${words}, IQM${risk || isLog ? "" : ` (${ends.join(", ")})`}`,
      ],
      [
        write(worth.worst.value),
        `${words}, worst seed (${seedsWords(worth.worst)})`,
      ],
    ];
    const numbers = entries.map(([number, words]) =>
      fragment`<strong>${number}</strong><span>${words}</span>`
    );
    const { seed, trainingSeed } = worth.worst;
    const command =
      `deno task pipeline --preset ${policy.preset} --seed ${seed}` +
      (trainingSeed === undefined ? "" : ` --training-seed ${trainingSeed}`) +
      (isOfFile ? " --dataset FILE" : "");
    return fragment`<div class="card"><h3>${policyLabel(policy, presets)}</h3>
${numbers}
<span><code>${command}</code></span>
</div>`;
  });
  return fragment`<div class="cards">${list}</div>`;
}

/** `3`, or with a training seed `3, training seed 1`. */
function seedsWords({ seed, trainingSeed }: SeedValue): string {
  return trainingSeed === undefined
    ? `${seed}`
    : `${seed}, training seed ${trainingSeed}`;
}

function groupSection({ values, plots }: StudyReport, index: number): Section {
  const group = values.groups[index];
  const figure = (kind: StudyPlotKind, heading: string, ...texts: string[]) => {
    const svg = plots[studyPlotName(kind, group.presets)];
    return svg ? [beside(svg, heading, ...texts)] : [];
  };
  const higher =
    "A line that is higher everywhere is better; lines that cross say that neither is. ";
  return {
    heading: values.groups.length === 1
      ? "Comparison"
      : `Comparison: ${group.presets.join(", ")}`,
    content: [
      ...figure(
        "intervals",
        "What is known of each policy",
        "A bar spans the values that the seeds leave plausible for the interquartile mean. " +
          "This study does not distinguish policies whose bars overlap widely.",
      ),
      ...figure(
        "seeds",
        "What each seed gave",
        "A dot is a seed, or a training of one: its policy's value, as in study.csv. What lies far from " +
          "the others is the seed that a user of one run may meet; the cards above name the worst.",
      ),
      ...figure(
        "curves",
        "What the learners are worth while they learn",
        "Exact values after each logging interval. Nothing of this takes part in training or " +
          "in choosing a policy.",
      ),
      ...figure(
        "profiles",
        isOfLog(values)
          ? `Estimated ${worthWords(values)}, seed by seed`
          : `Expected ${worthWords(values)}, seed by seed`,
        higher,
      ),
      ...figure(
        "profiles-unsafe",
        `Probability of ${
          withArticle(unsafeName(values) ?? "unsafe")
        }, seed by seed`,
        higher + "The right end of a line shows its worst seeds.",
      ),
      ...figure("profiles-cvar10", "Worst tenth, seed by seed", higher),
      ...Object.entries(LOG_PROFILES).flatMap(([quantity, heading]) =>
        figure(`profiles-${quantity as LogProfile}`, heading, higher)
      ),
      comparisons(values, index),
    ],
  };
}

/** How the policies compare, learners on either side: on the same seeds, and on any. */
function comparisons(
  values: StudyResult,
  index: number,
): Html {
  const { policies, groups, study: { seeds, trainingSeeds } } = values;
  const { comparisons, presets } = groups[index];
  const isLearner = ({ preset, policy }: PolicyName) =>
    policies.some((other) =>
      other.kind === "learner" && other.preset === preset &&
      other.policy === policy
    );
  const labelOf = (name: PolicyName) =>
    policyLabel(name, isLearner(name) ? presets : []);
  const shown = comparisons.filter(({ better, than }) =>
    isLearner(better) || isLearner(than)
  );
  if (shown.length === 0) return fragment``;
  const quantities = studyQuantities(values);
  const titles = quantities.map(({ title }) => title);
  const differences = shown.map(({ better, than, paired }) => [
    `${labelOf(better)} minus ${labelOf(than)}`,
    ...quantities.map(({ quantity, isProbability }) => {
      const { betterOn, worseOn, difference } = paired[quantity];
      const write = isProbability ? percentDifference : returnWriter(values);
      return fragment`${
        withInterval(difference.interquartileMean, write)
      }<small>better on ${betterOn}, worse on ${worseOn}</small>`;
    }),
  ]);
  const improvements = shown.map(({ better, than, probability }) => [
    `${labelOf(better)} over ${labelOf(than)}`,
    ...quantities.map(({ quantity }) =>
      withInterval(probability[quantity], percent)
    ),
  ]);
  return fragment`<h3>On the same seeds</h3>
${
    paragraphs(
      "The first policy's value minus the second's on the same seed, which has the same world and " +
        `data${
          trainingSeeds && seeds.length > 1
            ? ", each the mean over its trainings"
            : ""
        }: interquartile mean of the ${
          seeds.length > 1 ? seeds.length : trainingSeeds?.length ?? 1
        } differences, and on how many ` +
        "the first does better and worse. This says more than the next table, because what makes " +
        "a seed hard for both cancels out.",
    )
  }
${table(["difference", ...titles], { rows: differences })}
<h3>Probability of improvement</h3>
${
    paragraphs(
      "How likely a seed of the first policy does better than another seed of the second, ties " +
        "counted half: 50 % is no difference. The intervals are on the safe side.",
    )
  }
${table(["better", ...titles], { rows: improvements })}`;
}
