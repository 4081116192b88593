/** Updates made by the suite on the reference backend, with all that the oracle needs to repeat them. */
import type { Algorithm } from "../../src/algorithms/index.ts";
import { stateOf } from "../../src/algorithms/program.ts";
import type { TrainingTask } from "../../src/backends/backend.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { initialParameters } from "../../src/network/initial.ts";
import {
  type NetworkLayout,
  unpackParameters,
} from "../../src/network/layout.ts";
import { concatenated } from "../../src/numerics/arrays.ts";
import { randomStream } from "../../src/numerics/random.ts";
import {
  type NetworkSettings,
  prepareTask,
  type TaskRun,
} from "../../src/training/task.ts";
import type { Minibatch } from "./gradient.ts";
import type { Sample, Situation, Terms } from "./losses.ts";
import type { Network } from "./network.ts";

/** What is learnt, how, and from what. */
export interface Training {
  readonly algorithm: Algorithm;
  readonly network: NetworkSettings;
  readonly runs: readonly TaskRun[];
  readonly bootstrapOnTruncation: boolean;
}

/** One update of one run, and what the suite made of it. */
export interface Update extends Minibatch {
  /** Mean loss terms of the minibatch. */
  readonly terms: Terms;
  /** Of the whole loss, for each of the program's networks. */
  readonly gradient: readonly Network[];
}

/** One run of a task, as the oracle repeats it. */
export interface RepeatedRun {
  /** The loss's name. */
  readonly algorithm: string;
  /** What its parameters are drawn from. */
  readonly seed: number;
  readonly member: number;
  /** What its loss depends on. */
  readonly settings: Situation["settings"];
  /** The data's transitions. */
  readonly samples: readonly Sample[];
  /** Draws the next minibatch, as indices of them. */
  readonly draw: () => readonly number[];
}

/** Trains an algorithm that many steps; see {@link updatesOf}. */
export function suiteUpdates(
  { algorithm, network, runs, bootstrapOnTruncation }: Training,
  steps: number,
): Promise<Update[]> {
  const { task } = prepareTask(network, algorithm, runs, bootstrapOnTruncation);
  const { name, settings } = algorithm;
  const repeated = runs.map((run) => ({
    algorithm: name,
    seed: run.seed,
    member: run.member,
    settings: {
      ...settings as unknown as Situation["settings"],
      rewardScale: task.program.rewardScale,
      largestReward: Math.max(...run.dataset.rewards.map(Math.abs)),
    },
    samples: transitions(run.dataset, network.encoder, bootstrapOnTruncation),
    draw: minibatches(run, name, settings.batchSize),
  }));
  return updatesOf(task, repeated, steps);
}

/**
 * Trains that many steps from initial parameters three times as large as the suite's, so that values
 * differ, and from target networks of their own.
 */
export async function updatesOf(
  task: TrainingTask,
  runs: readonly RepeatedRun[],
  steps: number,
): Promise<Update[]> {
  const { program } = task;
  const { networks, targetUpdateInterval, lossTerms } = program;
  const buffers = { ...task.state.buffers };
  for (const { layout, prefix, hasTarget } of networks) {
    const drawn = (name: string) =>
      concatenated(
        runs.map(({ seed, member }) =>
          initialParameters(layout, seed, member, name).map((x) => 3 * x)
        ),
      );
    buffers[`${prefix}parameters`] = drawn(prefix);
    if (hasTarget) {
      buffers[`${prefix}targetParameters`] = drawn(`${prefix}target/`);
    }
  }
  const gradientOf = (prefix: string) => `${prefix}parameterGradient`;
  const state = [
    ...program.state,
    ...networks.map(({ prefix }) => gradientOf(prefix)),
  ];
  // Numbers that are learnt beside networks begin with one that matters.
  const numbers = program.state.filter((name) =>
    !stateOf(networks).includes(name)
  );
  for (const name of numbers) buffers[name] = buffers[name].map(() => 0.7);
  const session = await referenceBackend.open({
    ...task,
    program: { ...program, state },
    state: { ...task.state, buffers },
  });

  const read = async () => {
    const { buffers } = await session.read();
    const networksOf = (run: number, suffix: string) =>
      networks.map(({ layout, prefix }) => {
        const all = buffers[prefix + suffix];
        return all && layers(layout, all, run);
      });
    const numbersOf = (run: number) =>
      Object.fromEntries(
        numbers.map((
          name,
        ) => [name, buffers[name][run * buffers[name].length / runs.length]]),
      );
    return { networksOf, numbersOf };
  };
  const updates: Update[] = [];
  let before = await read();
  // A target network is the online one as it was at the last target update.
  let target = runs.map((_, run) => before.networksOf(run, "targetParameters"));
  for (let step = 1; step <= steps; step++) {
    const losses = await session.run(step);
    const after = await read();
    for (let run = 0; run < runs.length; run++) {
      const means = losses.subarray(run * lossTerms.length);
      const terms = lossTerms.map(({ name }, t) => [name, means[t]]);
      const total = lossTerms.reduce(
        (sum, { weight }, t) => sum + weight * means[t],
        0,
      );
      updates.push({
        algorithm: runs[run].algorithm,
        settings: { ...runs[run].settings, ...before.numbersOf(run) },
        online: before.networksOf(run, "parameters"),
        target: target[run],
        updated: after.networksOf(run, "parameters"),
        samples: runs[run].draw().map((i) => runs[run].samples[i]),
        terms: { ...Object.fromEntries(terms), total },
        gradient: after.networksOf(run, "parameterGradient"),
      });
    }
    if (targetUpdateInterval > 0 && step % targetUpdateInterval === 0) {
      target = target.map((old, run) => {
        const copies = after.networksOf(run, "parameters");
        return old.map((network, n) => network && copies[n]);
      });
    }
    before = after;
  }
  await session.close();
  return updates;
}

/** A run's part of a buffer, in float64. */
function layers(
  layout: NetworkLayout,
  all: Float32Array,
  run: number,
): Network {
  const { parameterCount } = layout;
  const own = all.subarray(run * parameterCount, (run + 1) * parameterCount);
  return unpackParameters(layout, own).map((
    { weight, bias, inputs, outputs },
  ) =>
    Array.from({ length: inputs + 1 }, (_, i) => [
      ...(i < inputs ? weight.subarray(i * outputs, (i + 1) * outputs) : bias),
    ])
  );
}

/** Draws a run's minibatches in their order, as indices of transitions. */
export function minibatches(
  { seed, member, dataset }: TaskRun,
  name: string,
  batchSize: number,
): () => number[] {
  const stream = `minibatch/${name}` + (member ? `/member/${member}` : "");
  const random = randomStream(seed, stream);
  return () =>
    Array.from(
      { length: batchSize },
      () => random.integer(dataset.actions.length),
    );
}

/** A data set's transitions, with observations encoded where they are to be. */
export function transitions(
  dataset: Dataset,
  encoder: NetworkSettings["encoder"],
  bootstrapOnTruncation: boolean,
): Sample[] {
  const { observationSize: D, episodeOffsets, terminated } = dataset;
  const A = dataset.actionCount;
  const allowedIn = (r: number) => {
    const flags = dataset.allowed?.subarray(r * A, (r + 1) * A);
    return flags && [...flags.keys()].filter((a) => flags[a] === 1);
  };
  const row = (r: number) => [
    ...dataset.observations.subarray(r * D, (r + 1) * D),
  ];
  const steps = [...dataset.actions].map((action, i) => {
    const episode = episodeOffsets.findIndex((first) => first > i) - 1;
    const cut = !bootstrapOnTruncation && episodeOffsets[episode + 1] === i + 1;
    return {
      observation: row(i + episode),
      // Nothing is learnt of what an episode terminated in, not even its range.
      seen: terminated[i] ? null : row(i + episode + 1),
      isOver: terminated[i] === 1 || cut,
      action,
      reward: dataset.rewards[i],
      allowed: allowedIn(i + episode),
      nextAllowed: allowedIn(i + episode + 1),
    };
  });
  const rows = steps.flatMap(({ observation, seen }) =>
    seen ? [observation, seen] : [observation]
  );
  const ranges = Array.from({ length: D }, (_, d) => {
    const column = rows.map((r) => r[d]);
    return [Math.min(...column), Math.max(...column)];
  });
  const encoded = (r: readonly number[]) =>
    encoder === "none" ? r : r.flatMap((x, d) => {
      const [least, most] = ranges[d];
      if (encoder === "oneHot") {
        return Array.from({ length: most + 1 }, (_, name) => +(name === x));
      }
      return most > least ? 2 * (x - least) / (most - least) - 1 : 0;
    });
  const keys = steps.map(({ observation, allowed }) =>
    `${observation} | ${allowed}`
  );
  const perEpisode = steps.length / (episodeOffsets.length - 1);
  return steps.map(({ observation, seen, isOver, ...step }, i) => {
    const alike = steps.filter((_, other) => keys[other] === keys[i]);
    const starts = [...episodeOffsets.subarray(0, -1)].filter((first) =>
      keys[first] === keys[i]
    );
    return {
      ...step,
      observation: encoded(observation),
      next: isOver ? null : encoded(seen!),
      rewardsAlike: alike.filter(({ action }) => action === step.action)
        .map(({ reward }) => reward),
      startWeight: perEpisode * starts.length / alike.length,
    };
  });
}
