/**
 * The rows of a table as a data set; `table.ts` says what they mean.
 *
 * @module
 */

import { buildDataset } from "./builder.ts";
import type { Spill } from "./spill.ts";
import { LONGEST_ACTION_NAME } from "../action_codes.ts";
import type { ColumnIndices } from "./table_columns.ts";
import type {
  CellCopy,
  PlaceUnit,
  TableRecord,
} from "../../files/table_record.ts";
import type { Dataset } from "../dataset.ts";
import { ownObservationNames } from "../observation_names.ts";

const RENAME =
  "if this column says nothing about the end of an episode, rename it";

const NOT_UTF8 = "is not UTF-8; save the file as UTF-8";

const NOT_ALLOWED =
  "if this column does not list the allowed actions, rename it";

/** Takes the rows of a file one by one. */
export interface RowReader {
  /** Takes the next row. */
  row(record: TableRecord): void;
  /** Ends the last episode; there is no further row. */
  end(): void;
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
 * @param unit What the places of rows count.
 * @param onBad Called with each bad row's place and what is wrong with it.
 * @param spill Where columns are while they grow; without it, in memory.
 */
export function openRows(
  columns: ColumnIndices,
  name: string,
  actionCount: number | undefined,
  unit: PlaceUnit,
  onBad: (place: number, what: string) => void,
  spill?: Spill,
): RowReader {
  const size = columns.observations.length;
  const builder = buildDataset(size, name, spill);
  const ids = new Set<string>();
  const observation = new Float64Array(size);
  /** Whether rows are transitions, each with the observation that followed. */
  const areTransitions = columns.next.length > 0;
  /** What followed the last row and this one, where rows are transitions. */
  let followed = new Float64Array(size);
  let next = new Float64Array(size);
  let lacksNext = false;
  const row: Step = {
    action: undefined,
    reward: 0,
    terminated: false,
    truncated: false,
  };
  // The current episode: its last step waits for the observation that follows it.
  const last: Step = { ...row };
  let id: CellCopy | undefined;
  let place = 0;
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
  let episodes = 0;
  /** Episodes of transitions that end with neither flag. */
  let open = 0;
  /** How often a row of an episode begins elsewhere than the one before ended. */
  let splits = 0;
  /** Rows whose step is not the last one's plus 1, and the first of them. */
  let jumps = 0;
  let firstJump = "";
  /** Whether all actions are integers; undefined before the first. */
  let areCodes: boolean | undefined;
  /** The row's allowed actions, and all lists by their cell; equal cells share one. */
  let allowed: readonly (number | string)[] | undefined;
  /** The last text in the episode's column for its outcome. */
  let outcome = "";
  /** What is allowed in the next observation, of this row and of the last, where rows are transitions. */
  let nextAllowed: readonly (number | string)[] | undefined;
  let followedAllowed: readonly (number | string)[] | undefined;
  const allowedLists = new Map<string, readonly (number | string)[]>();

  const endEpisode = () => {
    if (id === undefined || isBad) return;
    episodes++;
    if (areTransitions) {
      if (!last.terminated && !last.truncated) open++;
      builder.addObservation(followed, 0, followedAllowed);
      return builder.endEpisode(last.terminated, last.truncated, outcome);
    }
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
    if (isClosed) return onBad(place, "the episode has no action");
    builder.dropObservation();
    empty++;
  };

  /** Whether the row is of the current episode as far as its column says. */
  const isOfEpisode = (record: TableRecord) =>
    columns.episode < 0 || record.equals(columns.episode, id!);

  /** Whether a row of the same episode goes on where the last one ended. */
  const goesOn = (record: TableRecord): boolean => {
    const isOver = last.terminated || last.truncated;
    // A row behind the end of an episode that has a name is a mistake, to be reported.
    if (isOver) return columns.episode >= 0;
    if (!areTransitions) return true;
    const step = columns.step < 0 ? NaN : stepOf(record, columns.step);
    if (columns.episode < 0 && step <= stepNumber) return false;
    return columns.observations.every((column, d) =>
      Math.fround(record.number(column)) === followed[d]
    );
  };

  const startEpisode = (record: TableRecord): string | undefined => {
    const isSame = id !== undefined && isOfEpisode(record);
    id = columns.episode < 0 ? "" : record.copy(columns.episode);
    stepNumber = NaN;
    observations = 0;
    isClosed =
      isBad =
      last.terminated =
      last.truncated =
        false;
    outcome = "";
    if (isSame || columns.episode < 0) return;
    const text = record.text(columns.episode);
    if (text === undefined) return `the episode ${NOT_UTF8}`;
    if (ids.has(text)) {
      return `episode ${
        quote(text)
      } continues after another one; sort the rows by episode`;
    }
    ids.add(text);
  };

  /** Reads the cells; returns what is wrong. */
  const readCells = (record: TableRecord): string | undefined => {
    const isFinal = !areTransitions && record.isEmpty(columns.action);
    for (let d = 0; d < size; d++) {
      const column = columns.observations[d];
      const value = record.number(column);
      if (!Number.isFinite(Math.fround(value))) {
        return badNumber(record, column, value);
      }
      observation[d] = value;
    }
    if (columns.outcome >= 0 && !record.isEmpty(columns.outcome)) {
      const text = record.text(columns.outcome);
      if (text === undefined) {
        return `${quote(columns.names[columns.outcome])} ${NOT_UTF8}`;
      }
      outcome = text;
    }
    if (columns.allowed >= 0) {
      const list = readAllowed(record, columns.allowed);
      if (typeof list === "string") return badMask(record, list);
      allowed = list;
    }
    if (columns.nextAllowed >= 0) {
      const list = readAllowed(record, columns.nextAllowed);
      if (typeof list === "string") {
        return badCell(record, columns.nextAllowed, list);
      }
      nextAllowed = list;
    }
    const wrongNext = readNext(record);
    if (wrongNext) return wrongNext;
    const wrongEnd = readEnds(record, isFinal);
    if (wrongEnd) return wrongEnd;
    if (areTransitions && lacksNext && !row.terminated) {
      return "no next observation, and the row is not terminated";
    }
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
        } in ${unit} ${record.place}`;
      }
      stepNumber = number;
    }
    if (isFinal) {
      if (!record.isEmpty(columns.reward) || row.terminated || row.truncated) {
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

  /** Reads what followed; returns what is wrong. */
  const readNext = (record: TableRecord): string | undefined => {
    if (!areTransitions) return;
    // Nothing needs what followed a terminated step, and some files leave it out.
    if (columns.next.every((column) => record.isEmpty(column))) {
      next.set(observation);
      lacksNext = true;
      return;
    }
    lacksNext = false;
    for (let d = 0; d < size; d++) {
      const value = record.number(columns.next[d]);
      if (!Number.isFinite(Math.fround(value))) {
        return badNumber(record, columns.next[d], value);
      }
      next[d] = Math.fround(value);
    }
  };

  /** Reads the flags of a row's end; returns what is wrong. */
  const readEnds = (
    record: TableRecord,
    isFinal: boolean,
  ): string | undefined => {
    const flags = { terminated: false, truncated: false, over: false };
    for (const key of ["terminated", "truncated", "over"] as const) {
      const column = columns[key];
      if (column < 0 || (isFinal && record.isEmpty(column))) continue;
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
  const readAction = (record: TableRecord): string | undefined => {
    const code = record.code(columns.action);
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

  /** Reads the actions that a cell allows, or returns what is wrong. */
  const readAllowed = (
    record: TableRecord,
    column: number,
  ): readonly (number | string)[] | string => {
    const cell = record.text(column);
    if (cell === undefined) return "not a list of actions";
    const known = allowedLists.get(cell);
    if (known) return known;
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
    allowedLists.set(cell, list);
    return list;
  };

  const actionName = (text: string | undefined): string | undefined => {
    const isName = text !== undefined && text.length <= LONGEST_ACTION_NAME &&
      text.trim() === text && Number.isNaN(Number(text)) &&
      !/^[+-]?(nan|inf)/i.test(text);
    return isName ? text : undefined;
  };

  const badCell = (record: TableRecord, column: number, what: string) => {
    const text = record.text(column);
    return `${quote(columns.names[column])} ${
      text === undefined ? NOT_UTF8 : `is ${quote(text)}, ${what}`
    }`;
  };

  const badMask = (record: TableRecord, what: string) =>
    badCell(
      record,
      columns.allowed,
      columns.guessed.includes(columns.allowed)
        ? `${what}; ${NOT_ALLOWED}`
        : what,
    );

  const badNumber = (record: TableRecord, column: number, value: number) =>
    badCell(
      record,
      column,
      Number.isNaN(value) ? "not a number" : "too large for 32 bits",
    );

  /** Reads a row and adds it; returns what is wrong. */
  const readRow = (record: TableRecord): string | undefined => {
    if (record.malformed) return "text after a closing quote";
    if (record.cells !== columns.count) {
      return `${record.cells} cells instead of ${columns.count}`;
    }
    const isOther = id === undefined || !isOfEpisode(record);
    if (isOther || !goesOn(record)) {
      if (!isOther && columns.episode >= 0) splits++;
      endEpisode();
      const wrong = startEpisode(record);
      if (wrong) return wrong;
    }
    place = record.place;
    const wrong = readCells(record);
    if (wrong || isBad) return wrong;
    const isFinal = row.action === undefined;
    if (isClosed || (!isFinal && (last.terminated || last.truncated))) {
      return "a row after the end of its episode";
    }
    if (!areTransitions && observations > 0) {
      builder.addTransition(last.action!, last.reward, last.propensity);
    }
    builder.addObservation(observation, 0, allowed);
    if (areTransitions) {
      builder.addTransition(row.action!, row.reward, row.propensity);
      [followed, next] = [next, followed];
      followedAllowed = nextAllowed;
    }
    observations++;
    if (isFinal) isClosed = true;
    else Object.assign(last, row);
  };

  return {
    row(record): void {
      const wrong = readRow(record);
      if (wrong === undefined) return;
      onBad(record.place, wrong);
      // What follows in this episode is checked cell by cell only: one line a mistake.
      isBad = true;
      stepNumber = NaN;
    },
    end: endEpisode,
    finish() {
      const names = columns.observations.map((at) => columns.names[at]);
      const own = ownObservationNames(names);
      const dataset = builder.finish(actionCount, 0, own.observationNames);
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
      if (areTransitions && columns.episode < 0) {
        notes.push(
          `${episodes} ${
            episodes === 1 ? "episode is" : "episodes are"
          } put together from ${
            dataset.episodeOffsets[dataset.episodeOffsets.length - 1]
          } transitions: one ` +
            "goes on where a row's observation is the next observation of the row before" +
            (open > 0
              ? `; ${open} of them end unterminated and not truncated, and learning continues ` +
                "there from the next observation"
              : ""),
        );
      }
      if (splits > 0) {
        notes.push(
          `an episode is split ${
            splits === 1 ? "once" : `${splits} times`
          } where a row's ` +
            "observation is not the next observation of the row before: are rows missing or out of " +
            "order?",
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
function stepOf(record: TableRecord, column: number): number {
  const number = record.number(column);
  if (!Number.isNaN(number)) return number;
  const [, date, time = "00:00", zone = "Z"] =
    ISO_TIME.exec(record.text(column) ?? "") ?? [];
  return Date.parse(`${date}T${time}${zone}`) / 86_400_000;
}

function dateOf(days: number): string {
  return new Date(days * 86_400_000).toISOString()
    .replace("T00:00:00.000Z", "");
}

/** 0, 1, 0.0, 1.0, true or false in any case; undefined for anything else. */
function readFlag(record: TableRecord, column: number): boolean | undefined {
  const number = record.number(column);
  if (number === 0 || number === 1) return number === 1;
  const text = record.text(column)?.toLowerCase();
  if (text === "true") return true;
  if (text === "false") return false;
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
