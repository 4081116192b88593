/**
 * Worlds in CSV: a line for each outcome. docs/worlds.md lists the columns.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { type CsvForm, readCsvRecords } from "../files/csv_records.ts";
import type { TableRecord } from "../files/table_record.ts";
import { suggest } from "../nearest.ts";
import type { NamedOutcome } from "../mdp/mdp.ts";
import { requireWorldSize } from "../mdp/validate.ts";
import { absorbingStates } from "./world_absorbing.ts";
import type { WorldFile } from "./world_file.ts";
import { endsNamed, UNNAMED_END } from "./world_outcomes.ts";
import {
  noTransitions,
  transitionsOf,
  type WorldParts,
} from "./world_parts.ts";

const NEEDED = ["state", "action", "next_state", "probability", "reward"];
const COLUMNS = [...NEEDED, "outcome", "end"];
const KEYS = [
  "title",
  "horizon",
  "discount",
  "states",
  "actions",
  "outcomes",
  "unsafe",
  "allowed",
];

/** Several marks in a header are no separators, and a comma stands before no decimals. */
const FORM: CsvForm = { choose: () => ",", decimal: "point" };

/**
 * What a CSV file says of a world.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @throws InputError if that is no world, in one line.
 */
export async function partsFromCsv(
  bytes: Uint8Array,
  name: string,
): Promise<WorldParts> {
  const keys = new Map<string, string>();
  let columns: string[] | null = null;
  const transitions = noTransitions();
  const names: string[] = [];
  /** Whether each name ends the episode, as its first line says. */
  const ends: boolean[] = [];
  const starts: [state: number, probability: number][] = [];

  const onRecord = (record: TableRecord) => {
    const fail = (what: string): never => {
      throw new InputError(`${name}: line ${record.place}: ${what}`);
    };
    const cells = Array.from(
      { length: record.cells },
      (_, cell) => record.text(cell) ?? fail("is no text in UTF-8"),
    );
    if (cells[0].startsWith("#")) {
      if (columns) fail("lines with # stand above the columns");
      return readKey(cells.join(","), keys, fail);
    }
    if (columns === null) {
      columns = readColumns(cells, fail);
      for (const outcome of listOf(keys.get("outcomes"))) names.push(outcome);
      return;
    }
    if (cells.length !== columns.length || record.malformed) {
      fail(`has ${cells.length} cells; there are ${columns.length} columns`);
    }
    const at = (column: string) => columns!.indexOf(column);
    const number = (column: string) => {
      const value = record.number(at(column));
      return Number.isFinite(value)
        ? value
        : fail(`${column} ${JSON.stringify(cells[at(column)])} is no number`);
    };
    if (cells[at("state")] === "" && cells[at("action")] === "") {
      starts.push([number("next_state"), number("probability")]);
      return;
    }
    transitions.state.push(number("state"));
    transitions.action.push(number("action"));
    transitions.nextState.push(number("next_state"));
    transitions.probability.push(number("probability"));
    transitions.reward.push(number("reward"));
    const [outcome, isEnd] = readEnd(
      cells[at("outcome")] ?? "",
      cells[at("end")],
    );
    if (outcome === "") {
      transitions.outcome.push(isEnd ? UNNAMED_END : 0);
      return;
    }
    let n = names.indexOf(outcome);
    if (n < 0) n = names.push(outcome) - 1;
    if ((ends[n] ??= isEnd) !== isEnd) {
      fail(`${outcome} ends the episode in some lines and not in others`);
    }
    transitions.outcome.push(n + 1);
  };
  await readCsvRecords(once(bytes), name, FORM, onRecord);
  if (columns === null) {
    throw new InputError(`${name}: has no columns; ${NEEDED.join(",")}`);
  }

  const value = (key: string) => {
    const text = keys.get(key);
    if (text === undefined || text === "none") return null;
    const number = Number(text);
    if (text !== "" && Number.isFinite(number)) return number;
    throw new InputError(
      `${name}: ${key} ${JSON.stringify(text)} is no number`,
    );
  };
  const stateCount = countOf(value("states"), [
    transitions.state,
    transitions.nextState,
    starts.map(([state]) => state),
  ]);
  const actionCount = countOf(value("actions"), [transitions.action]);
  requireWorldSize(stateCount, actionCount, name);
  const allowed = keys.get("allowed");
  if (allowed !== undefined && allowed !== "listed") {
    throw new InputError(`${name}: allowed is ${allowed}; it can be listed`);
  }
  let endStates: Uint8Array | null = null;
  if (!(columns as string[]).some((c) => c === "end" || c === "outcome")) {
    endStates = new Uint8Array(stateCount);
    for (const state of absorbingStates(transitions, stateCount)) {
      endStates[state] = UNNAMED_END;
    }
  }
  return {
    title: keys.get("title") ?? "a world from a file",
    stateCount,
    actionCount,
    transitions,
    outcomes: namedOutcomes(names, ends, keys.get("unsafe"), name),
    endStates,
    start: starts.length === 0 ? null : startOf(starts, stateCount, name),
    horizon: value("horizon"),
    discount: value("discount") ?? 1,
    allowed: allowed
      ? listedActions(transitions, stateCount, actionCount)
      : null,
    advice: null,
    observations: null,
    policies: {},
  };
}

type Fail = (what: string) => never;

function readKey(line: string, keys: Map<string, string>, fail: Fail): void {
  const match = /^# *(\w+) *: *(.*)$/.exec(line);
  // Any other line with # is a remark.
  if (match === null) return;
  const [, key, value] = match;
  if (!KEYS.includes(key)) fail(`unknown ${key}; ${suggest(key, KEYS)}`);
  if (keys.has(key)) fail(`${key} is there twice`);
  keys.set(key, value.trim());
}

function readColumns(cells: readonly string[], fail: Fail): string[] {
  for (const needed of NEEDED) {
    if (!cells.includes(needed)) fail(`column ${needed} is missing`);
  }
  for (const [n, column] of cells.entries()) {
    if (!COLUMNS.includes(column)) {
      fail(
        `unknown column ${JSON.stringify(column)}; ${suggest(column, COLUMNS)}`,
      );
    }
    if (cells.indexOf(column) !== n) fail(`column ${column} is there twice`);
  }
  return [...cells];
}

/** The name of what happens and whether it ends the episode; `end` may be the name itself. */
function readEnd(
  outcome: string,
  end: string | undefined,
): [name: string, ends: boolean] {
  if (end === undefined) return [outcome, outcome !== ""];
  const lower = end.toLowerCase();
  if (["", "0", "false"].includes(lower)) return [outcome, false];
  if (["1", "true"].includes(lower)) return [outcome, true];
  return [end, true];
}

function namedOutcomes(
  names: readonly string[],
  ends: readonly boolean[],
  unsafe: string | undefined,
  name: string,
): NamedOutcome[] {
  const avoided = unsafe === undefined ? null : listOf(unsafe);
  const unknown = avoided?.find((outcome) => !names.includes(outcome));
  if (unknown !== undefined) {
    throw new InputError(`${name}: unsafe: there is no outcome ${unknown}`);
  }
  return endsNamed(names).map((outcome, n) => ({
    name: outcome.name,
    ends: ends[n] ?? true,
    unsafe: avoided ? avoided.includes(outcome.name) : outcome.unsafe,
  }));
}

function startOf(
  starts: readonly [number, number][],
  stateCount: number,
  name: string,
): Float64Array {
  const start = new Float64Array(stateCount);
  for (const [state, probability] of starts) {
    if (!(state in start)) {
      throw new InputError(
        `${name}: episodes start in state ${state}; states are 0 to ${
          stateCount - 1
        }`,
      );
    }
    start[state] += probability;
  }
  return start;
}

function listedActions(
  { state, action }: WorldParts["transitions"],
  stateCount: number,
  actionCount: number,
): Uint8Array {
  const allowed = new Uint8Array(stateCount * actionCount);
  state.forEach((s, i) => allowed[s * actionCount + action[i]] = 1);
  return allowed;
}

function countOf(
  given: number | null,
  indices: readonly (readonly number[])[],
): number {
  const least = indices.reduce(
    (most, column) => column.reduce((m, i) => Math.max(m, i + 1), most),
    0,
  );
  return given ?? least;
}

function listOf(text: string | undefined): string[] {
  return (text ?? "").split(",").map((word) => word.trim()).filter((word) =>
    word !== ""
  );
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A world as CSV. Observations that are more than the state's index and policies have no place in it. */
export function worldToCsv(
  { title, mdp, policies }: WorldFile,
  onNote: (note: string) => void,
): string {
  const isIndex = mdp.observationSize === 1 &&
    mdp.observationCategories?.[0] === mdp.stateCount &&
    mdp.observations.every((value, state) => value === state);
  if (!isIndex) {
    onNote("CSV holds no observations; states are read as their indices");
  }
  const names = Object.keys(policies);
  if (names.length > 0) onNote(`CSV holds no policies: ${names.join(", ")}`);
  const { outcomes } = mdp;
  const unsafe = outcomes.filter((outcome) => outcome.unsafe);
  const list = (of: readonly NamedOutcome[]) =>
    of.map((outcome) => outcome.name).join(", ");
  const lines = [
    `# title: ${title.replace(/\s+/g, " ")}`,
    `# horizon: ${mdp.horizon ?? "none"}`,
    `# discount: ${mdp.discount}`,
    `# states: ${mdp.stateCount}`,
    `# actions: ${mdp.actionCount}`,
    `# outcomes: ${list(outcomes)}`,
    `# unsafe: ${list(unsafe)}`,
    ...(mdp.allowed ? ["# allowed: listed"] : []),
    COLUMNS.join(","),
  ];
  mdp.start.forEach((probability, state) => {
    if (probability > 0) lines.push(`,,${state},${probability},,,`);
  });
  const { state, action, nextState, probability, reward, outcome } =
    transitionsOf(mdp);
  state.forEach((s, i) => {
    const happens = outcomes[outcome[i] - 1];
    lines.push(
      `${s},${action[i]},${nextState[i]},${probability[i]},${reward[i]},${
        happens?.name ?? ""
      },${happens?.ends ? 1 : 0}`,
    );
  });
  return `${lines.join("\n")}\n`;
}
