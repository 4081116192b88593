import { ok } from "node:assert/strict";
import { meanAtLeast } from "../../../src/evaluation/off_policy/betting.ts";
import { randomStream } from "../../../src/numerics/random.ts";

/** The wealth of the bets, written out. */
function wealth(terms: number[], mean: number): number {
  let total = 0;
  for (let k = -8; k <= 4; k++) {
    const f = 2 ** k / (1 + 2 ** k);
    total += terms.reduce((w, x) => w * (1 + f * (x / mean - 1)), 1) / 13;
  }
  return total;
}

Deno.test("a bound from bets: the wealth against it is 1 / delta", () => {
  const terms = [0, 3, 1, 0.5, 2, 2, 1, 0.25, 7, 1];
  for (const delta of [0.05, 0.01]) {
    const bound = meanAtLeast(Float64Array.from(terms), delta);
    ok(bound > 0 && Math.abs(wealth(terms, bound) * delta - 1) < 1e-9);
  }
});

Deno.test("a bound from bets: no term, no order and no size matters", () => {
  const terms = Float64Array.from({ length: 200 }, (_, i) => i % 7);
  const bound = meanAtLeast(terms, 0.05);
  const turned = meanAtLeast(terms.toReversed(), 0.05);
  ok(Math.abs(bound - turned) < 1e-12);
  const scaled = meanAtLeast(terms.map((x) => x * 1e6), 0.05);
  ok(Math.abs(scaled / 1e6 - bound) < 1e-9);
  ok(meanAtLeast(new Float64Array(50), 0.05) === 0);
});

Deno.test("a bound from bets lies above the mean in at most delta of samples", () => {
  const seed = 11;
  console.log(`seed ${seed}`);
  const stream = randomStream(seed, "test/betting");
  // Heavy: the product of eight ratios, each 3/2 or 1/2, as importance weights are. Its mean is 1.
  const heavy = () => {
    let w = 1;
    for (let t = 0; t < 8; t++) w *= stream.uniform() < 0.5 ? 1.5 : 0.5;
    return w;
  };
  const rare = () => stream.uniform() < 0.02 ? 50 : 0;
  for (const draw of [heavy, rare]) {
    let wrong = 0;
    let sum = 0;
    for (let k = 0; k < 1000; k++) {
      const terms = Float64Array.from({ length: 100 }, draw);
      const bound = meanAtLeast(terms, 0.1);
      sum += bound;
      if (bound > 1) wrong++;
    }
    ok(wrong <= 100, `${wrong} of 1000`);
    ok(sum / 1000 > 0.1, `the mean bound is ${sum / 1000}`);
  }
});
