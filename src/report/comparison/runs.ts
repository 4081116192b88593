/**
 * Several runs beside each other.
 *
 * @module
 */
import { canonicalJson } from "../../files/canonical_json.ts";
import type { OffPolicyEvaluation } from "../../evaluation/off_policy/evaluate.ts";
import { isPrinted } from "../../evaluation/off_policy/printed.ts";
import {
  unsafeMeasure,
  valueName,
  valueWords,
} from "../../evaluation/measures.ts";
import type { ExactMetrics, Metrics } from "../../evaluation/results.ts";
import { unsafeName } from "../../mdp/mdp.ts";
import { alarmSentences } from "../alarms.ts";
import { ESTIMATOR_WORDS } from "../estimate_words.ts";
import {
  alarms,
  beside,
  fragment,
  type HtmlPart,
  page,
  paragraphs,
  type Section,
  table,
} from "../html.ts";
import {
  decimal,
  orDash,
  percent,
  percentDifference,
  significant,
} from "../numbers.ts";
import { plotExactCurves } from "../plots/exact_curves.ts";
import { idOf } from "../plots/render.ts";
import { exactColumns, valueDigits, valueOf } from "../run_numbers.ts";
import { formatTable, type Output } from "../terminal.ts";
import {
  type ComparedFolder,
  configSection,
  differenceLines,
  equalityOf,
  hashTable,
  versionSection,
} from "./shared.ts";

/** A finished run. */
export interface ComparedRun extends ComparedFolder {
  /** Its `metrics.json`. */
  readonly metrics: Metrics;
  /** Its training tables, by algorithm. */
  readonly training: Readonly<Record<string, TrainingRows>>;
}

/** A table as `training.csv` has it; the first column is the step. */
export interface TrainingRows {
  /** Their names. */
  readonly columns: readonly string[];
  /** One row an interval. */
  readonly rows: readonly (readonly number[])[];
}

/**
 * A page about several runs.
 *
 * @param title Of the page.
 * @param runs At least two.
 * @returns HTML text.
 */
export async function compareRunsHtml(
  title: string,
  runs: readonly ComparedRun[],
): Promise<string> {
  const raised = runs.flatMap(({ label, metrics }) =>
    alarmSentences(metrics).map((alarm) => `${alarm} (${label})`)
  );
  const lead = fragment`${paragraphs(...summary(runs))}${alarms(raised)}`;
  const sections = [
    configSection(runs),
    ...exactSection(runs),
    ...heldOutSection(runs),
    ...await curveSection(runs),
    bitsSection(runs),
    versionSection(runs),
  ];
  return page(title, lead, sections);
}

/** The names of all learnt policies, in the order in which runs have them. */
function policyNames(runs: readonly ComparedRun[]): string[] {
  return [
    ...new Set(runs.flatMap(({ metrics }) => Object.keys(metrics.policies))),
  ];
}

/** Whether all have the same world; null where one's is not known. */
function haveSameWorld(runs: readonly ComparedRun[]): boolean | null {
  if (runs.some(({ metrics }) => metrics.environment === undefined)) {
    return null;
  }
  const worlds = runs.map(({ metrics }) => canonicalJson(metrics.environment));
  return worlds.every((world) => world === worlds[0]);
}

/** What has to be known before any number is compared. */
function summary(runs: readonly ComparedRun[]): string[] {
  const world = haveSameWorld(runs);
  const data = equalityOf(runs, dataHashes(runs));
  return [
    world === null
      ? runs.every(({ metrics }) => metrics.environment === undefined)
        ? "No run knows its world: what policies are worth is estimated from episodes held out."
        : "Not every run knows its world: exact values are of those that do, estimates from episodes held out of the others."
      : world
      ? "All runs have the same world. Values are exact, by dynamic programming."
      : "The worlds differ (a seed may draw its own): exact values are of different tasks, and regret says how far each is from the best of its own.",
    `Data: ${data}. ${
      policyNames(runs).map((name) =>
        `${name}: ${equalityOf(runs, policyHashes(runs, name))}`
      ).join(". ")
    }.`,
  ];
}

function dataHashes(runs: readonly ComparedRun[]): (string | null)[] {
  return runs.map(({ hashes }) => hashes.get("dataset.safetensors") ?? null);
}

function policyHashes(
  runs: readonly ComparedRun[],
  name: string,
): (string | null)[] {
  return runs.map(({ metrics }) => metrics.policies[name]?.sha256 ?? null);
}

/** The exact values of a policy in each run that has them. */
function exactOf(
  runs: readonly ComparedRun[],
  name: string,
): { run: ComparedRun; exact: ExactMetrics }[] {
  return runs.flatMap((run) => {
    const { policies, references } = run.metrics;
    const exact = name === "optimal"
      ? references?.optimal
      : policies[name]?.exact;
    return exact && run.metrics.environment ? [{ run, exact }] : [];
  });
}

function exactSection(runs: readonly ComparedRun[]): Section[] {
  const heads = [
    ...new Set(
      runs.flatMap(({ metrics }) =>
        exactColumns(metrics).map(({ head }) => head)
      ),
    ),
  ];
  if (heads.length === 0) return [];
  const isOneTask = haveSameWorld(runs) === true;
  const groups = [...policyNames(runs), "optimal"].map((name) => {
    const all = exactOf(runs, name);
    const isEqual = name === "optimal" && isOneTask;
    return {
      title: name,
      rows: (isEqual ? all.slice(0, 1) : all).map(({ run, exact }, i) => {
        const { metrics, label } = run;
        const columns = exactColumns(metrics);
        const against = isOneTask && i > 0 ? all[0].exact : null;
        const policy = metrics.policies[name];
        return [
          isEqual ? "all" : label,
          ...heads.map((head): HtmlPart => {
            const column = columns.find((column) => column.head === head);
            if (!column) return "–";
            const difference = against &&
              differenceWords(metrics, head, exact, against);
            return difference
              ? fragment`${column.of(exact)}<small>${difference}</small>`
              : column.of(exact);
          }),
          orDash(
            name === "optimal" ? null : policy.regret,
            (x) => decimal(x, valueDigits(metrics)),
          ),
          orDash(policy?.actionMismatchRate, percent),
        ];
      }),
    };
  });
  const [first] = runs;
  return [{
    heading: "Exact values",
    content: [
      table(["run", ...heads, "regret", "mismatch"], ...groups),
      paragraphs(
        (isOneTask
          ? `Small numbers are differences from the first run that has the policy, most often ${first.label}. `
          : "") +
          "Regret is what the best policy of the run's world has more; mismatch is the share of sampled " +
          "transitions whose action the policy would not take.",
      ),
    ],
  }];
}

/** What a value has more than another run's, of return and of what is unsafe. */
function differenceWords(
  metrics: Metrics,
  head: string,
  exact: ExactMetrics,
  other: ExactMetrics,
): string | null {
  const value = valueOf(metrics);
  const unsafe = unsafeMeasure(metrics.environment!);
  const sign = (x: number) => x > 0 ? "+" : "";
  if (head === valueWords(value)) {
    const [mine, theirs] = [exact[value] ?? null, other[value] ?? null];
    if (mine === null || theirs === null) return null;
    const x = mine - theirs;
    return x === 0 ? "equal" : sign(x) + decimal(x, valueDigits(metrics));
  }
  if (unsafe === null || `${head}Probability` !== unsafe) return null;
  const x = exact[unsafe] - other[unsafe];
  return x === 0 ? "equal" : sign(x) + percentDifference(x);
}

/** The estimators that are shown. */
const ESTIMATORS = ["is", "wis", "dr", "pluginPessimistic"] as const;

interface Estimated {
  readonly name: string;
  readonly run: ComparedRun;
  readonly evaluation: OffPolicyEvaluation;
}

function estimated(runs: readonly ComparedRun[]): Estimated[] {
  return policyNames(runs).flatMap((name) =>
    runs.flatMap((run) => {
      const evaluation = run.metrics.policies[name]?.offPolicy;
      return evaluation ? [{ name, run, evaluation }] : [];
    })
  );
}

function heldOutSection(runs: readonly ComparedRun[]): Section[] {
  const all = estimated(runs);
  if (all.length === 0) return [];
  const write = (value: number) => significant(value, 4);
  const groups = policyNames(runs).map((name) => ({
    title: name,
    rows: all.filter((one) => one.name === name).map(({ run, evaluation }) => [
      run.label,
      evaluation.decision.reasons.length === 0 ? "yes" : "no",
      write(evaluation.effectiveSampleSize),
      intervalWords(evaluation),
      ...ESTIMATORS.map((key) =>
        orDash(evaluation.estimates.return[key].value, write)
      ),
    ]),
  }));
  return [{
    heading: "What the data say",
    content: [
      table(
        [
          "run",
          "supported",
          "effective sample size",
          "return, interval",
          ...ESTIMATORS.map((key) => ESTIMATOR_WORDS[key]),
        ],
        ...groups,
      ),
      paragraphs(
        "Estimates of the return from each run's own episodes held out, which other runs may hold out too or " +
          "not. Where the data do not support a policy, none of its numbers is to be relied on; each run's " +
          "report has the reasons.",
      ),
    ],
  }];
}

function intervalWords(
  { decision, estimates, settings }: OffPolicyEvaluation,
): string {
  const { interval } = estimates.return.is;
  const isSupported = decision.reasons.length === 0;
  return interval === null ||
      !isPrinted("is", settings.propensities, isSupported)
    ? "–"
    : interval.map((end) => significant(end, 4)).join(" to ");
}

/** A plot a policy, with a line a run: only runs whose values are of one kind stand in one plot. */
async function curveSection(runs: readonly ComparedRun[]): Promise<Section[]> {
  const plots: Section["content"][number][] = [];
  for (const name of policyNames(runs)) {
    const trained = runs.filter(({ metrics, training }) =>
      metrics.environment && training[name]
    );
    const kinds = Map.groupBy(
      trained,
      ({ metrics: { environment } }) =>
        `${valueName(environment!)} ${unsafeName(environment!)}`,
    );
    for (const alike of kinds.values()) {
      plots.push(beside(
        await curves(name, alike, plots.length),
        name,
        "Exact values of the greedy policy after each logging interval, a line a run. Where lines " +
          "coincide, the last hides the others.",
      ));
    }
  }
  return plots.length === 0 ? [] : [{ heading: "Training", content: plots }];
}

function curves(
  name: string,
  runs: readonly ComparedRun[],
  index: number,
): Promise<string> {
  const [{ metrics: { environment } }] = runs;
  const value = valueName(environment!);
  const unsafe = unsafeMeasure(environment!);
  const best = (key: typeof value | NonNullable<typeof unsafe>) => {
    const all = runs.map(({ metrics }) =>
      metrics.environment!.optimal[key] ?? null
    );
    return all.every((one) => one === all[0]) ? all[0] : null;
  };
  return plotExactCurves(
    `curves-${index}-${idOf(name)}`,
    runs.map(({ label, training }) => {
      const { columns, rows } = training[name];
      return {
        name: label,
        points: rows.map((row) => {
          const at = (column: string) => {
            const found = row[columns.indexOf(column)];
            return { value: found, low: found, high: found };
          };
          return {
            step: row[0],
            value: at(value),
            unsafe: unsafe && at(unsafe),
          };
        }),
      };
    }),
    { value: best(value), unsafe: unsafe && best(unsafe) },
    `${name}, greedy, after each logging interval`,
    {
      value: `expected ${valueWords(value)}`,
      unsafe: unsafeName(environment!),
    },
  );
}

function bitsSection(runs: readonly ComparedRun[]): Section {
  return {
    heading: "The same bits?",
    content: [
      hashTable(runs, [
        ["data", dataHashes(runs)],
        ...policyNames(runs).map((name) =>
          [name, policyHashes(runs, name)] as const
        ),
      ]),
      paragraphs(
        "SHA-256 of the data set and of each policy's file: equal ones have the same bits and do the same everywhere.",
      ),
    ],
  };
}

/** The same in a few lines for a terminal. */
export function formatRuns(
  output: Output,
  runs: readonly ComparedRun[],
): string {
  const names = policyNames(runs);
  const known = runs.filter(({ metrics }) => metrics.environment);
  const heads = [
    ...new Set(
      known.flatMap(({ metrics }) =>
        exactColumns(metrics).filter(({ isBrief }) => isBrief)
          .map(({ head }) => head)
      ),
    ),
  ];
  const exact = names.flatMap((name) =>
    exactOf(runs, name).map(({ run, exact }) => {
      const columns = exactColumns(run.metrics);
      return [
        name,
        run.label,
        ...heads.map((head) =>
          columns.find((column) => column.head === head)?.of(exact) ?? "–"
        ),
        run.metrics.policies[name].sha256.slice(0, 8),
      ];
    })
  );
  const estimates = estimated(runs).map(({ name, run, evaluation }) => [
    name,
    run.label,
    evaluation.decision.reasons.length === 0 ? "yes" : "no",
    significant(evaluation.effectiveSampleSize, 4),
    intervalWords(evaluation),
    run.metrics.policies[name].sha256.slice(0, 8),
  ]);
  return [
    ...exact.length > 0
      ? [formatTable(output, ["policy", "run", ...heads, "SHA-256"], exact)]
      : [],
    ...estimates.length > 0
      ? [
        formatTable(output, [
          "policy",
          "run",
          "supported",
          "effective sample size",
          "return, interval",
          "SHA-256",
        ], estimates),
      ]
      : [],
    `${
      [
        `data: ${equalityOf(runs, dataHashes(runs))}`,
        ...names.map((name) =>
          `${name}: ${equalityOf(runs, policyHashes(runs, name))}`
        ),
        ...differenceLines(runs),
      ].join("\n")
    }\n`,
  ].join("\n");
}
