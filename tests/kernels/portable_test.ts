import { equal, ok } from "node:assert/strict";
import {
  bitsOf,
  exp,
  flush,
  log,
  recip,
  rsqrt,
  sqrt,
} from "../../kernels/portable.ts";
import { randomStream } from "../../src/numerics/random.ts";

const SEED = 1;

/** Distance from |x|, rounded to f32, to the next f32. */
function ulp(x: number): number {
  const float = Float32Array.of(Math.abs(x));
  const word = new Uint32Array(float.buffer);
  const [rounded] = float;
  word[0]++;
  return float[0] - rounded;
}

const cases: [
  string,
  (x: number) => number,
  (x: number) => number,
  (u: number) => number,
  number,
][] = [
  ["exp", exp, Math.exp, (u) => 128 * u - 40, 1],
  ["log", log, Math.log, (u) => 2 ** (200 * u - 100), 0.83],
  ["log near 1", log, Math.log, (u) => 0.5 + 2 * u, 0.83],
  ["recip", recip, (x) => 1 / x, (u) => 2 ** (200 * u - 100), 1.25],
  ["rsqrt", rsqrt, (x) => 1 / Math.sqrt(x), (u) => 2 ** (200 * u - 100), 1.25],
  ["sqrt", sqrt, Math.sqrt, (u) => 2 ** (200 * u - 100), 1.75],
];
for (const [name, portable, exact, sample, bound] of cases) {
  Deno.test(`${name} is within ${bound} ULP of f64 (seed ${SEED})`, () => {
    const random = randomStream(SEED, name);
    for (let i = 0; i < 100_000; i++) {
      const x = Math.fround(sample(random.uniform()));
      const wanted = exact(x);
      ok(Math.abs(portable(x) - wanted) <= bound * ulp(wanted), `${x}`);
    }
  });
}

Deno.test("the functions' exact values and edges", () => {
  equal(exp(0), 1);
  equal(exp(-41), 0);
  equal(log(1), 0);
  equal(recip(1), 1);
  equal(sqrt(0), 0);
  equal(rsqrt(1), 1);
});

Deno.test("a flush keeps what is large enough and leaves no negative zero", () => {
  equal(flush(2 ** -40), 2 ** -40);
  equal(flush(-(2 ** -40)), -(2 ** -40));
  equal(flush(Math.fround(2 ** -40 * (1 - 2 ** -24))), 0);
  equal(bitsOf(flush(-0)), 0);
  equal(bitsOf(flush(-(2 ** -41))), 0);
  ok(Number.isNaN(flush(NaN)));
});
