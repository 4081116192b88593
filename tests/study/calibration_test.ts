import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { dirname } from "node:path";
import { collectDataset } from "../../src/dataset/collect.ts";
import type { EstimatorName } from "../../src/evaluation/off_policy/estimates.ts";
import { PRINTED_INTERVALS } from "../../src/evaluation/off_policy/printed.ts";
import { mdpRows } from "../../src/mdp/build.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";
import { calibrate } from "../../src/study/calibration/calibrate.ts";
import type { Calibration } from "../../src/study/calibration/result.ts";
import type {
  CalibrationWorld,
  FoundPolicy,
} from "../../src/study/calibration/cell.ts";
import {
  asObserved,
  countedForEver,
  observedWorld,
} from "../../src/study/calibration/observed.ts";
import { sizeResult } from "../../src/study/calibration/statistics.ts";
import { seedOf, TARGETS } from "../../src/study/calibration/targets.ts";

/** One decision: of two hidden states that look alike, each action ends well in one. */
function hidden(share: number, lost = 0): FiniteMdp {
  const rows = mdpRows(2, 2);
  for (const state of [0, 1]) {
    for (const action of [0, 1]) {
      const isGood = state === action;
      rows.add(state, action, {
        probability: 1,
        nextState: 0,
        reward: isGood ? 1 : lost,
        outcome: isGood ? 2 : 1,
      });
    }
  }
  return {
    ...rows.finish(),
    stateCount: 2,
    actionCount: 2,
    outcomes: [
      { name: "lost", ends: true, unsafe: true },
      { name: "won", ends: true, unsafe: false },
    ],
    start: Float64Array.of(share, 1 - share),
    horizon: 1,
    discount: 1,
    observations: new Float32Array(2),
    observationSize: 1,
  };
}

const behaviour = Float64Array.of(0.5, 0.5, 0.25, 0.75);
const world = (mdp: FiniteMdp): CalibrationWorld => ({
  title: "two that look alike",
  mdp,
  behaviour,
  propensities: "column",
  seed: 3,
});
const folder = () => `${Deno.makeTempDirSync()}/calibration`;

async function calibrated(mdp: FiniteMdp, jobs = 1, out = folder()) {
  const found = await calibrate({
    world: world(mdp),
    datasets: 3,
    sizes: [10, 20],
    out,
    jobs,
  });
  return { found, out };
}

/** An estimator's results on a policy. */
function accuracyOf(
  { sizes }: Calibration,
  size: number,
  quantity: number,
  estimator: EstimatorName,
  policy: string,
) {
  return sizes[size].quantities[quantity].estimators
    .find((result) => result.estimator === estimator)!.policies[policy];
}

Deno.test("calibration: what a log shows of a hidden state, by hand", () => {
  const mdp = hidden(0.75);
  const observed = observedWorld(mdp, behaviour);
  deepEqual(
    [observed.count, ...observed.classOf, ...observed.visits],
    [1, 0, 0, 0.75, 0.25],
  );
  // 3/4 · 1/2 + 1/4 · 1/4.
  deepEqual([...asObserved(observed, behaviour, 2)], [0.4375, 0.5625]);
  const counted = countedForEver(mdp, observed);
  deepEqual([...counted.outcomeOffsets], [0, 2, 4]);
  deepEqual([...counted.probability], [0.75, 0.25, 0.75, 0.25]);
  deepEqual([...counted.reward], [1, 0, 0, 1]);
});

Deno.test("calibration: truths and the samplers' bias are those of the data sets drawn again", async () => {
  const { found, out } = await calibrated(hidden(0.75));
  // 7/16 · 3/4 + 9/16 · 1/4, and always the first action.
  deepEqual(found.truth.behaviour, [0.46875, 0.53125]);
  deepEqual(found.truth.optimal, [0.75, 0.25]);
  deepEqual(found.quantities, ["return", "lost"]);
  let bias = 0;
  for (let k = 0; k < 3; k++) {
    const data = collectDataset(
      hidden(0.75),
      behaviour,
      20,
      seedOf(3, `data/${k}`),
      undefined,
      true,
    );
    let sum = 0;
    data.actions.forEach((action, i) => {
      if (action === 0) sum += data.rewards[i] / data.propensities![i];
    });
    bias += (sum / 20 - 0.75) / 3;
  }
  const optimal = accuracyOf(found, 1, 0, "is", "optimal");
  ok(Math.abs(optimal.bias! - bias) < 1e-12, `${optimal.bias}, ${bias}`);
  equal(optimal.defined, 3);
  ok(Deno.readTextFileSync(`${out}/calibration.md`).includes("| 20 | wis |"));
});

Deno.test("calibration: where every return is 1 nothing errs, and nobody knows which others can be", async () => {
  const { found } = await calibrated(hidden(0.75, 1));
  // All that is estimated is 1 whatever the weights, where they are normalised.
  for (const estimator of ["wis", "wpdis", "plugin"] as const) {
    for (const policy of TARGETS) {
      const { bias, rmse } = accuracyOf(found, 0, 0, estimator, policy);
      if (bias !== null) ok(Math.abs(bias) < 1e-12 && rmse! < 1e-12);
    }
  }
  equal(accuracyOf(found, 0, 0, "is", "optimal").coverage.of, 0);
  equal(accuracyOf(found, 0, 1, "is", "optimal").coverage.of, 3);
});

Deno.test("calibration: the same bytes for any number of workers, and from what a shorter one left", async () => {
  const bytes = (out: string) =>
    ["calibration.json", "calibration.md", "coverage.svg"].map((name) =>
      Deno.readTextFileSync(`${out}/${name}`)
    );
  const mdp = hidden(0.75);
  const { out } = await calibrated(mdp);
  deepEqual(bytes((await calibrated(mdp, 3)).out), bytes(out));
  const short = folder();
  const begun = { world: world(mdp), out: short, jobs: 1 };
  await calibrate({ ...begun, datasets: 2, sizes: [20] });
  Deno.writeTextFileSync(`${short}/datasets/20-1.json`, '[{"cut');
  await calibrated(mdp, 1, short);
  deepEqual(bytes(short), bytes(out));
  const other = { ...begun, world: world(hidden(0.5)) };
  await rejects(calibrate({ ...other, datasets: 2, sizes: [20] }), {
    message:
      `${short}: holds a calibration of another world, seed or kind of propensities; choose another folder with --out`,
  });
});

Deno.test("calibration: a world without a horizon is refused, and leaves no folder", async () => {
  const out = folder();
  await rejects(calibrated({ ...hidden(0.5), horizon: null }, 1, out), {
    message:
      "a calibration needs a world whose episodes end: give --horizon, the steps after which they are truncated",
  });
  equal([...Deno.readDirSync(dirname(out))].length, 0);
});

Deno.test("calibration: statistics by hand", () => {
  /** Truth k / 10 of the k-th policy; all estimators alike. */
  const cell = (
    error: (k: number) => number,
    interval: (k: number) => [number, number] | null,
    bound: number,
  ): FoundPolicy[] =>
    TARGETS.map((_, k) => ({
      truth: { value: k / 10, unsafe: null },
      quantities: [{
        values: Array(8).fill(k / 10 + error(k)),
        intervals: Array(8).fill(interval(k)),
        bound,
        sharedBound: bound,
      }],
      episodes: 2 * k,
      isSupported: k < 2,
    }));
  const found = sizeResult(
    50,
    [
      cell(() => 0.5, (k) => [k / 10, k / 10 + 1], -1),
      // The order is turned round, and no interval holds the truth but the first's.
      cell(
        (k) => -k / 5,
        (k) => k === 0 ? [0, 0.5] : k === 1 ? null : [5, 6],
        0.15,
      ),
    ],
    ["return"],
    { value: 0.1, unsafe: null },
  );
  const [{ estimators: [first], bound }] = found.quantities;
  const last = TARGETS.length - 1;
  const name = TARGETS[last];
  const mine = first.policies[name];
  ok(Math.abs(mine.bias! - (0.5 - last / 5) / 2) < 1e-15);
  const squares = (0.25 + (last / 5) ** 2) / 2;
  ok(Math.abs(mine.rmse! - Math.sqrt(squares)) < 1e-15);
  deepEqual([mine.coverage.count, mine.coverage.of], [1, 2]);
  equal(first.lowestCoverage, 0.5);
  equal(first.policies[TARGETS[1]].coverage.of, 1);
  deepEqual([first.all.coverage.count, first.all.coverage.of], [
    TARGETS.length + 1,
    2 * TARGETS.length - 1,
  ]);
  deepEqual(
    [first.all.coverageSupported.count, first.all.coverageSupported.of],
    [3, 3],
  );
  equal(first.rankCorrelation, 0);
  ok(Math.abs(first.regret1 - last / 20) < 1e-15);
  ok(Math.abs(first.regret3 - (last - 2) / 20) < 1e-15);
  // -1 always holds; 0.15 is above the first two truths, which are supported.
  deepEqual([bound.valid.count, bound.valid.of], [
    2 * TARGETS.length - 2,
    2 * TARGETS.length,
  ]);
  equal(bound.errs.count, 2);
  // Only the first is worse than 0.1, and 0.15 shows that it is not.
  deepEqual([found.decision.wrong.count, found.decision.wrong.of], [1, 2]);
  equal(found.decision.shown.count, 1);
  equal(found.effectiveSampleSize[name], 2 * last);
});

Deno.test("calibration: the intervals printed are those that the published tables find valid", () => {
  const page = Deno.readTextFileSync(
    new URL("../../docs/calibration.md", import.meta.url),
  );
  const percentOf = (text: string) =>
    text === "–" ? null : Number(/[\d.]+/.exec(text)![0]);
  const lowest = new Map<string, number>();
  let isCounted = false;
  let tables = 0;
  for (const line of page.split("\n")) {
    if (line.startsWith("## ")) isCounted = line.includes("counted");
    const cells = line.split("|").map((cell) => cell.trim()).slice(1, -1);
    const [episodes, estimator, , , , ofPolicy, supported] = cells;
    if (estimator === "estimator" && cells.length === 11) tables++;
    if (cells.length !== 11 || !/^[\d,]+$/.test(episodes)) continue;
    // With counted propensities they are printed where the data support the policy.
    const share = percentOf(isCounted ? supported : ofPolicy);
    if (share === null) continue;
    lowest.set(estimator, Math.min(lowest.get(estimator) ?? 100, share));
  }
  ok(tables >= 7, `${tables} tables`);
  equal(lowest.size, 8);
  deepEqual(
    [...lowest].flatMap(([name, share]) => share >= 93 ? [name] : []),
    PRINTED_INTERVALS,
  );
});
