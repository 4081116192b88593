/**
 * The checkpoints of one algorithm in a run directory: the last two, each written whole or not at
 * all.
 *
 * @module
 */
import { join } from "node:path";
import type { Algorithm } from "../algorithms/settings.ts";
import { writeArtifact } from "../artifacts/run_directory.ts";
import { readCsv } from "../artifacts/training_csv.ts";
import { InputError } from "../errors.ts";
import { networkLayout } from "../network/layout.ts";
import {
  checkpointFromBytes,
  checkpointToBytes,
} from "../training/checkpoint.ts";
import type { CheckpointStore } from "./learn.ts";

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
  const operations = 6 * parameterCount * settings.batchSize;
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
      const { logInterval } = algorithm.settings;
      for (const name of checkpointFiles(directory, algorithm.name).reverse()) {
        try {
          const bytes = Deno.readFileSync(join(directory, folder, name));
          const checkpoint = checkpointFromBytes(bytes, name, program, task);
          const { step } = checkpoint.cursor;
          const wanted = Math.floor(step / logInterval);
          const kept = rows.filter(([rowStep]) => rowStep <= step);
          if (
            kept.length === wanted &&
            kept.every(([s], i) => s === (i + 1) * logInterval)
          ) {
            return { checkpoint, rows: kept };
          }
        } catch (error) {
          // A damaged checkpoint is passed over for the one before it.
          if (!(error instanceof InputError)) throw error;
        }
      }
      return null;
    },
    save(checkpoint) {
      beforeSave();
      const name = `${
        String(checkpoint.cursor.step).padStart(12, "0")
      }.safetensors`;
      writeArtifact(
        directory,
        `${folder}/${name}`,
        checkpointToBytes(checkpoint, task),
      );
      for (
        const old of checkpointFiles(directory, algorithm.name).slice(0, -KEPT)
      ) {
        Deno.removeSync(join(directory, folder, old));
      }
    },
  };
}

/** Names of an algorithm's checkpoint files, oldest first. */
function checkpointFiles(directory: string, algorithm: string): string[] {
  try {
    return [...Deno.readDirSync(join(directory, algorithm, "checkpoints"))]
      .map(({ name }) => name)
      .filter((name) => /^\d{12}\.safetensors$/.test(name))
      .sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Removes an algorithm's checkpoints: its policy is there. */
export function removeCheckpoints(directory: string, algorithm: string): void {
  try {
    Deno.removeSync(join(directory, algorithm, "checkpoints"), {
      recursive: true,
    });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
