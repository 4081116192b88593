/**
 * Measures the portable functions against f64 and prints the largest error of each, in units in the
 * last place.
 *
 * @module
 */
import { exp, log, recip, rsqrt, sqrt } from "../kernels.ts";
import { randomStream } from "../mod.ts";

const SAMPLES = 5_000_000;
const random = randomStream(0, "portable");
const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** Distance from |x|, rounded to f32, to the next f32. */
function ulp(x: number): number {
  float[0] = Math.abs(x);
  const rounded = float[0];
  word[0]++;
  return float[0] - rounded;
}

const anywhere = () => 2 ** (200 * random.uniform() - 100);
const functions: [
  string,
  (x: number) => number,
  (x: number) => number,
  () => number,
][] = [
  ["exp", exp, Math.exp, () => 128 * random.uniform() - 40],
  [
    "log",
    log,
    Math.log,
    () => random.uniform() < 0.5 ? anywhere() : 0.5 + 2 * random.uniform(),
  ],
  ["recip", recip, (x) => 1 / x, anywhere],
  ["rsqrt", rsqrt, (x) => 1 / Math.sqrt(x), anywhere],
  ["sqrt", sqrt, Math.sqrt, anywhere],
];
for (const [name, portable, exact, sample] of functions) {
  let largest = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const x = Math.fround(sample());
    const wanted = exact(x);
    const error = Math.abs(portable(x) - wanted) / ulp(wanted);
    largest = Math.max(largest, error);
  }
  console.log(`${name.padEnd(6)} ${largest.toFixed(2)}`);
}
