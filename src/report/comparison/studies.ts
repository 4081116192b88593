/**
 * Several studies beside each other.
 *
 * @module
 */
import {
  type PolicyAggregates,
  referenceLabel,
  type StudyCurve,
  type StudyResult,
} from "../../evaluation/study_results.ts";
import { unsafeName } from "../../mdp/mdp.ts";
import {
  beside,
  type HtmlPart,
  page,
  paragraphs,
  type Section,
  table,
} from "../html.ts";
import { percent } from "../numbers.ts";
import { plotExactCurves } from "../plots/exact_curves.ts";
import { idOf } from "../plots/render.ts";
import { studyColumns } from "../study_columns.ts";
import {
  drawn,
  returnWriter,
  seedCount,
  seedList,
  studyQuantities,
  worthWords,
} from "../study_words.ts";
import { formatTable, type Output } from "../terminal.ts";
import {
  type ComparedFolder,
  configSection,
  differenceLines,
  equalityOf,
  versionSection,
} from "./shared.ts";

/** A finished study. */
export interface ComparedStudy extends ComparedFolder {
  /** Its `study.json`. */
  readonly result: StudyResult;
  /** What its learners were worth while they learnt. */
  readonly curves: readonly StudyCurve[];
  /** SHA-256 of each policy's file: by policy (see {@link policyKey}), then by seed and training seed. */
  readonly policyHashes: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/**
 * What a policy is called across studies: learners of studies of one preset each are compared whatever the
 * presets' names.
 *
 * @param presets The presets of its study.
 */
export function policyKey(
  { preset, policy }: { readonly preset: string; readonly policy: string },
  presets: number,
): string {
  return presets === 1 ? policy : `${preset} ${policy}`;
}

function keyIn({ study: { presets } }: StudyResult) {
  const count = Object.keys(presets).length;
  return (policy: { preset: string; policy: string }) =>
    policyKey(policy, count);
}

/** By policy, learners first, what each study that has it found. */
function byPolicy(
  studies: readonly ComparedStudy[],
): [name: string, found: FoundPolicy[]][] {
  const all = studies.flatMap((study) =>
    study.result.policies.map((policy): FoundPolicy => ({
      study,
      policy,
      // Where a learner has its name, a study calls a reference so.
      name: keyIn(study.result)(policy).replace(/ \(reference\)$/, ""),
    }))
  );
  const of = (wanted: string) =>
    Map.groupBy(
      all.filter(({ policy: { kind } }) => kind === wanted),
      ({ name }) => name,
    );
  const learners = of("learner");
  return [
    ...learners,
    ...of("reference").entries().map((
      [name, found],
    ): [string, FoundPolicy[]] => [
      referenceLabel(name, [...learners.keys()]),
      found,
    ]),
  ];
}

interface FoundPolicy {
  readonly study: ComparedStudy;
  readonly policy: PolicyAggregates;
  readonly name: string;
}

/**
 * A page about several studies.
 *
 * @param title Of the page.
 * @param studies At least two.
 * @returns HTML text.
 */
export async function compareStudiesHtml(
  title: string,
  studies: readonly ComparedStudy[],
): Promise<string> {
  const lead = paragraphs(
    ...studies.map(({ label, result }) =>
      `${label}: ${seedCount(result.study)} (${
        seedList(result.study.seeds)
      }), presets ${Object.keys(result.study.presets).join(", ")}.`
    ),
    "Studies of the same layouts and seeds can be compared number by number; others differ by their tasks too.",
  );
  return page(title, lead, [
    configSection(studies),
    numbersSection(studies),
    ...await curveSection(studies),
    bitsSection(studies),
    versionSection(studies),
  ]);
}

function numbersSection(studies: readonly ComparedStudy[]): Section {
  const heads = [
    ...new Set(
      studies.flatMap(({ result }) =>
        studyColumns(result).map(({ head }) => head)
      ),
    ),
  ];
  const groups = byPolicy(studies).map(([title, found]) => ({
    title,
    rows: found.map(({ study: { label, result }, policy }): HtmlPart[] => {
      const columns = studyColumns(result);
      return [
        label,
        ...heads.map((head) =>
          columns.find((column) => column.head === head)?.of(policy) ?? "–"
        ),
      ];
    }),
  }));
  return {
    heading: "Numbers",
    content: [
      table(["study", ...heads], ...groups),
      paragraphs(
        "IQM is the interquartile mean over the seeds, with its 95 % interval in brackets; probabilities are " +
          "medians where nothing else is said. Each study's report explains its columns.",
      ),
    ],
  };
}

/** A plot a policy, with a line a study: only studies of one kind of values stand in one plot. */
async function curveSection(
  studies: readonly ComparedStudy[],
): Promise<Section[]> {
  const all = studies.flatMap((study) =>
    study.curves.map((curve) => ({ study, curve }))
  );
  const groups = Map.groupBy(
    all,
    ({ study: { result }, curve }) =>
      `${keyIn(result)(curve)}\n${curve.quantities.join(" ")}`,
  );
  const plots: Section["content"][number][] = [];
  for (const [key, found] of groups) {
    const [name] = key.split("\n");
    const [{ study: { result } }] = found;
    const svg = await plotExactCurves(
      `curves-${plots.length}-${idOf(name)}`,
      found.map(({ study, curve }) => ({
        name: study.label,
        points: curve.points.map(({ step, value, unsafe }) => ({
          step,
          value: drawn(value),
          unsafe: unsafe && drawn(unsafe),
        })),
      })),
      { value: null, unsafe: null },
      `${name}: interquartile mean over the seeds; band: 95 % bootstrap interval, where there is one`,
      { value: studyQuantities(result)[0].title, unsafe: unsafeName(result) },
    );
    plots.push(beside(
      svg,
      name,
      "Exact values after each logging interval, a line a study. Where lines coincide, the last hides the others.",
    ));
  }
  return plots.length === 0 ? [] : [{ heading: "Training", content: plots }];
}

/** Of each policy that several studies have: of how many seeds in common the policies are equal, in words. */
function bitRows(
  studies: readonly ComparedStudy[],
): [policy: string, words: string][] {
  const keys = new Set(
    studies.flatMap((study) => [...study.policyHashes.keys()]),
  );
  return [...keys].map((key) => {
    const having = studies.filter(({ policyHashes }) => policyHashes.has(key));
    const [first, ...others] = having.map(({ policyHashes }) =>
      policyHashes.get(key)!
    );
    if (others.length === 0) return [key, `only in ${having[0].label}`];
    const common = [...first.keys()].filter((seed) =>
      others.every((hashes) => hashes.has(seed))
    );
    const equal = common.filter((seed) =>
      others.every((hashes) => hashes.get(seed) === first.get(seed))
    );
    return [
      key,
      common.length === 0
        ? "no seed in common"
        : equal.length === common.length
        ? `equal, bit for bit, on all ${common.length} seeds in common`
        : equal.length === 0
        ? `different on all ${common.length} seeds in common`
        : `equal on ${equal.length} of ${common.length} seeds in common`,
    ];
  });
}

function bitsSection(studies: readonly ComparedStudy[]): Section {
  const data = studies.map(({ hashes }) =>
    hashes.get("dataset.safetensors") ?? null
  );
  return {
    heading: "The same bits?",
    content: [
      table(["policy", "its file in all studies that have it"], {
        rows: bitRows(studies),
      }),
      paragraphs(
        ...data.some((hash) => hash !== null)
          ? [`Data from a file: ${equalityOf(studies, data)}.`]
          : [],
        "A seed, and with training seeds each of them, names a training; equal SHA-256 of its policy's file " +
          "say that it gave the same bits.",
      ),
    ],
  };
}

/** The same in a few lines for a terminal. */
export function formatStudies(
  output: Output,
  studies: readonly ComparedStudy[],
): string {
  const rows = byPolicy(studies).flatMap(([key, found]) =>
    found.map(({ study: { label, result }, policy }) => {
      const unsafe = unsafeName(result);
      const risk = unsafe && policy.aggregates[`${unsafe}Probability`];
      const worth = policy.aggregates[result.quantities[0]];
      return [
        key,
        label,
        returnWriter(result)(worth.interquartileMean.value),
        risk ? percent(risk.median.value) : "–",
        risk ? percent(risk.worst.value) : "–",
      ];
    })
  );
  const named = (of: (study: ComparedStudy) => string) =>
    [...new Set(studies.map(of))].join(" or ");
  return [
    formatTable(output, [
      "policy",
      "study",
      `${named(({ result }) => worthWords(result))}, IQM`,
      `${named(({ result }) => unsafeName(result) ?? "unsafe")}, median`,
      "worst seed",
    ], rows),
    `${
      [
        ...bitRows(studies).map(([key, words]) => `${key}: ${words}`),
        ...differenceLines(studies),
      ].join("\n")
    }\n`,
  ].join("\n");
}
