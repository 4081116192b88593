/**
 * The plots of a study, by file name.
 *
 * @module
 */

import { unsafeName } from "../mdp/mdp.ts";
import { plotExactCurves } from "./plots/exact_curves.ts";
import { plotSeeds } from "./plots/seeds.ts";
import { plotIntervals, plotPerformanceProfiles } from "./plots/study.ts";
import {
  drawn,
  policyLabel,
  type QuantityWords,
  seedCount,
  studyQuantities,
} from "./study_words.ts";
import type {
  LogQuantity,
  PolicyAggregates,
  PolicyName,
  Quantity,
  StudyCurve,
  StudyGroup,
  StudyResult,
} from "../evaluation/study_results.ts";

/** A kind of plot of a study. */
export type StudyPlotKind =
  | "intervals"
  | "seeds"
  | "curves"
  | "profiles"
  | "profiles-unsafe"
  | "profiles-cvar10"
  | `profiles-${LogProfile}`;

/** Where no world is known, the quantities beside the first, by how a page calls them. */
export const LOG_PROFILES = {
  pessimisticModelReturn: "Return in the pessimistic model, seed by seed",
  returnAtLeast: "What the return is at least, seed by seed",
  effectiveSampleSize: "Effective sample size, seed by seed",
} as const satisfies Partial<Record<LogQuantity, string>>;

/** One of {@link LOG_PROFILES}. */
export type LogProfile = keyof typeof LOG_PROFILES;

/** The kind of a quantity's profiles. */
function profileKind(
  { quantity, isProbability }: QuantityWords,
): StudyPlotKind {
  if (isProbability) return "profiles-unsafe";
  return quantity === "cvar10" || quantity in LOG_PROFILES
    ? `profiles-${quantity as "cvar10" | LogProfile}`
    : "profiles";
}

/** What each seed (and training seed) of a policy gave of a quantity. */
export type ValuesOf = (
  policy: PolicyName,
  quantity: Quantity,
) => Float64Array;

/** File name, without its ending, of a plot of a group of presets. */
export function studyPlotName(
  kind: StudyPlotKind,
  presets: readonly string[],
): string {
  return `${kind}-${presets.join("-")}`;
}

/**
 * Draws intervals, each seed, performance profiles and learning curves of each group of policies that can
 * be compared.
 *
 * @param values `study.json`.
 * @param curves Of the learners.
 * @returns [name without ending, SVG] in a fixed order, named as by {@link studyPlotName}.
 */
export async function plotStudy(
  values: StudyResult,
  curves: readonly StudyCurve[],
  valuesOf: ValuesOf,
): Promise<[name: string, svg: string][]> {
  const plots: [string, string][] = [];
  for (const group of values.groups) {
    plots.push(...await plotGroup(values, group, curves, valuesOf));
  }
  return plots;
}

async function plotGroup(
  values: StudyResult,
  { presets, profiles }: StudyGroup,
  curves: readonly StudyCurve[],
  valuesOf: ValuesOf,
): Promise<[name: string, svg: string][]> {
  const members = values.policies.filter((policy) => isIn(policy, presets));
  const quantities = studyQuantities(values);
  const unsafe = unsafeName(values);
  const optimal = members.find(({ policy }) => policy === "optimal");
  const optimum = (quantity: Quantity) =>
    optimal?.aggregates[quantity].interquartileMean.value ?? null;
  const seeds = seedCount(values.study);
  const hasInterval = members.some(({ aggregates }) =>
    quantities.some(({ quantity }) =>
      aggregates[quantity].interquartileMean.low !== null
    )
  );
  const interval = hasInterval
    ? "95 % bootstrap interval"
    : "none, too few seeds";
  const name = studyPlotName("intervals", presets);
  const intervals = await plotIntervals(
    name,
    quantities.map(({ quantity, ...words }) => ({
      ...words,
      optimum: optimum(quantity),
      rows: members.filter((policy) => policy !== optimal).map((policy) => ({
        name: policyLabel(policy, policy.kind === "learner" ? presets : []),
        ...drawn(policy.aggregates[quantity].interquartileMean),
      })),
    })),
    `Tick: interquartile mean over ${seeds}; bar: ${interval}${
      optimal ? "; dashed: optimal" : ""
    }`,
  );
  const plots: [string, string][] = [[name, intervals]];
  const dots = studyPlotName("seeds", presets);
  plots.push([
    dots,
    await plotSeeds(
      dots,
      quantities.map(({ quantity, ...words }) => ({
        ...words,
        rows: members.map((policy) => ({
          name: policyLabel(policy, policy.kind === "learner" ? presets : []),
          mean: policy.aggregates[quantity].interquartileMean.value,
          values: valuesOf(policy, quantity),
        })),
      })),
      `Tick: interquartile mean over ${seeds}`,
    ),
  ]);
  const learners = members.filter(({ kind }) => kind === "learner");
  for (const words of quantities) {
    const name = studyPlotName(profileKind(words), presets);
    const { thresholds, policies } = profiles[words.quantity];
    const shown = policies.filter((profile) =>
      learners.some((learner) => isSame(learner, profile))
    );
    const svg = await plotPerformanceProfiles(
      name,
      thresholds,
      shown.map((profile) => ({
        name: policyLabel(profile, presets),
        shares: profile.shares.map(drawn),
      })),
      words,
      `Lines: share of ${seeds}; bands: exact 95 % interval at each value`,
    );
    plots.push([name, svg]);
  }
  const shown = curves.filter(({ preset }) => presets.includes(preset));
  if (shown.length > 0) {
    const name = studyPlotName("curves", presets);
    const svg = await plotExactCurves(
      name,
      shown.map((curve) => ({
        name: policyLabel(curve, presets),
        points: curve.points.map((point) => ({
          step: point.step,
          value: drawn(point.value),
          unsafe: point.unsafe && drawn(point.unsafe),
        })),
      })),
      {
        value: optimum(values.quantities[0]),
        unsafe: unsafe === null ? null : optimum(`${unsafe}Probability`),
      },
      `Interquartile mean over ${seeds}; band: ${interval}`,
      { value: quantities[0].title, unsafe },
    );
    plots.push([name, svg]);
  }
  return plots;
}

/** Learners of a group's presets, and the references of its first: those of the others are equal. */
function isIn(
  { preset, kind }: PolicyAggregates,
  presets: readonly string[],
): boolean {
  return kind === "learner" ? presets.includes(preset) : preset === presets[0];
}

function isSame(a: PolicyName, b: PolicyName): boolean {
  return a.preset === b.preset && a.policy === b.policy;
}
