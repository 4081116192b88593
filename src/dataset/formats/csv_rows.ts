/**
 * The rows of a CSV data set; `csv.ts` says what they mean.
 *
 * @module
 */

import { buildDataset } from "./builder.ts";
import { LONGEST_ACTION_NAME } from "../action_codes.ts";
import type { ColumnIndices } from "./csv_columns.ts";
import type { CsvRecord } from "../../files/csv_records.ts";
import type { Dataset } from "../dataset.ts";

const RENAME =
  "if this column says nothing about the end of an episode, rename it";

const NOT_ALLOWED =
  "if this column does not list the allowed actions, rename it";

/** Takes the rows of a file one by one. */
export interface RowReader {
  /** Takes the next row. */
  row(record: CsvRecord): void;
  /** The data set, not validated, and notes on what was changed or assumed. */
  finish(): { readonly dataset: Dataset; readonly notes: readonly string[] };
}

/** ISO 8601: date, time and zone. */
const ISO_TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:\d\d)?)?$/;

/** The action in a row and what came of it. */
interface Step {
  /** Its code or name; undefined in a row that holds only the final observation. */
  action: number | string | undefined;
  reward: number;
  propensity?: number;
  terminated: boolean;
  truncated: boolean;
}

/**
 * Starts reading rows.
 *
 * @param columns Where things are.
 * @param name Name of the file, for messages.
 * @param actionCount Number of actions, if known.
 * @param onBad Called with each bad row's line and what is wrong with it.
 */
export function openRows(
  columns: ColumnIndices,
  name: string,
  actionCount: number | undefined,
  onBad: (line: number, what: string) => void,
): RowReader {
  const size = columns.observations.length;
  const builder = buildDataset(size, name);
  const ids = new Set<string>();
  const observation = new Float64Array(size);
  const row: Step = {
    action: undefined,
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
  const saysTerminated = columns.terminated >= 0 || columns.over >= 0;
  const saysBoth = columns.terminated >= 0 && columns.truncated >= 0;
  /** Episodes whose last row is taken for their final observation. */
  let cut = 0;
  /** Episodes of one row that is not terminated: what its action led to is not known. */
  let empty = 0;
  /** Rows whose step is not the last one's plus 1, and the first of them. */
  let jumps = 0;
  let firstJump = "";
  /** Whether all actions are integers; undefined before the first. */
  let areCodes: boolean | undefined;
  /** The row's allowed actions, and all lists by their cell; equal cells share one. */
  let allowed: readonly (number | string)[] | undefined;
  /** The last text in the episode's column for its outcome. */
  let outcome = "";
  const allowedLists = new Map<string, readonly (number | string)[]>();

  const endEpisode = () => {
    if (id === undefined || isBad) return;
    const terminated = last.terminated ||
      (!saysTerminated && !last.truncated);
    if (terminated && !isClosed) {
      builder.addTransition(last.action!, last.reward, last.propensity);
      builder.repeatObservation();
      observations++;
    }
    if (observations >= 2) {
      if (!terminated && !isClosed) cut++;
      return builder.endEpisode(terminated, last.truncated, outcome);
    }
    if (isClosed) return onBad(line, "the episode has no action");
    builder.dropObservation();
    empty++;
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
    outcome = "";
    const text = record.text(columns.episode);
    if (text === undefined) return "the episode is not UTF-8";
    if (ids.has(text)) {
      return `episode ${
        quote(text)
      } continues after another one; sort the rows by episode`;
    }
    ids.add(text);
  };

  /** Reads the cells; returns what is wrong. */
  const readCells = (record: CsvRecord): string | undefined => {
    const isFinal = record.size(columns.action) === 0;
    for (let d = 0; d < size; d++) {
      const column = columns.observations[d];
      const value = record.number(column);
      if (!Number.isFinite(Math.fround(value))) {
        return badNumber(record, column, value);
      }
      observation[d] = value;
    }
    if (columns.outcome >= 0 && record.size(columns.outcome) > 0) {
      const text = record.text(columns.outcome);
      if (text === undefined) {
        return badCell(record, columns.outcome, "not UTF-8");
      }
      outcome = text;
    }
    const wrongMask = columns.allowed < 0 ? undefined : readAllowed(record);
    if (wrongMask) return badMask(record, wrongMask);
    const wrongEnd = readEnds(record, isFinal);
    if (wrongEnd) return wrongEnd;
    if (columns.step >= 0) {
      const number = stepOf(record, columns.step);
      if (!Number.isFinite(number)) {
        return badCell(
          record,
          columns.step,
          "neither a number nor a date such as 2024-12-31",
        );
      }
      const isDate = Number.isNaN(record.number(columns.step));
      const shown = (step: number) => isDate ? dateOf(step) : step;
      if (number <= stepNumber) {
        return badCell(
          record,
          columns.step,
          `not after step ${shown(stepNumber)}`,
        );
      }
      if (number > stepNumber && number !== stepNumber + 1 && jumps++ === 0) {
        firstJump = `${shown(stepNumber)} to ${
          shown(number)
        } in line ${record.line}`;
      }
      stepNumber = number;
    }
    if (isFinal) {
      if (record.size(columns.reward) > 0 || row.terminated || row.truncated) {
        return "a reward or an end without action";
      }
      row.action = undefined;
      return;
    }
    const wrong = readAction(record);
    if (wrong) return badCell(record, columns.action, wrong);
    if (allowed?.includes(row.action!) === false) {
      return badMask(
        record,
        `without the action ${quote(`${row.action}`)}, which was taken`,
      );
    }
    row.reward = record.number(columns.reward);
    if (!Number.isFinite(Math.fround(row.reward))) {
      return badNumber(record, columns.reward, row.reward);
    }
    if (columns.propensity < 0) return;
    row.propensity = record.number(columns.propensity);
    if (!(row.propensity > 0 && row.propensity <= 1)) {
      return badCell(
        record,
        columns.propensity,
        "not a probability above 0; if this column says nothing about how likely the action was, rename it",
      );
    }
  };

  /** Reads the flags of a row's end; returns what is wrong. */
  const readEnds = (
    record: CsvRecord,
    isFinal: boolean,
  ): string | undefined => {
    const flags = { terminated: false, truncated: false, over: false };
    for (const key of ["terminated", "truncated", "over"] as const) {
      const column = columns[key];
      if (column < 0 || (isFinal && record.size(column) === 0)) continue;
      const flag = readFlag(record, column);
      if (flag === undefined) {
        // Beside both ends it is only compared with them.
        if (key === "over" && saysBoth) continue;
        const what = columns.guessed.includes(column)
          ? `neither 0 nor 1; ${RENAME}`
          : "neither 0 nor 1";
        return badCell(record, column, what);
      }
      flags[key] = flag;
      if (key === "over") {
        const wrong = contradiction(flag, flags.terminated, flags.truncated);
        if (wrong) return badCell(record, column, wrong);
      }
    }
    for (const [column, other] of columns.doubles) {
      const flag = readFlag(record, other);
      if (flag !== undefined && flag !== readFlag(record, column)) {
        return badCell(
          record,
          other,
          `but ${quote(columns.names[column])} says the opposite; ${RENAME}`,
        );
      }
    }
    const { terminated, truncated, over } = flags;
    const isLimit = columns.truncated < 0 && columns.terminated >= 0;
    row.terminated = terminated || (over && !truncated && !isLimit);
    row.truncated = truncated || (over && !terminated && isLimit);
  };

  /** What is wrong with a flag that says whether the episode is over, beside those of its ends. */
  const contradiction = (
    over: boolean,
    terminated: boolean,
    truncated: boolean,
  ): string | undefined => {
    if (columns.over === columns.truncated) return;
    const nameOf = (column: number) => quote(columns.names[column]);
    if (!over && terminated) {
      return `but ${nameOf(columns.terminated)} is set; ${RENAME}`;
    }
    if (over && saysBoth && !terminated && !truncated) {
      return `but neither ${nameOf(columns.terminated)} nor ${
        nameOf(columns.truncated)
      } is set; ${RENAME}`;
    }
  };

  /** Reads the action, a code or a name; returns what is wrong. */
  const readAction = (record: CsvRecord): string | undefined => {
    const code = record.number(columns.action);
    const action = Number.isNaN(code)
      ? actionName(record.text(columns.action))
      : code;
    const wrong = wrongAction(code, action);
    if (wrong) return wrong;
    row.action = action;
  };

  /** What is wrong with an action: its number, NaN if it is none, and its code or name. */
  const wrongAction = (
    code: number,
    action: number | string | undefined,
  ): string | undefined => {
    if (actionCount !== undefined) {
      if (!Number.isInteger(code) || code < 0 || code >= actionCount) {
        return `not an integer from 0 to ${actionCount - 1}`;
      }
    } else if (!Number.isNaN(code)) {
      if (!Number.isInteger(code)) return "not an integer";
      if (!Number.isSafeInteger(code)) return "beyond ±2^53";
    }
    if (action === undefined) return "neither an integer nor a name";
    // A name among numbers is a mistake in one of them.
    const isCode = typeof action === "number";
    if (isCode !== (areCodes ??= isCode)) {
      return `where earlier actions are ${areCodes ? "integers" : "names"}`;
    }
  };

  /** Reads the allowed actions; returns what is wrong. */
  const readAllowed = (record: CsvRecord): string | undefined => {
    const cell = record.text(columns.allowed);
    if (cell === undefined) return "not a list of actions";
    allowed = allowedLists.get(cell);
    if (allowed) return;
    const texts = cell.split(cell.includes(";") ? ";" : " ")
      .map((text) => text.trim()).filter((text) => text !== "");
    const list: (number | string)[] = [];
    for (const text of texts) {
      const code = Number(text);
      const action = Number.isNaN(code) ? actionName(text) : code;
      const wrong = wrongAction(code, action);
      if (wrong) return `in which ${quote(text)} is ${wrong}`;
      list.push(action!);
    }
    if (new Set(list).size < list.length) return "which names an action twice";
    allowedLists.set(cell, allowed = list);
  };

  const actionName = (text: string | undefined): string | undefined => {
    const isName = text !== undefined && text.length <= LONGEST_ACTION_NAME &&
      text.trim() === text && Number.isNaN(Number(text)) &&
      !/^[+-]?(nan|inf)/i.test(text);
    return isName ? text : undefined;
  };

  const badCell = (record: CsvRecord, column: number, what: string) =>
    `${quote(columns.names[column])} is ${
      quote(record.text(column) ?? "not UTF-8")
    }, ${what}`;

  const badMask = (record: CsvRecord, what: string) =>
    badCell(
      record,
      columns.allowed,
      columns.guessed.includes(columns.allowed)
        ? `${what}; ${NOT_ALLOWED}`
        : what,
    );

  const badNumber = (record: CsvRecord, column: number, value: number) =>
    badCell(
      record,
      column,
      Number.isNaN(value) ? "not a number" : "too large for 32 bits",
    );

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
    const isFinal = row.action === undefined;
    if (isClosed || (!isFinal && (last.terminated || last.truncated))) {
      return "a row after the end of its episode";
    }
    if (observations > 0) {
      builder.addTransition(last.action!, last.reward, last.propensity);
    }
    builder.addObservation(observation, 0, allowed);
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
    finish() {
      endEpisode();
      const dataset = builder.finish(actionCount);
      const names = columns.observations.map((at) => columns.names[at]);
      const notes = [
        ...columns.notes,
        ...builder.notes(names, columns.names[columns.reward]),
      ];
      if (dataset.actionNames) {
        notes.push(
          `${columns.names[columns.action]}: ${dataset.actionCount} actions, ` +
            `which keep their names: ${list(dataset.actionNames)}`,
        );
      }
      if (cut > 0) {
        notes.push(
          `${cut} ${
            cut === 1 ? "episode ends" : "episodes end"
          } unterminated and without a row for the final observation: ` +
            "the last row gives it, and its action and reward are not used",
        );
      }
      if (empty > 0) {
        notes.push(
          `${empty} ${
            empty === 1 ? "episode has" : "episodes have"
          } one row, not terminated, and none for the final observation: ` +
            "they hold no transition and are left out",
        );
      }
      if (jumps > 0) {
        notes.push(
          `${columns.names[columns.step]}: grows by other than 1 in ${jumps} ${
            jumps === 1 ? "row" : "rows"
          }, the first from ${firstJump}; rows are taken for consecutive steps`,
        );
      }
      return { dataset, notes };
    },
  };
}

/** A step's number, or its date and time in days; NaN if it is neither. */
function stepOf(record: CsvRecord, column: number): number {
  const number = record.number(column);
  if (!Number.isNaN(number) || record.size(column) > 40) return number;
  const [, date, time = "00:00", zone = "Z"] =
    ISO_TIME.exec(record.text(column) ?? "") ?? [];
  return Date.parse(`${date}T${time}${zone}`) / 86_400_000;
}

function dateOf(days: number): string {
  return new Date(days * 86_400_000).toISOString()
    .replace("T00:00:00.000Z", "");
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

/** The first ten, separated by commas. */
function list(texts: readonly string[]): string {
  const shown = texts.slice(0, 10).map((text) => text.slice(0, 40)).join(", ");
  return texts.length > 10 ? `${shown} …` : shown;
}
