/**
 * Small trainings of every algorithm, by which a GPU is measured and backends are compared. They hold what
 * presets do not: masks, ties between actions, several critics and quantiles, fitted Q evaluation.
 *
 * @module
 */
import type { CriticSettings } from "../algorithms/critics.ts";
import {
  configureAlgorithm,
  NETWORK_NAMES,
  relabels,
} from "../algorithms/index.ts";
import { initialParameters } from "../network/initial.ts";
import type { TrainingTask } from "./backend.ts";
import { randomTask, type Shape } from "./random_task.ts";
import { streamedTask } from "./streamed_task.ts";

/** A training that is always the same. */
export interface GoldenTraining {
  /** What it is. */
  readonly name: string;
  /** Makes it anew. */
  readonly open: () => TrainingTask;
}

/** How large they are. */
export interface GoldenSize extends Pick<Shape, "hidden" | "batchSize"> {
  /** Steps of which the learning rates know. */
  readonly steps: number;
  /** Runs, and steps between target updates, where targets are a table, and where each step computes them. */
  readonly lookups: Readonly<
    Record<Lookup, { readonly runs: number; readonly interval: number }>
  >;
}

/** How the values of a target network are looked up. */
type Lookup = "table" | "step";

interface Variant extends Pick<Shape, "algorithm" | "masked" | "critics"> {
  /** The ways of looking up that it has; none where it has no target network. */
  readonly lookups: readonly Lookup[];
  /** Whether rows come with the plans, as where data stay on disk, if each step looks targets up. */
  readonly streams: boolean;
}

const EPISODES = 90;

/** Every algorithm, the heads that some have, and every other one with masks. */
function variants(): Variant[] {
  const named = NETWORK_NAMES.filter((name) =>
    !relabels(configureAlgorithm(name))
  );
  const heads: readonly CriticSettings[] = [
    { criticCount: 2, quantiles: 5, risk: 0.45 },
    { criticCount: 2, quantiles: 0, risk: 1 },
  ];
  const having = (setting: string) =>
    named.filter((name) => setting in configureAlgorithm(name).settings);
  const withTargets = having("targetUpdateInterval");
  const withHeads = having("criticCount");
  const needAll: readonly string[] = having("budget");
  const both: readonly Lookup[] = ["table", "step"];
  return [
    ...named.map((algorithm) => ({
      algorithm,
      lookups: withTargets.includes(algorithm) ? both : [],
    })),
    ...heads.map((critics, i) => ({
      algorithm: withHeads[i],
      critics,
      lookups: both,
    })),
    { algorithm: "fqe" as const, lookups: both },
  ].map((variant, i) => {
    const masked = i % 2 === 1;
    return {
      ...variant,
      masked,
      streams: masked && !needAll.includes(variant.algorithm),
    };
  });
}

/** Each with one way of looking targets up; the ways take turns. */
export function goldenTrainings(size: GoldenSize): GoldenTraining[] {
  return variants().map((variant, i) =>
    golden(variant, i % 4 < 2 ? variant.lookups[0] : variant.lookups[1], size)
  );
}

/** Each with every way of looking targets up. */
export function allGoldenTrainings(size: GoldenSize): GoldenTraining[] {
  return variants().flatMap((variant) =>
    variant.lookups.length === 0
      ? [golden(variant, undefined, size)]
      : variant.lookups.map((lookup) => golden(variant, lookup, size))
  );
}

function golden(
  { algorithm, masked, critics, streams }: Variant,
  lookup: Lookup | undefined,
  { hidden, batchSize, steps, lookups }: GoldenSize,
): GoldenTraining {
  const isStreamed = streams && lookup === "step";
  const parts = [
    algorithm,
    ...(critics ? [`${critics.criticCount} critics`] : []),
    ...(critics?.quantiles ? [`${critics.quantiles} quantiles`] : []),
    ...(masked ? ["masked"] : []),
    ...(lookup === "table" ? ["target table"] : []),
    ...(isStreamed ? ["streamed"] : []),
  ];
  const open = () => {
    const task = randomTask(
      {
        algorithm,
        inputs: 3,
        hidden,
        actions: 5,
        batchSize,
        ...lookups[lookup ?? "table"],
        episodes: EPISODES,
        masked,
        critics,
      },
      7,
      steps,
    );
    setTies(task);
    return isStreamed ? streamedTask(task) : task;
  };
  return { name: parts.join(", "), open };
}

/**
 * Makes the last output of each network equal to its first, a tie that the lowest index has to win, and target
 * networks other networks, so that it matters which of the two was taken.
 */
function setTies({ program, state }: TrainingTask): void {
  const { runs, buffers } = state;
  for (const { layout, prefix, hasTarget } of program.networks) {
    const { inputs, outputs, outputStride, offset } = layout.layers.at(-1)!;
    const { parameterCount } = layout;
    for (let run = 0; run < runs; run++) {
      const own = buffers[`${prefix}parameters`].subarray(run * parameterCount);
      for (let i = 0; i <= inputs; i++) {
        const row = offset + i * outputStride;
        own[row + outputs - 1] = own[row];
      }
      if (hasTarget) {
        buffers[`${prefix}targetParameters`].set(
          initialParameters(layout, 100 + run, 0, prefix),
          run * parameterCount,
        );
      }
    }
  }
}
