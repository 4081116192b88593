/**
 * `report.html` of a run: the numbers first, then the plots beside the words that explain them.
 *
 * @module
 */

import { unsafeName } from "../mdp/mdp.ts";
import type { ManifestFile } from "../files/listing.ts";
import { cutEpisodesNote } from "../dataset/ends.ts";
import { visible } from "../visible.ts";
import { figureWithCells } from "./cells.ts";
import type { GridDetails } from "./grid_details.ts";
import { episodeWords } from "./plots/episodes.ts";
import {
  alarms,
  beside,
  figure,
  fragment,
  type Html,
  page,
  paragraphs,
  type Section,
  table,
} from "./html.ts";
import {
  decimal,
  digitsFor,
  frequency,
  group,
  orDash,
  percent,
  withArticle,
} from "./numbers.ts";
import { alarmBasis, alarmSentences } from "./alarms.ts";
import { heldOutSection } from "./held_out.ts";
import type { TrainingValues } from "./checkpoints.ts";
import { outcomeNames, runNumbers, UNENDED_WORDS } from "./run_numbers.ts";
import { type Metrics, unendedName } from "../evaluation/results.ts";

/** What the report is made of: `metrics.json`, the training tables, the plots and the files. */
export interface RunReport {
  /** `metrics.json`. */
  readonly metrics: Metrics;
  /** Version of the suite. */
  readonly version: string;
  /** Exact values over the training, by algorithm. */
  readonly training: Readonly<Record<string, TrainingValues>>;
  /** SVG text by name, as in `plots/` without the ending. */
  readonly plots: Readonly<Record<string, string>>;
  /** Where the world is drawn, what its pictures show. */
  readonly grid: GridDetails | null;
  /** `config.json`. */
  readonly configText: string;
  /** The files of the run whose bytes do not depend on machine and time. */
  readonly files: readonly ManifestFile[];
}

/**
 * Writes the report of a run. It holds nothing of the machine and the time, so that equal
 * runs have equal reports.
 *
 * @returns HTML text.
 */
export function runReportHtml(report: RunReport): string {
  const { metrics } = report;
  const names = Object.keys(metrics.policies);
  const { environment, config } = metrics;
  const seeds = config.trainingSeed === undefined
    ? `seed ${config.seed}`
    : `seed ${config.seed}, training seed ${config.trainingSeed}`;
  const where = environment ? `data of ${environment.title}` : "given data";
  const how = environment
    ? "Values are exact, by dynamic programming, unless they are called rollouts."
    : metrics.heldOut
    ? "The environment is not known: what a policy is worth is estimated from episodes that are held out."
    : "The environment is not known, so this page shows only the data.";
  const heldOut = heldOutSection(metrics);
  const said = heldOut ? [heldOut] : [];
  const measured = runNumbers(metrics, report.training);
  const lead = fragment`${
    paragraphs(`Offline learning on ${where}, ${seeds}. ${how}`)
  }${
    alarms(alarmSentences(metrics))
  }<p>Made by Holdfast ${report.version}. <code>deno task verify DIR</code>, with this page's folder for DIR, runs it again and compares every byte.</p>`;
  const sections = [
    ...environment ? [measured, ...said] : [...said, measured],
    ...names.some((name) => mapOf(report, name)) ? [policies(report)] : [],
    ...wasTrained(report) ? [training(report)] : [],
    ...report.plots["returns-sorted"] ? [episodes(report)] : [],
    data(report),
    provenance(report),
  ];
  return page(
    `Offline run: ${names.join(", ")}, ${seeds}`,
    lead,
    sections,
  );
}

/** The picture of a policy on its grid: its dangers, or where nothing is unsafe its arrows. */
function mapOf(
  { plots }: Pick<RunReport, "plots">,
  name: string,
): string | undefined {
  return plots[`hazard-${name}`] ?? plots[`policy-${name}`];
}

function policies({ metrics, plots, grid }: RunReport): Section {
  const unsafe = unsafeOf(metrics);
  const unended = unendedName(metrics.environment ?? { horizon: 1 });
  const maps = Object.entries(metrics.policies).flatMap(([name, { exact }]) => {
    const svg = mapOf({ plots }, name);
    if (!svg || !exact) return [];
    const probabilities = [
      ...outcomeNames(metrics).map((outcome) =>
        `${outcome} ${frequency(exact[`${outcome}Probability`])}`
      ),
      `${UNENDED_WORDS[unended]} ${percent(exact[`${unended}Probability`])}`,
    ];
    const steps = exact.lengthMean === null
      ? ""
      : ` It takes ${decimal(exact.lengthMean, 1)} steps on average.`;
    return [
      beside(
        grid ? figureWithCells(svg, name, grid) : svg,
        name,
        `Probabilities in an episode of ${name}: ${probabilities.join(", ")}.` +
          steps,
      ),
      ...walks({ metrics, plots, grid }, name),
    ];
  });
  const isTable = Object.values(metrics.policies).some(({ probabilities }) =>
    probabilities !== undefined
  );
  const words = paragraphs(
    `Arrows show the greedy action of each cell, pale where the data have never been.${
      isTable
        ? " Of a table, which chooses by chance, they show the most probable action."
        : ""
    }` +
      (unsafe === null
        ? ""
        : ` The colour is the exact probability of ${
          withArticle(unsafe)
        } in an episode that begins in the ` +
          "cell and follows the arrows, slips included. The scale is logarithmic and the same for " +
          "every policy."),
  );
  return { heading: "What the policies do", content: [words, ...maps] };
}

/** Some rollouts of a policy, going their ways. */
function walks(
  { metrics, plots, grid }: Pick<RunReport, "metrics" | "plots" | "grid">,
  name: string,
): Html[] {
  const svg = plots[`episodes-${name}`];
  const episodes = grid?.policies[name]?.episodes ?? [];
  if (!svg) return [];
  const all = metrics.policies[name].rollout!.episodes;
  const entries = (isWorst: boolean) =>
    episodes.filter((one) => one.isWorst === isWorst).map((one) =>
      fragment`<dt>Rollout ${one.episode}${
        isWorst ? ", of the worst" : ""
      }</dt><dd>${episodeWords(one)}${
        one.steps >= one.path.length
          ? `; the first ${one.path.length} are drawn`
          : ""
      }</dd>`
    );
  return [beside(
    fragment`<div class="walks">${
      figure(svg)
    }<label><input type="checkbox"> Stand still</label></div>`,
    `Episodes of ${name}`,
    `The first of ${group(all)} rollouts${
      episodes.some(({ isWorst }) => isWorst)
        ? " and, in pink, those of the lowest return: bad luck that the mean hides"
        : ", all of the same return"
    }. Numbers count the rollouts from 0.`,
    fragment`<dl>${[...entries(false), ...entries(true)]}</dl>`,
  )];
}

/** What the environment calls unsafe; null where nothing is, or it is not known. */
function unsafeOf({ environment }: Metrics): string | null {
  return environment ? unsafeName(environment) : null;
}

/** Whether anything was trained: a table is not. */
function wasTrained({ plots, training }: RunReport): boolean {
  return Object.keys(training).length > 0 ||
    Object.keys(plots).some((name) => name.startsWith("training-"));
}

function training({ metrics, plots, training }: RunReport): Section {
  const exact = plots["exact-curves"];
  const ranges = Object.entries(training).flatMap(([name, values]) => {
    const all = values.unsafe;
    if (all === null) return [];
    const late = all.slice(Math.floor(all.length / 2));
    const low = percent(late.reduce((a, b) => Math.min(a, b)));
    const high = percent(late.reduce((a, b) => Math.max(a, b)));
    return [
      `In the second half of training, the ${
        unsafeOf(metrics)
      } probability of ${name} ` +
      (low === high ? `is ${low}.` : `lies between ${low} and ${high}.`),
    ];
  });
  const worth = exact
    ? [beside(
      exact,
      "What the policies are worth while they learn",
      "The greedy policy is evaluated exactly after each logging interval. Nothing of this " +
        "takes part in training or in choosing a policy. Where a curve still jumps at its end, " +
        "the final policy is a matter of luck.",
      ...ranges,
    )]
    : [];
  const losses = Object.entries(plots)
    .filter(([name]) => name.startsWith("training-"))
    .map(([name, svg]) =>
      beside(
        svg,
        `Loss of ${name.slice("training-".length)}`,
        "Means over each logging interval, as in training.csv. A loss says how well the " +
          "learner fits its targets, not how good or safe its policy is.",
      )
    );
  return { heading: "Training", content: [...worth, ...losses] };
}

function episodes({ metrics, plots }: RunReport): Section {
  const unsafe = unsafeOf(metrics);
  const write = (value: number) => {
    const means = Object.values(metrics.policies).map(({ exact }) =>
      exact?.returnMean
    );
    return decimal(value, digitsFor(means));
  };
  const checks = Object.entries(metrics.policies).flatMap(
    ([name, { rollout, exact, rolloutAgrees }]) =>
      rollout && exact
        ? [[
          name,
          group(rollout.episodes),
          `${write(rollout.returnMean)} ± ${write(rollout.returnStd)}`,
          orDash(exact.returnMean, write),
          ...unsafe === null ? [] : [
            percent(rollout[`${unsafe}Rate`]),
            percent(exact[`${unsafe}Probability`]),
          ],
          rolloutAgrees ? "yes" : "no",
        ]]
        : [],
  );
  const columns = [
    "policy",
    "rollouts",
    "return",
    "exact return",
    ...unsafe === null ? [] : [unsafe, `exact ${unsafe}`],
    "agree",
  ];
  return {
    heading: "Sampled episodes",
    content: [
      table(columns, { rows: checks }),
      paragraphs(
        "The exact values and the rollouts check each other's code. They agree if the largest " +
          "difference between the distribution functions of the return keeps the " +
          "Dvoretzky-Kiefer-Wolfowitz bound" +
          (unsafe === null
            ? ", which alarms on correct code at most once in a million runs. With "
            : ", and the number of unsafe episodes is not in a binomial tail " +
              "below one in a million: each alarms on correct code at most once in a million runs. With ") +
          "few rollouts the check is coarse, and says nothing of how good a policy is.",
      ),
      beside(
        plots["returns"],
        "Mean return",
        "Episodes of the data beside rollouts of the learnt policies. The lines are standard " +
          "deviations of single episodes: long ones mean that rare disasters make up the mean.",
      ),
      beside(
        plots["returns-sorted"],
        "Every episode",
        "Returns from the worst to the best. A drop at the left is rare disasters. No drop " +
          `proves nothing: ${missed(metrics)}`,
      ),
    ],
  };
}

/** How easily rollouts miss what happens in 5 % of episodes. */
function missed({ policies }: Metrics): string {
  const episodes = Math.max(
    ...Object.values(policies).map(({ rollout }) => rollout?.episodes ?? 0),
  );
  return `a disaster in one of 20 episodes is in none of ${
    group(episodes)
  } rollouts with probability ${percent(0.95 ** episodes)}.`;
}

function data({ metrics, plots }: RunReport): Section {
  const { config, dataset, heldOut, suspicious = [] } = metrics;
  const digits = digitsFor([dataset.returnMean, dataset.returnStd]);
  const texts = [
    `${group(dataset.episodes)} episodes with ${
      group(dataset.transitions)
    } transitions in ` +
    `${group(dataset.distinctObservations)} different states; mean return ` +
    `${decimal(dataset.returnMean, digits)} ± ${
      decimal(dataset.returnStd, digits)
    }.`,
  ];
  const { resample, splitSeed } = config.dataset;
  if (resample) {
    texts.push(
      `They were drawn with replacement from those of the data that are not held out, by seed ${config.seed}.`,
    );
  }
  if (heldOut) {
    texts.push(
      `Nothing was learnt from ${
        group(heldOut.episodes)
      } more, drawn by the split seed ${splitSeed}.`,
    );
  }
  texts.push(...suspicious.map((what) => `Suspicious: ${visible(what)}.`));
  const shares = outcomeNames(metrics).map((outcome) =>
    `${outcome} ${percent(dataset[`${outcome}Rate`])}`
  );
  if (shares.length > 0) {
    texts.push(`Share of the episodes: ${shares.join(", ")}.`);
  }
  if (dataset.observationNames) {
    texts.push(
      `The numbers of an observation: ${namesOf(dataset.observationNames)}`,
    );
  }
  if (dataset.actionNames) {
    texts.push(
      `The ${group(dataset.actionNames.length)} actions, in the order of the ` +
        `outputs: ${namesOf(dataset.actionNames)}`,
    );
  }
  const cut = cutEpisodesNote(
    dataset.cutEpisodes,
    dataset.episodes,
    config.dataset.bootstrapOnTruncation,
  );
  if (cut) texts.push(`${cut}.`);
  texts.push(`Alarms: ${alarmBasis(metrics)}.`);
  const visits = plots["visitation"];
  const blank =
    "A policy knows nothing of cells with a dot, and little of pale ones.";
  return {
    heading: "The data",
    content: [
      visits
        ? beside(visits, "Where the data have been", ...texts, blank)
        : paragraphs(...texts),
      beside(
        plots["rewards"],
        "Rewards",
        "How often each reward occurs in the data. Rare rewards are hard to learn from.",
      ),
    ],
  };
}

/** How many names are shown. */
const SHOWN_NAMES = 20;

function namesOf(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN_NAMES).map((name) => visible(name, 40));
  return shown.join(", ") + (names.length > SHOWN_NAMES ? " …" : ".");
}

function provenance({ configText, files }: RunReport): Section {
  return {
    heading: "Configuration and files",
    content: [
      paragraphs(
        "The same configuration gives the same bytes of each of these files, and of this " +
          "report, on any machine and backend. manifest.json names the versions and the " +
          "backend of this run.",
      ),
      fragment`<pre>${configText}</pre>`,
      fileTable(files),
    ],
  };
}

/** Files of a run or study with size and hash. */
export function fileTable(files: readonly ManifestFile[]): Html {
  const rows = files.map(({ path, bytes, sha256 }) => [
    path,
    group(bytes),
    fragment`<span class="hash">${sha256}</span>`,
  ]);
  return table(["file", "bytes", "SHA-256"], { rows });
}
