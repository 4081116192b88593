/**
 * The plots of a study, by file name.
 *
 * @module
 */
import { interquartileMean } from "../evaluation/statistics.ts";
import { plotExactCurves } from "../report/plots/exact_curves.ts";
import {
  plotIntervals,
  plotPerformanceProfiles,
} from "../report/plots/study.ts";
import type { StudyFindings, StudyGroup } from "./study_result.ts";
import type { PolicyName } from "./study_series.ts";
import { type Quantity, QUANTITY_NAMES } from "./study_statistics.ts";

const TITLES: Readonly<Record<Quantity, string>> = {
  returnMean: "expected return",
  hazardProbability: "hazard probability",
  cvar10: "CVaR at 10 %",
};

const SHADE = "with 95 % bootstrap intervals over the seeds";

/**
 * Draws the plots of each group of presets that can be compared.
 *
 * @returns [name without ending, SVG] in a fixed order.
 */
export async function plotStudy(
  findings: StudyFindings,
): Promise<[name: string, svg: string][]> {
  const plots: [string, string][] = [];
  for (const group of findings.result.groups) {
    const name = group.presets.join("-");
    plots.push(
      [`intervals-${name}`, await drawIntervals(findings, group)],
      [`profiles-${name}`, await drawProfiles(group)],
      [`curves-${name}`, await drawCurves(findings, group)],
    );
  }
  return plots;
}

/** The policies of a group without the optimal one, which is a line in every plot. */
function drawnPolicies({ profiles }: StudyGroup): PolicyName[] {
  return profiles.returnMean.policies.filter(({ policy }) =>
    policy !== "optimal"
  );
}

/** With the preset where the group has several of that policy. */
function labelOf(
  { presets, profiles }: StudyGroup,
  { preset, policy }: PolicyName,
): string {
  const alike = profiles.returnMean.policies
    .filter((other) => other.policy === policy);
  return presets.length > 1 && alike.length > 1
    ? `${preset} ${policy}`
    : policy;
}

function drawIntervals(
  { result, series }: StudyFindings,
  group: StudyGroup,
): Promise<string> {
  const panels = QUANTITY_NAMES.map((quantity) => ({
    title: TITLES[quantity],
    isProbability: quantity === "hazardProbability",
    rows: drawnPolicies(group).map((name) => ({
      name: labelOf(group, name),
      ...find(result.policies, name).aggregates[quantity].interquartileMean,
    })),
    optimum: optimumOf(series, group, quantity),
  }));
  return plotIntervals(
    panels,
    `Tick: interquartile mean, ${SHADE}; dashed: the optimum's`,
  );
}

function drawProfiles(group: StudyGroup): Promise<string> {
  const { thresholds, policies } = group.profiles.returnMean;
  // Every run lies above a threshold under the lowest return.
  const below = Math.floor(thresholds[0]) - 1;
  const all = { value: 1, low: 1, high: 1 };
  const profiles = policies
    .filter(({ policy }) => policy !== "optimal")
    .map((profile) => ({
      name: labelOf(group, profile),
      points: [
        { threshold: below, ...all },
        ...thresholds.map((threshold, i) => ({
          threshold,
          ...profile.shares[i],
        })),
      ],
    }));
  return plotPerformanceProfiles(
    profiles,
    TITLES.returnMean,
    `Share of the seeds whose ${TITLES.returnMean} is above τ, ${SHADE}`,
  );
}

function drawCurves(
  { curves, series }: StudyFindings,
  group: StudyGroup,
): Promise<string> {
  const learners = curves
    .filter(({ preset }) => group.presets.includes(preset))
    .map((curve) => ({
      name: labelOf(group, curve),
      points: curve.points,
    }));
  return plotExactCurves(
    learners,
    {
      returnMean: optimumOf(series, group, "returnMean"),
      hazardProbability: optimumOf(series, group, "hazardProbability"),
    },
    `Interquartile mean, ${SHADE}`,
  );
}

function optimumOf(
  series: StudyFindings["series"],
  { presets: [preset] }: StudyGroup,
  quantity: Quantity,
): number {
  const { optimal } = find(series, { preset, policy: "optimal" });
  const scores = Float64Array.from(optimal, (exact) => exact[quantity]);
  return interquartileMean({ runs: scores.length, tasks: 1, scores });
}

function find<T extends PolicyName>(
  all: readonly T[],
  { preset, policy }: PolicyName,
): T {
  const found = all.find((one) =>
    one.preset === preset && one.policy === policy
  );
  if (!found) throw new Error(`${preset}, ${policy}: missing`);
  return found;
}
