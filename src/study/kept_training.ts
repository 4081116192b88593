/**
 * Checkpoints of a cell in training: it goes on after a kill, a preemption or a time limit.
 *
 * @module
 */
import type { Algorithm } from "../algorithms/index.ts";
import type { Config } from "../config/config.ts";
import { inputSize } from "../network/encoder.ts";
import {
  checkpointFolder,
  defaultCheckpointInterval,
} from "../run/checkpoint_folder.ts";
import { observedIn } from "../run/learn.ts";
import type { LearningProblem } from "../run/problem.ts";
import { makeArtifactFolder } from "../run/run_directory.ts";
import { taskHash } from "../run/task_hash.ts";
import { type CsvWriter, openCsv } from "../run/training_csv.ts";
import type { Checkpoint } from "../training/checkpoint.ts";

/** What an interruption costs at most. */
const EVERY_MS = 10_000;

/**
 * Checkpoints of a training, in the form in which a run of the pipeline keeps them. They are hidden and go
 * with the training, so that the clock may say when one is due: on one slow thread as on many fast ones.
 *
 * @param directory Of this training alone.
 * @param every Milliseconds from one to the next.
 */
export function keptTraining(
  directory: string,
  { config, problem }: {
    readonly config: Config;
    readonly problem: LearningProblem;
  },
  algorithm: Algorithm,
  every = EVERY_MS,
) {
  const slowest = defaultCheckpointInterval(algorithm, [
    inputSize(config.network.encoder, observedIn(problem)),
    ...config.network.hidden,
    problem.dataset.actionCount,
  ]);
  // A tenth of a second of large networks; small ones are slow for their size.
  const interval = Math.max(1, Math.min(1_000, Math.round(slowest / 100)));
  if (interval >= algorithm.settings.steps) return null;
  let csv: CsvWriter | undefined;
  let last = performance.now();
  const store = checkpointFolder({
    directory,
    algorithm,
    task: taskHash(config, algorithm),
    interval,
    beforeSave: () => csv?.sync(),
  });
  return {
    options: {
      checkpoints: {
        ...store,
        isDue: () => performance.now() - last >= every,
        save(checkpoint: Checkpoint) {
          store.save(checkpoint);
          last = performance.now();
        },
      },
      onStart: (
        columns: readonly string[],
        rows: readonly (readonly number[])[],
      ) => {
        const table = makeArtifactFolder(
          directory,
          `${algorithm.name}/training.csv`,
        );
        csv = openCsv(table, columns, rows);
      },
      onRow: (row: readonly number[]) => csv?.row(row),
    },
    remove: () => Deno.removeSync(directory, { recursive: true }),
    [Symbol.dispose]: () => csv?.[Symbol.dispose](),
  };
}
