/**
 * The rows of a CSV data set; `csv.ts` tells what they mean.
 *
 * @module
 */

import { buildDataset } from "./builder.ts";
import type { CsvRecord } from "./csv_records.ts";
import type { Dataset } from "./dataset.ts";

/** Index of each column in the header; -1 for one that is not there. */
export interface ColumnIndices {
  /** Columns in all. */
  readonly count: number;
  /** Its index. */
  readonly episode: number;
  /** [D] */
  readonly observations: readonly number[];
  /** Its index. */
  readonly action: number;
  /** Its index. */
  readonly reward: number;
  /** Its index or -1. */
  readonly terminated: number;
  /** Its index or -1. */
  readonly truncated: number;
  /** Its index or -1. */
  readonly step: number;
  /** All names. */
  readonly names: readonly string[];
}

/** Takes the rows of a file one by one. */
export interface RowReader {
  /** Takes the next row. */
  row(record: CsvRecord): void;
  /** The data set, not validated; of no use if a row was bad. */
  finish(): Dataset;
}

/** The action in a row and what came of it. */
interface Step {
  action: number;
  reward: number;
  terminated: boolean;
  truncated: boolean;
}

/**
 * Starts reading rows.
 *
 * @param columns Where things are.
 * @param actionCount Number of actions, if known.
 * @param onBad Is told each bad row's line and what is wrong with it.
 */
export function openRows(
  columns: ColumnIndices,
  actionCount: number | undefined,
  onBad: (line: number, what: string) => void,
): RowReader {
  const size = columns.observations.length;
  const builder = buildDataset(size);
  const ids = new Set<string>();
  const observation = new Float64Array(size);
  const row: Step = {
    action: 0,
    reward: 0,
    terminated: false,
    truncated: false,
  };
  // The current episode: its last step waits for the observation that follows it.
  const last: Step = { ...row };
  let id: Uint8Array | undefined;
  let line = 0;
  let stepNumber = NaN;
  let observations = 0;
  /** A row without action, the final observation, was read. */
  let isClosed = false;
  let isBad = false;

  const endEpisode = () => {
    if (id === undefined || isBad) return;
    const terminated = last.terminated ||
      (columns.terminated < 0 && !last.truncated);
    if (terminated && !isClosed) {
      builder.addTransition(last.action, last.reward);
      builder.addObservation(observation, 0);
      observations++;
    }
    if (observations >= 2) {
      return builder.endEpisode(terminated, last.truncated);
    }
    onBad(
      line,
      isClosed
        ? "the episode has no action"
        : "the episode's only action is not terminated, and no row tells what followed",
    );
  };

  const startEpisode = (record: CsvRecord): string | undefined => {
    id = record.copy(columns.episode);
    stepNumber = NaN;
    observations = 0;
    isClosed =
      isBad =
      last.terminated =
      last.truncated =
        false;
    const text = record.text(columns.episode);
    if (text === undefined) return "the episode is not UTF-8";
    if (ids.has(text)) {
      return `episode ${
        quote(text)
      } goes on after another one; sort the rows by episode`;
    }
    ids.add(text);
  };

  /** Reads the cells; returns what is wrong. */
  const readCells = (record: CsvRecord): string | undefined => {
    const isFinal = record.size(columns.action) === 0;
    for (let d = 0; d < size; d++) {
      const column = columns.observations[d];
      const value = record.number(column);
      const fits = Number.isInteger(value)
        ? Math.fround(value) === value
        : Number.isFinite(Math.fround(value));
      if (!fits) return badCell(record, column, "no number that fits 32 bits");
      observation[d] = value;
    }
    row.terminated = row.truncated = false;
    for (const key of ["terminated", "truncated"] as const) {
      const column = columns[key];
      if (column < 0 || (isFinal && record.size(column) === 0)) continue;
      const flag = readFlag(record, column);
      if (flag === undefined) return badCell(record, column, "neither 0 nor 1");
      row[key] = flag;
    }
    if (columns.step >= 0) {
      const number = record.number(columns.step);
      const isNext = Number.isNaN(stepNumber) || number === stepNumber + 1;
      if (!Number.isInteger(number) || !isNext) {
        return badCell(record, columns.step, "not the next step's number");
      }
      stepNumber = number;
    }
    if (isFinal) {
      if (record.size(columns.reward) > 0 || row.terminated || row.truncated) {
        return "a reward or an end without action";
      }
      row.action = -1;
      return;
    }
    row.action = record.number(columns.action);
    if (row.action !== (row.action | 0) || row.action < 0) {
      return badCell(record, columns.action, "no integer from 0");
    }
    if (actionCount !== undefined && row.action >= actionCount) {
      return badCell(record, columns.action, `not below ${actionCount}`);
    }
    row.reward = record.number(columns.reward);
    if (!Number.isFinite(Math.fround(row.reward))) {
      return badCell(record, columns.reward, "no number that fits 32 bits");
    }
  };

  const badCell = (record: CsvRecord, column: number, what: string) =>
    `${quote(columns.names[column])} is ${
      quote(record.text(column) ?? "not UTF-8")
    }, ${what}`;

  /** Reads a row and adds it; returns what is wrong. */
  const readRow = (record: CsvRecord): string | undefined => {
    if (record.malformed) return "text after a closing quote";
    if (record.cells !== columns.count) {
      return `${record.cells} cells instead of ${columns.count}`;
    }
    if (id === undefined || !record.equals(columns.episode, id)) {
      endEpisode();
      const wrong = startEpisode(record);
      if (wrong) return wrong;
    }
    line = record.line;
    const wrong = readCells(record);
    if (wrong || isBad) return wrong;
    const isFinal = row.action < 0;
    if (isClosed || (!isFinal && (last.terminated || last.truncated))) {
      return "a row after the end of its episode";
    }
    if (observations > 0) builder.addTransition(last.action, last.reward);
    builder.addObservation(observation, 0);
    observations++;
    if (isFinal) isClosed = true;
    else Object.assign(last, row);
  };

  return {
    row(record): void {
      const wrong = readRow(record);
      if (wrong === undefined) return;
      onBad(record.line, wrong);
      // What follows in this episode is checked cell by cell only: one line a mistake.
      isBad = true;
      stepNumber = NaN;
    },
    finish(): Dataset {
      endEpisode();
      return builder.finish(actionCount);
    },
  };
}

/** 0, 1, 0.0, 1.0, true or false in any case; undefined for anything else. */
function readFlag(record: CsvRecord, column: number): boolean | undefined {
  const number = record.number(column);
  if (number === 0 || number === 1) return number === 1;
  const text = record.size(column) > 5 ? "" : record.text(column);
  if (text?.toLowerCase() === "true") return true;
  if (text?.toLowerCase() === "false") return false;
}

/** Text of the file, safe for one line. */
function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);
}
