/**
 * Cells that are in a folder already: taken only if they are what was computed.
 *
 * @module
 */
import { join } from "node:path";
import type { WorldFile } from "../environments/world_file.ts";
import { InputError } from "../errors.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import type { ManifestFile } from "../files/listing.ts";
import { fileOf } from "../run/made_files.ts";
import type { CellResult } from "./cell.ts";
import { cellFile, cellText, readCell } from "./cell_file.ts";
import type { StudyCell } from "./config.ts";
import { type CellOrigin, originOf } from "./work.ts";

/** A sound cell. */
export interface KeptCell {
  /** What it holds. */
  readonly result: CellResult;
  /** Its file. */
  readonly file: ManifestFile;
  /** What computed it, as far as the folder knows. */
  readonly origin: CellOrigin | undefined;
}

/** Where to look for cells. */
export interface KeptCells {
  /** The folder. */
  readonly directory: string;
  /** The study. */
  readonly study: StudyConfig;
  /** Where its environment is from a file. */
  readonly world: WorldFile | undefined;
  /** What the folder knows of who computed what. */
  readonly origins: ReadonlyMap<string, CellOrigin>;
}

/**
 * The cell of a folder; null if there is none.
 *
 * @param onFault Called with what is wrong with one that is not to be taken: null is returned then.
 */
export function keptCell(
  { directory, study, world, origins }: KeptCells,
  cell: StudyCell,
  onFault: (fault: string) => void,
): KeptCell | null {
  const path = cellFile(cell);
  try {
    const result = readCell(directory, study, cell, world);
    if (result === null) return null;
    const file = fileOf(path, cellText(result));
    const known = origins.get(path);
    const origin = known && originOf(known, file.sha256);
    // Such a file has a hash inside that fits, and was made by something else.
    if (origin === null) {
      throw new InputError(
        `${
          join(directory, path)
        }: is not what was computed there (its SHA-256 is not the one that was noted then)`,
      );
    }
    return { result, file, origin };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    onFault(error.message);
    return null;
  }
}
