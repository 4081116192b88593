/**
 * A share of a study's cells, for one of many machines.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";
import { cellFile } from "./cell_file.ts";
import { type StudyCell, studyCells } from "./config.ts";
import { cellCosts } from "./cost.ts";
import { workersIn } from "./work.ts";

/** Which share. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  /** How many there are. */
  readonly count: number;
}

const MAX_SHARDS = 1_000_000;

/**
 * Reads `I/N`.
 *
 * @throws InputError if it is none, or I is not from 0 to N - 1.
 *
 * @example The second of four
 * ```ts
 * import { parseShard } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * deepEqual(parseShard("1/4"), { index: 1, count: 4 });
 * ```
 */
export function parseShard(text: string): Shard {
  const shard = shardNamed(text);
  if (shard !== null) return shard;
  throw new InputError(
    `--shard: must be I/N with I from 0 to N - 1, such as 0/4, not ${
      JSON.stringify(text)
    }`,
  );
}

/** The shard of that name; null if none has it. */
export function shardNamed(text: string): Shard | null {
  const [index, count] = /^(\d{1,7})\/(\d{1,7})$/.exec(text)?.slice(1)
    .map(Number) ?? [];
  return index < count && count <= MAX_SHARDS ? { index, count } : null;
}

/** What a shard is called in the names of files. */
export function shardName({ index, count }: Shard): string {
  return `${index}-of-${count}`;
}

/**
 * The cells of a shard: the costliest first they are dealt out like cards, there and back, so that each
 * shard gets as many of each kind as the others, give or take one.
 *
 * @example Every cell is in one shard
 * ```ts
 * import { resolveStudy, shardCells, studyCells } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const study = resolveStudy({ presets: ["smoke"], seeds: [0, 1, 2] });
 * const parts = [0, 1].map((index) => shardCells(study, { index, count: 2 }).length);
 * equal(parts[0] + parts[1], studyCells(study).length);
 * ```
 */
export function shardCells(study: StudyConfig, shard: Shard): StudyCell[] {
  return dealt(study).flatMap((cell, i) =>
    handOf(i, shard.count) === shard.index ? [cell] : []
  );
}

/** The cells of each of so many shards. */
export function shares(study: StudyConfig, count: number): StudyCell[][] {
  const hands = Array.from({ length: count }, (): StudyCell[] => []);
  dealt(study).forEach((cell, i) => hands[handOf(i, count)].push(cell));
  return hands;
}

/** Missing cells of a shard. */
export interface MissingShard {
  /** `I/N`; null where none is known that has them. */
  readonly shard: string | null;
  /** Where that shard worked. */
  readonly directory: string;
  /** How many are missing. */
  readonly cells: number;
}

/**
 * Which shards the missing cells of a study belong to, of those that worked in some folders.
 *
 * @param from The folders; a cell counts for the first whose shard has it.
 */
export function missingShards(
  study: StudyConfig,
  missing: readonly StudyCell[],
  from: readonly string[],
): MissingShard[] {
  const rest = new Map(missing.map((cell) => [cellFile(cell), cell]));
  const found: MissingShard[] = [];
  for (const directory of from) {
    for (const { name } of workersIn(directory)) {
      const shard = shardNamed(name);
      if (shard === null) continue;
      const own = shardCells(study, shard).map(cellFile)
        .filter((path) => rest.delete(path));
      if (own.length > 0) {
        found.push({ shard: name, directory, cells: own.length });
      }
    }
  }
  return rest.size === 0
    ? found
    : [...found, { shard: null, directory: "", cells: rest.size }];
}

function dealt(study: StudyConfig): StudyCell[] {
  const cost = cellCosts(study);
  return studyCells(study).toSorted((a, b) => cost(b) - cost(a));
}

/** Who gets the i-th card of so many. */
function handOf(i: number, count: number): number {
  const round = i % (2 * count);
  return round < count ? round : 2 * count - 1 - round;
}
