/**
 * The checkpoints of one algorithm in a run directory: the last two, each written whole or not at
 * all.
 *
 * @module
 */
import { join } from "node:path";
import type { Algorithm } from "../algorithms/index.ts";
import { cannotWrite } from "../files/atomic.ts";
import { writeArtifact } from "./run_directory.ts";
import { readCsv } from "./training_csv.ts";
import { csvSha256 } from "./training_table.ts";
import { InputError } from "../errors.ts";
import { readFile } from "../files/read.ts";
import { networkLayout } from "../network/layout.ts";
import {
  checkpointFromBytes,
  checkpointToBytes,
} from "../training/checkpoint.ts";
import { type CheckpointStore, loggedSteps } from "./learn.ts";

const KEPT = 2;

/**
 * Steps that take about ten seconds of work on an ordinary processor: a number that depends on the
 * task and not on the clock, so that every machine makes the same checkpoints.
 *
 * @param sizes Layer widths: observation size, hidden layers, actions.
 */
export function defaultCheckpointInterval(
  { settings }: Algorithm,
  sizes: readonly number[],
): number {
  // Forward and backward pass are about six operations per parameter and sample; 2 · 10^11 of them
  // a second is what two cores do where observations repeat.
  const { parameterCount } = networkLayout(sizes);
  const { batchSize, ensembleSize } = settings;
  const operations = 6 * parameterCount * batchSize * ensembleSize;
  return Math.max(1, Math.round(10 * 2e11 / operations));
}

/**
 * The store of an algorithm's checkpoints in `NAME/checkpoints` of the run directory.
 *
 * @param task Hash of everything that decides the training's result.
 * @param beforeSave Called before a checkpoint is written: what it builds on must be on the disk.
 */
export function checkpointFolder(
  { directory, algorithm, task, interval, beforeSave }: {
    directory: string;
    algorithm: Algorithm;
    task: string;
    interval: number;
    beforeSave: () => void;
  },
): CheckpointStore {
  const folder = `${algorithm.name}/checkpoints`;
  return {
    interval,
    load(program, columns) {
      const rows = readCsv(
        join(directory, algorithm.name, "training.csv"),
        columns,
      );
      if (rows === null) return null;
      const names = filesIn(join(directory, folder)).filter(isCheckpoint);
      for (const name of names.sort().reverse()) {
        try {
          const bytes = readFile(join(directory, folder, name));
          const checkpoint = checkpointFromBytes(bytes, name, program, task);
          const { step } = checkpoint.cursor;
          const wanted = loggedSteps(algorithm.settings, step);
          const kept = rows.slice(0, wanted.length);
          if (
            name === fileName(step) && kept.length === wanted.length &&
            csvSha256(columns, kept) === checkpoint.table
          ) {
            return { checkpoint, rows: kept };
          }
        } catch (error) {
          // A damaged checkpoint is skipped for the previous one.
          if (!(error instanceof InputError)) throw error;
        }
      }
      return null;
    },
    save(checkpoint) {
      beforeSave();
      const newest = fileName(checkpoint.cursor.step);
      writeArtifact(
        directory,
        `${folder}/${newest}`,
        checkpointToBytes(checkpoint, task),
      );
      // Later ones were skipped as damaged and would push out the good ones.
      const names = filesIn(join(directory, folder));
      const kept = names.filter((name) => isCheckpoint(name) && name <= newest)
        .sort().slice(-KEPT);
      for (const name of names) {
        if (!kept.includes(name)) remove(join(directory, folder, name));
      }
    },
  };
}

function fileName(step: number): string {
  return `${String(step).padStart(12, "0")}.safetensors`;
}

function isCheckpoint(name: string): boolean {
  return /^\d{12}\.safetensors$/.test(name);
}

function filesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new InputError(`${folder}: cannot be read`);
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      throw cannotWrite(path, error);
    }
  }
}

/** Removes an algorithm's checkpoints: its policy is there. */
export function removeCheckpoints(directory: string, algorithm: string): void {
  remove(join(directory, algorithm, "checkpoints"));
}
