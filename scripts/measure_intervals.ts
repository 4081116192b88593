/**
 * How often the intervals of a study hold the truth: seeds are drawn from a study of many, whose own
 * statistics are then the truth.
 *
 *     deno run --allow-read scripts/measure_intervals.ts artifacts/study-smoke
 *
 * @module
 */
import { join } from "node:path";
import { InputError, randomStream } from "../mod.ts";
import {
  bootstrapIntervals,
  interquartileMean,
  meanScore,
  medianInterval,
  medianScore,
  probabilityOfImprovement,
  type ScoreMatrix,
  shareInterval,
} from "../statistics.ts";
import { runScript } from "./cli.ts";

const REPEATS = 500;
const REPLICATES = 500;
const SEEDS = [5, 7, 10, 20];
const QUANTITIES = ["returnMean", "hazardProbability", "cvar10"];

const matrix = (values: ArrayLike<number>): ScoreMatrix => ({
  runs: values.length,
  tasks: 1,
  scores: Float64Array.from(values),
});

/** An interval of a sample and the truth of its population. */
interface Kind {
  readonly truth: (population: ScoreMatrix[]) => number;
  readonly interval: (
    sample: ScoreMatrix[],
    name: string,
  ) => readonly [number, number] | null;
}

const bootstrapped = (of: (matrix: ScoreMatrix) => number): Kind => ({
  truth: ([x]) => of(x),
  interval: ([x], name) =>
    bootstrapIntervals(
      [x],
      ([drawn]) => [of(drawn)],
      REPLICATES,
      randomStream(0, name),
    )[0],
});

const SINGLE: Record<string, Kind> = {
  "interquartile mean": bootstrapped(interquartileMean),
  "median": {
    truth: ([x]) => medianScore(x),
    interval: ([x]) => medianInterval(x.scores),
  },
  "(mean, bootstrap)": bootstrapped(meanScore),
};

const PAIRED: Record<string, Kind> = {
  "probability of improvement": {
    truth: ([x, y]) => probabilityOfImprovement(x, y),
    interval: ([x, y]) =>
      shareInterval(probabilityOfImprovement(x, y) * x.runs, x.runs),
  },
  "difference, interquartile mean": bootstrapped(interquartileMean),
  "difference, median": SINGLE.median,
};

await runScript(
  {
    command: "deno run --allow-read scripts/measure_intervals.ts",
    about: "Measures how often the intervals of studies hold what they claim.",
    flags: {},
    operands: "STUDY_DIR",
  },
  ({ operands }) => {
    if (operands.length !== 1) throw new InputError("give one study directory");
    const policies = readPolicies(join(operands[0], "study.csv"));
    const names = [...policies.keys()];
    console.log("coverage in percent, lowest to highest of all populations");
    for (const n of SEEDS) {
      const found = new Map<string, number[]>();
      for (const [i, name] of names.entries()) {
        for (const quantity of QUANTITIES) {
          const x = policies.get(name)![quantity];
          measure(SINGLE, [matrix(x)], n, `${name}/${quantity}`, found);
          for (const other of names.slice(i + 1)) {
            const y = policies.get(other)![quantity];
            const label = `${name}/${other}/${quantity}`;
            const { "probability of improvement": probability, ...rest } =
              PAIRED;
            measure({ probability }, [matrix(x), matrix(y)], n, label, found);
            const differences = matrix(x.map((value, k) => value - y[k]));
            measure(rest, [differences], n, label, found);
          }
        }
      }
      for (const [kind, shares] of found) {
        const sorted = shares.toSorted((a, b) => a - b);
        const middle = sorted[Math.floor(sorted.length / 2)];
        console.log(
          `${n} seeds  ${kind.padEnd(32)} ${sorted[0]} to ${
            sorted.at(-1)
          }, median ${middle}`,
        );
      }
    }
    return 0;
  },
);

/** Draws seeds, the same of each matrix, and counts how often each interval holds the truth. */
function measure(
  kinds: Record<string, Kind>,
  population: ScoreMatrix[],
  n: number,
  label: string,
  found: Map<string, number[]>,
): void {
  const stream = randomStream(n, `measure/${label}`);
  const held = new Map(Object.keys(kinds).map((kind) => [kind, 0]));
  const truths = Object.entries(kinds).map(([kind, { truth, interval }]) => ({
    kind,
    interval,
    truth: truth(population),
  }));
  const given = new Map(held);
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const drawn = Array.from(
      { length: n },
      () => stream.integer(population[0].runs),
    );
    const sample = population.map(({ scores }) =>
      matrix(drawn.map((seed) => scores[seed]))
    );
    for (const { kind, interval, truth } of truths) {
      const limits = interval(sample, `${label}/${repeat}`);
      if (limits === null) continue;
      given.set(kind, given.get(kind)! + 1);
      // The truth is rounded too.
      const slack = 1e-12 * Math.abs(truth);
      const [low, high] = [limits[0] - slack, limits[1] + slack];
      if (low <= truth && truth <= high) held.set(kind, held.get(kind)! + 1);
    }
  }
  for (const [kind, times] of held) {
    if (given.get(kind) === 0) continue;
    const share = Math.round(100 * times / given.get(kind)!);
    found.set(kind, [...found.get(kind) ?? [], share]);
  }
}

/** Values by policy and quantity, in the order of the seeds; the optimal policy is left out. */
function readPolicies(path: string): Map<string, Record<string, number[]>> {
  const [head, ...rows] = Deno.readTextFileSync(path).trimEnd().split("\n")
    .map((line) => line.split(","));
  const policies = new Map<string, Record<string, number[]>>();
  for (const row of rows) {
    const [preset, policy] = row;
    if (policy === "optimal") continue;
    const name = `${preset}/${policy}`;
    const values = policies.get(name) ??
      Object.fromEntries(QUANTITIES.map((quantity) => [quantity, []]));
    for (const quantity of QUANTITIES) {
      values[quantity].push(Number(row[head.indexOf(quantity)]));
    }
    policies.set(name, values);
  }
  return policies;
}
