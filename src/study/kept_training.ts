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

/**
 * Checkpoints of a training that is long enough to have any, as a run of the pipeline keeps them.
 *
 * @param directory Of this training alone.
 */
export function keptTraining(
  directory: string,
  { config, problem }: {
    readonly config: Config;
    readonly problem: LearningProblem;
  },
  algorithm: Algorithm,
) {
  const interval = defaultCheckpointInterval(algorithm, [
    inputSize(config.network.encoder, observedIn(problem)),
    ...config.network.hidden,
    problem.dataset.actionCount,
  ]);
  if (interval >= algorithm.settings.steps) return null;
  let csv: CsvWriter | undefined;
  return {
    options: {
      checkpoints: checkpointFolder({
        directory,
        algorithm,
        task: taskHash(config, algorithm),
        interval,
        beforeSave: () => csv?.sync(),
      }),
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
