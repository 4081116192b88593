/**
 * The plots of a study, by file name.
 *
 * @module
 */

import { plotExactCurves } from "./plots/exact_curves.ts";
import { plotIntervals, plotPerformanceProfiles } from "./plots/study.ts";
import {
  type ByQuantity,
  policyLabel,
  type StudyCurve,
  type StudyPolicy,
  type StudyPolicyName,
  studyQuantities,
  type StudyQuantity,
  studyQuantityNames,
  type StudyValues,
} from "./study_values.ts";

/** A kind of plot of a study. */
export type StudyPlotKind =
  | "intervals"
  | "exact-curves"
  | "profile-return-mean"
  | "profile-hazard-probability"
  | "profile-cvar10";

const profileKinds: ByQuantity<StudyPlotKind> = {
  returnMean: "profile-return-mean",
  hazardProbability: "profile-hazard-probability",
  cvar10: "profile-cvar10",
};

/** File name, without its ending, of a plot of a group: numbered from the second group on. */
export function studyPlotName(kind: StudyPlotKind, group: number): string {
  return group === 0 ? kind : `${kind}-${group + 1}`;
}

/**
 * Draws intervals, performance profiles and learning curves of each group of policies that can
 * be compared.
 *
 * @param values `study.json`.
 * @param curves Of the learners.
 * @returns [name without ending, SVG] in a fixed order, named as by {@link studyPlotName}.
 */
export async function plotStudy(
  values: StudyValues,
  curves: readonly StudyCurve[],
): Promise<[name: string, svg: string][]> {
  const plots: [string, string][] = [];
  for (const index of values.groups.keys()) {
    plots.push(...await plotGroup(values, index, curves));
  }
  return plots;
}

async function plotGroup(
  values: StudyValues,
  index: number,
  curves: readonly StudyCurve[],
): Promise<[name: string, svg: string][]> {
  const { presets, profiles } = values.groups[index];
  const members = values.policies.filter((policy) => isIn(policy, presets));
  const optimal = members.find(({ policy }) => policy === "optimal");
  const optimum = (quantity: StudyQuantity) =>
    optimal?.aggregates[quantity].interquartileMean.value ?? null;
  const seeds = `${values.study.seeds.length} seeds`;
  const name = studyPlotName("intervals", index);
  const intervals = await plotIntervals(
    name,
    studyQuantityNames.map((quantity) => ({
      ...studyQuantities[quantity],
      optimum: optimum(quantity),
      rows: members.filter((policy) => policy !== optimal).map((policy) => ({
        name: policyLabel(policy, policy.kind === "learner" ? presets : []),
        ...policy.aggregates[quantity].interquartileMean,
      })),
    })),
    `Tick: interquartile mean over ${seeds}; bar: 95 % bootstrap interval; dashed: optimum`,
  );
  const plots: [string, string][] = [[name, intervals]];
  const learners = members.filter(({ kind }) => kind === "learner");
  for (const quantity of studyQuantityNames) {
    const name = studyPlotName(profileKinds[quantity], index);
    const { thresholds, policies } = profiles[quantity];
    const shown = policies.filter((profile) =>
      learners.some((learner) => isSame(learner, profile))
    );
    const svg = await plotPerformanceProfiles(
      name,
      thresholds,
      shown.map((profile) => ({
        name: policyLabel(profile, presets),
        shares: profile.shares,
      })),
      studyQuantities[quantity],
      `Lines: share of ${seeds}; bands: 95 % bootstrap interval`,
    );
    plots.push([name, svg]);
  }
  const shown = curves.filter(({ preset }) => presets.includes(preset));
  if (shown.length > 0) {
    const name = studyPlotName("exact-curves", index);
    const svg = await plotExactCurves(
      name,
      shown.map((curve) => ({
        name: policyLabel(curve, presets),
        points: curve.points,
      })),
      {
        returnMean: optimum("returnMean"),
        hazardProbability: optimum("hazardProbability"),
      },
      `Interquartile mean over ${seeds} with 95 % bootstrap interval`,
    );
    plots.push([name, svg]);
  }
  return plots;
}

/** Learners of a group's presets, and the references of its first: those of the others are equal. */
function isIn(
  { preset, kind }: StudyPolicy,
  presets: readonly string[],
): boolean {
  return kind === "learner" ? presets.includes(preset) : preset === presets[0];
}

function isSame(a: StudyPolicyName, b: StudyPolicyName): boolean {
  return a.preset === b.preset && a.policy === b.policy;
}
