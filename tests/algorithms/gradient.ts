/** An update's loss and gradient by the oracle: float64 and central differences. */
import { lossOf, type Situation, type Terms } from "./losses.ts";
import type { Layer, Network } from "./network.ts";

/** A minibatch and what an update on it finds. */
export interface Minibatch extends Omit<Situation, "sample"> {
  /** Name of the algorithm. */
  readonly algorithm: string;
  readonly samples: readonly Situation["sample"][];
}

/** What the oracle finds. */
export interface Found {
  /** Means over the minibatch. */
  readonly terms: Terms;
  /** Of the whole loss, by network. */
  readonly gradient: readonly Network[];
  /** The same with each sample's term without its sign. */
  readonly size: readonly Network[];
  /** How far the nearest place is where the loss is not smooth. */
  readonly distance: number;
}

/** Short, so that no kink is crossed; what float64 loses by it, 1e-16 · loss / STEP, is less than f32 does. */
const STEP = 1e-6;

/** Repeats an update. */
export function repeatUpdate(
  { algorithm, samples, online, ...rest }: Minibatch,
): Found {
  let distance = Infinity;
  const watch = (found: number) => {
    distance = Math.min(distance, found);
  };
  const losses = samples.map((sample) =>
    lossOf(algorithm)({ ...rest, online, sample }, watch)
  );
  const found = losses.map((loss) => loss(online));
  const terms = Object.keys(found[0]).map((name) => [
    name,
    mean(found.map((of) => of[name])),
  ]);
  // The steps to either side find other distances.
  const least = distance;
  const moved = structuredClone(online) as Layer[][];
  // A row's slopes are [samples].
  const slopes = moved.map((network) =>
    network.map((layer) =>
      layer.map((row) =>
        row.map((x, o) => {
          const [up, down] = [x + STEP, x - STEP].map((value) => {
            row[o] = value;
            return losses.map((loss) => loss(moved).total);
          });
          row[o] = x;
          return up.map((loss, s) => (loss - down[s]) / (2 * STEP));
        })
      )
    )
  );
  const reduced = (reduce: (slopes: number[]) => number) =>
    slopes.map((network) =>
      network.map((layer) => layer.map((row) => row.map(reduce)))
    );
  return {
    terms: Object.fromEntries(terms),
    gradient: reduced(mean),
    size: reduced((slopes) => mean(slopes.map(Math.abs))),
    distance: least,
  };
}

function mean(xs: readonly number[]): number {
  return xs.reduce((a, b) => a + b, 0) / xs.length;
}
