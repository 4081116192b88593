import { deepEqual, equal, ok } from "node:assert/strict";
import {
  bcaInterval,
  percentileInterval,
  resample,
} from "../../../src/evaluation/off_policy/bootstrap.ts";
import {
  normalProbability,
  normalQuantile,
  studentQuantile,
} from "../../../src/numerics/normal.ts";
import { randomStream } from "../../../src/numerics/random.ts";

Deno.test("BCa and percentile intervals of a skewed mean are SciPy's", () => {
  // scipy.stats.bootstrap(method="BCa", n_resamples=400000) of these 30 numbers.
  const terms = Float64Array.from(
    { length: 30 },
    (_, i) => Math.exp(Math.sin((i + 1) * 1.7) * 1.5),
  );
  const seed = 5;
  console.log(`seed ${seed}`);
  const mean = (of: (e: number) => number) =>
    terms.reduce((sum, x, e) => sum + of(e) * x, 0) /
    terms.reduce((sum, _, e) => sum + of(e), 0);
  const [drawn] = resample(
    (multiplicity, into) => into[0] = mean((e) => multiplicity[e]),
    1,
    30,
    40_000,
    randomStream(seed, "test/bca"),
  );
  const near = (found: readonly number[], wanted: number[]) =>
    found.forEach((x, k) => ok(Math.abs(x - wanted[k]) < 0.015, `${found}`));
  near(percentileInterval(drawn, 0.05)!, [1.1718, 2.2437]);
  const without = terms.map((_, out) => mean((e) => e === out ? 0 : 1));
  near(bcaInterval(mean(() => 1), without, drawn, 0.05)!, [1.2001, 2.2799]);
});

Deno.test("draws in which an estimate is not defined are left out and counted", () => {
  const draw = (estimate: (m: Float64Array) => number, draws: number) =>
    resample(
      (m, into) => into[0] = estimate(m),
      1,
      3,
      draws,
      randomStream(1, "test"),
    )[0];
  const drawn = draw((m) => m[0] === 0 ? NaN : m[0], 500);
  ok(drawn.undefined > 50 && drawn.undefined < 300);
  equal(drawn.sorted.length + drawn.undefined, 500);
  equal(bcaInterval(1, Float64Array.of(NaN, 1, 1), drawn, 0.05), null);
  const never = draw(() => NaN, 10);
  deepEqual([never.undefined, percentileInterval(never, 0.05)], [10, null]);
});

Deno.test("quantiles of the normal distribution and of Student's", () => {
  // scipy.stats.t.ppf and norm.ppf.
  for (
    const [p, freedom, wanted] of [
      [0.975, 1, 12.706204736174694],
      [0.975, 2, 4.302652729749462],
      [0.95, 10, 1.8124611228116756],
      [0.99, 199, 2.3452322311210203],
      [0.9999, 5, 9.677566300882814],
      [0.025, 999, -1.9623414611334493],
      [0.975, 100000, 1.9599877075346095],
    ]
  ) {
    const found = studentQuantile(p, freedom);
    ok(Math.abs(found - wanted) < 1e-11 * Math.abs(wanted), `${found}`);
  }
  for (
    const [p, wanted] of [
      [0.025, -1.9599639845400545],
      [0.9, 1.2815515655446004],
      [0.999, 3.090232306167813],
    ]
  ) {
    ok(Math.abs(normalQuantile(p) - wanted) < 1e-13);
    ok(Math.abs(normalProbability(wanted) - p) < 1e-15);
  }
});
