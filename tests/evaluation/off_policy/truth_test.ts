import { equal, ok } from "node:assert/strict";
import { openDataset } from "../../../src/dataset/formats/dataset_file.ts";
import {
  percentileInterval,
  resample,
} from "../../../src/evaluation/off_policy/bootstrap.ts";
import {
  perDecisionTerms,
  trajectoryTerms,
} from "../../../src/evaluation/off_policy/importance.ts";
import {
  bernsteinInterval,
  clipped,
  hoeffdingInterval,
  type Interval,
  sampleMoments,
  studentInterval,
} from "../../../src/evaluation/off_policy/intervals.ts";
import { logOf } from "../../../src/evaluation/off_policy/log.ts";
import { pairsOf } from "../../../src/evaluation/off_policy/pairs.ts";
import {
  outcomeQuantity,
  returnQuantity,
} from "../../../src/evaluation/off_policy/quantity.ts";
import { importanceWeights } from "../../../src/evaluation/off_policy/weights.ts";
import { randomStream } from "../../../src/numerics/random.ts";
import { counted, estimates, fills, models, samplers } from "./vectors.ts";

const TRUTH = new URL("../../../../shared/truth/ope/", import.meta.url)
  .pathname;
const exists = (path: string) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
};
const isMissing = !exists(`${TRUTH}hazard-grid-6x6.csv`);
const WHERE = isMissing ? " (ignored: ../shared/truth/ope is not there)" : "";

/** The data, and each of the 54 combinations of target, quantity and kind of propensity. */
async function grid() {
  const read = (part: string) =>
    JSON.parse(Deno.readTextFileSync(`${TRUTH}hazard-grid-6x6.${part}.json`));
  const dataset = await openDataset(`${TRUTH}hazard-grid-6x6.csv`);
  const log = logOf(dataset);
  const { horizon, targets, clip } = read("ope");
  const world = read("world");
  const ends = Uint8Array.from(
    { length: log.offsets.length - 1 },
    (_, e) => dataset.rewards[log.offsets[e + 1] - 1] === -20 ? 1 : 0,
  );
  const logged = dataset.propensities!;
  const cases = Object.keys(targets).flatMap((policy) => {
    // The policies are by cell, row by row; the log's states in the order of appearance.
    const target = new Float64Array(log.stateCount * 4);
    for (let s = 0; s < log.stateCount; s++) {
      const [row, column] = log.observations.subarray(2 * s, 2 * s + 2);
      target.set(world.targets[policy][row * 6 + column], s * 4);
    }
    return ["return_gamma_1", "return_gamma_0.95", "hazard"].flatMap((name) => {
      const discount = name.endsWith("0.95") ? 0.95 : 1;
      const isHazard = name === "hazard";
      const quantity = isHazard
        ? outcomeQuantity(log, ends)
        : returnQuantity(dataset, discount);
      const unseen = fills(horizon, discount, -20, isHazard ? 1 : -20);
      return (["logged", "counted"] as const).map((kind) => ({
        name: `${policy}, ${name}, ${kind}`,
        kind,
        policy,
        quantityName: name,
        target,
        quantity,
        unseen,
        range: clip[name] as Interval,
        propensities: kind === "logged" ? logged : undefined,
        truth: targets[policy],
      }));
    });
  });
  return { log, horizon, cases, perEpisode: read("per-episode"), logged };
}

function near(found: number, wanted: number, what: string, within = 1e-9) {
  const scale = Math.max(1, Math.abs(wanted));
  ok(
    Math.abs(found - wanted) <= within * scale,
    `${what}: ${found}, ${wanted}`,
  );
}

Deno.test({
  name: `hazard grid: all estimates${WHERE}`,
  ignore: isMissing,
  async fn() {
    const { log, horizon, cases } = await grid();
    let compared = 0;
    for (const c of cases) {
      const wanted =
        c.truth.estimates[`${c.kind}_propensities`][c.quantityName];
      const found = estimates(
        log,
        c.quantity,
        c.target,
        c.propensities,
        horizon,
        c.unseen,
      );
      for (const [key, value] of Object.entries(wanted)) {
        if (key === "first_step_with_zero_weight_sum") continue;
        if (value === null) equal(found[key], null, `${c.name}, ${key}`);
        else near(found[key]!, value as number, `${c.name}, ${key}`);
        compared++;
      }
    }
    equal(compared, 318);
  },
});

Deno.test({
  name: `hazard grid: weight, return and terms of each episode${WHERE}`,
  ignore: isMissing,
  async fn() {
    const { log, cases, perEpisode, logged } = await grid();
    for (const c of cases) {
      if (c.kind !== "logged") continue;
      const wanted = perEpisode[c.policy][c.quantityName];
      const weights = importanceWeights(log, c.target, logged);
      const terms = trajectoryTerms(log, c.quantity, weights);
      const decisions = perDecisionTerms(log, c.quantity, weights);
      weights.last.forEach((weight, e) => {
        near(weight, wanted.weight[e], `${c.name}, weight ${e}`);
        near(
          terms[e],
          wanted.weight[e] * wanted.return_[e],
          `${c.name}, return ${e}`,
        );
        near(decisions[e], wanted.PDIS[e], `${c.name}, PDIS ${e}`);
      });
    }
  },
});

Deno.test({
  name: `hazard grid: all intervals of terms${WHERE}`,
  ignore: isMissing,
  async fn() {
    const { log, cases } = await grid();
    const pairs = pairsOf(log);
    let compared = 0;
    for (const c of cases) {
      const weights = importanceWeights(
        log,
        c.target,
        c.propensities ?? counted(log, pairs),
      );
      for (const key of ["IS", "PDIS"] as const) {
        const terms = key === "IS"
          ? trajectoryTerms(log, c.quantity, weights)
          : perDecisionTerms(log, c.quantity, weights);
        const wanted =
          c.truth.intervals[`${c.kind}_propensities`][c.quantityName][key];
        const cut = clipped(terms, ...c.range);
        const { mean, std } = sampleMoments(cut.terms);
        const found: Record<string, number | Interval> = {
          mean_clipped: mean,
          std_clipped: std,
          clipped_count: cut.count,
          student_t: studentInterval(cut.terms, 0.05),
          student_t_unclipped: studentInterval(terms, 0.05),
        };
        for (
          const [sides, kind] of [
            [2, "two_sided"],
            [1, "one_sided_bounds"],
          ] as const
        ) {
          found[`hoeffding_${kind}`] = hoeffdingInterval(
            cut.terms,
            c.range,
            0.05,
            sides,
          );
          found[`empirical_bernstein_${kind}`] = bernsteinInterval(
            cut.terms,
            c.range,
            0.05,
            sides,
          );
        }
        for (const [name, value] of Object.entries(wanted)) {
          [value].flat().forEach((end, k) => {
            const what = `${c.name}, ${key}, ${name}`;
            near([found[name]].flat()[k], end as number, what);
            compared++;
          });
        }
      }
    }
    equal(compared, 540);
  },
});

/** Whether ends lie within five Monte Carlo errors of those of 100,000 draws. */
function nearEnds(
  found: Interval,
  wanted: { lower: number; upper: number; standard_error_of_ends: number[] },
  draws: number,
  what: string,
) {
  const factor = 5 * Math.sqrt(1 + 100_000 / draws);
  [wanted.lower, wanted.upper].forEach((end, k) => {
    const limit = factor * wanted.standard_error_of_ends[k] + 1e-12;
    ok(Math.abs(found[k] - end) <= limit, `${what}: ${found[k]}, ${end}`);
  });
}

Deno.test({
  name: `hazard grid: bootstrap percentiles${WHERE}`,
  ignore: isMissing,
  async fn() {
    const { log, horizon, cases } = await grid();
    const pairs = pairsOf(log);
    const seed = 3;
    console.log(`seed ${seed}`);
    for (const c of cases) {
      const bootstrap = c.truth.bootstrap;
      const { IS, WIS, PDIS, WPDIS } = samplers(
        log,
        c.quantity,
        c.target,
        c.propensities ?? counted(log, pairs),
      );
      const check = (
        estimators: Record<string, (m: Float64Array) => number | null>,
        wantedOf: (name: string) => Parameters<typeof nearEnds>[1],
        draws: number,
      ) => {
        const stream = randomStream(seed, `test/bootstrap/${c.name}`);
        const drawn = resample(
          (multiplicity, into) =>
            Object.values(estimators).forEach((estimate, k) =>
              into[k] = estimate(multiplicity) ?? NaN
            ),
          Object.keys(estimators).length,
          log.offsets.length - 1,
          draws,
          stream,
        );
        Object.keys(estimators).forEach((name, k) => {
          nearEnds(
            percentileInterval(drawn[k], 0.05)!,
            wantedOf(name),
            draws,
            `${c.name}, ${name}`,
          );
        });
      };
      check(
        { IS, WIS, PDIS, WPDIS },
        (name) => bootstrap[`${c.kind}_propensities`][c.quantityName][name],
        1000,
      );
      if (c.kind === "counted") continue;
      const { FQE, MB_hazard } = models(
        log,
        pairs,
        c.quantity,
        c.target,
        horizon,
        c.unseen,
      );
      check(
        { FQE, MB_hazard },
        (name) => bootstrap.model[name][c.quantityName],
        300,
      );
    }
  },
});
