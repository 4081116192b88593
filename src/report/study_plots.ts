/**
 * The plots of a study, by file name.
 *
 * @module
 */

import { plotExactCurves } from "./plots/exact_curves.ts";
import { plotIntervals, plotPerformanceProfiles } from "./plots/study.ts";
import { idOf } from "./plots/render.ts";
import {
  policyLabel,
  type StudyComparable,
  type StudyCurve,
  type StudyPolicy,
  type StudyPolicyName,
  studyQuantities,
  type StudyQuantity,
  studyQuantityNames,
  type StudyValues,
} from "./study_values.ts";

/**
 * Draws intervals, performance profiles and learning curves of each group of policies that can
 * be compared.
 *
 * @param values `study.json`.
 * @param curves Of the learners.
 * @returns [name without ending, SVG] in a fixed order; with the number of the group behind
 *   the name from the second group on.
 */
export async function plotStudy(
  values: StudyValues,
  curves: readonly StudyCurve[],
): Promise<[name: string, svg: string][]> {
  const plots: [string, string][] = [];
  for (const [index, group] of values.groups.entries()) {
    const numbered = (name: string) =>
      index === 0 ? name : `${name}-${index + 1}`;
    for (
      const [name, svg] of await plotGroup(values, group, curves, numbered)
    ) {
      plots.push([name, svg]);
    }
  }
  return plots;
}

async function plotGroup(
  values: StudyValues,
  { presets, profiles }: StudyComparable,
  curves: readonly StudyCurve[],
  numbered: (name: string) => string,
): Promise<[name: string, svg: string][]> {
  const members = values.policies.filter((policy) => isIn(policy, presets));
  const optimal = members.find(({ policy }) => policy === "optimal");
  const optimum = (quantity: StudyQuantity) =>
    optimal?.aggregates[quantity].interquartileMean.value ?? null;
  const seeds = `${values.study.seeds.length} seeds`;
  const name = numbered("intervals");
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
    const name = numbered(`profile-${idOf(quantity)}`);
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
    const name = numbered("exact-curves");
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
