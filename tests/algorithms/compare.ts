/** How far the suite's update is from the oracle's, in units of what f32 rounding explains. */
import { equal } from "node:assert/strict";
import type { RandomStream } from "../../src/numerics/random.ts";
import { type Minibatch, repeatUpdate } from "./gradient.ts";
import { forward, type Network } from "./network.ts";
import type { Update } from "./updates.ts";

/** Error of an f32 operation, relative to its result. */
const ROUNDING = 2 ** -24;

/** Relative change of an update's numbers by which its condition is measured. */
const JITTER = 1e-6;

/** Nearer to a kink, f32 may be on its other side. */
const NEAREST = 1e-4;

/**
 * The largest difference of a loss term and of an element of the gradient, as a multiple of its
 * tolerance: up to 1 is rounding. Null where a ReLU, the Huber loss or an argmax is too near its kink.
 *
 * The tolerance is that of a backward error analysis (Higham, 2002, chapter 3). A result at the end
 * of a chain of n roundings is exact for inputs changed by up to n · 2^-24 of themselves, so it is
 * off by n · 2^-24 times the change that a small relative change of all inputs brings about, per
 * unit of that change; its last sum, over the samples, may be off by as much of its terms' sizes.
 * n is the samples, and each layer's inputs twice, forward and backward. Of a layer's elements the
 * largest tolerance counts for all.
 */
export function differenceFrom(
  update: Update,
  random: RandomStream,
  minibatch: Minibatch = update,
): number | null {
  const found = repeatUpdate(minibatch);
  if (found.distance < NEAREST) return null;
  const near = repeatUpdate(jittered(minibatch, random));
  const sums = minibatch.online.flat().map((layer) => layer.length);
  const n = sums.reduce((sum, length) => sum + 2 * length, 0) +
    minibatch.samples.length;
  const outputs = minibatch.online.flatMap((network) =>
    minibatch.samples.flatMap(({ observation }) =>
      // Neither a head nor a lone number sees observations.
      network[0].length === observation.length + 1
        ? forward(network, observation, () => {})
        : []
    )
  );
  let worst = 0;
  const compare = (
    actual: readonly number[],
    expected: readonly number[],
    changed: readonly number[],
    sizes: readonly number[],
    more = 0,
  ) => {
    const change = largest(expected.map((x, i) => x - changed[i])) / JITTER;
    const tolerance = ROUNDING * (n * (largest(sizes) + change) + more);
    const difference = largest(expected.map((x, i) => x - actual[i]));
    // A layer of dead units has a gradient of 0 and no tolerance; a NaN stays one.
    if (difference !== 0) worst = Math.max(worst, difference / tolerance);
  };
  equal(`${Object.keys(update.terms)}`, `${Object.keys(found.terms)}`);
  for (const [name, term] of Object.entries(found.terms)) {
    // At the end of the chain are differences of outputs.
    const end = 4 * largest(outputs);
    compare([update.terms[name]], [term], [near.terms[name]], [term], end);
  }
  const flat = (networks: readonly Network[]) =>
    networks.flat().map((layer) => layer.flat());
  const sizes = flat(found.size);
  const [actual, changed] = [update.gradient, near.gradient].map(flat);
  flat(found.gradient).forEach((expected, l) =>
    compare(actual[l], expected, changed[l], sizes[l])
  );
  return worst;
}

function largest(xs: readonly number[]): number {
  return Math.max(...xs.map(Math.abs));
}

/** Each number a little more or less. */
function jittered(minibatch: Minibatch, random: RandomStream): Minibatch {
  const number = (x: number) => x * (1 + (random.integer(2) ? 1 : -1) * JITTER);
  const numbers = (xs: readonly number[]) => xs.map(number);
  const network = (layers: Network) => layers.map((rows) => rows.map(numbers));
  return {
    ...minibatch,
    online: minibatch.online.map(network),
    target: minibatch.target.map((layers) => layers && network(layers)),
    updated: minibatch.updated?.map(network),
    samples: minibatch.samples.map((sample) => ({
      ...sample,
      observation: numbers(sample.observation),
      reward: number(sample.reward),
      next: sample.next && numbers(sample.next),
    })),
  };
}
