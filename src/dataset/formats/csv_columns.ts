/**
 * Which column of a CSV file holds what.
 *
 * @module
 */

import { InputError } from "../../errors.ts";

/** Which column of the header holds what; each has a default. */
export interface CsvColumns {
  /** Default "episode". */
  readonly episode?: string;
  /** Default: the columns "observation_0", "observation_1" … */
  readonly observations?: readonly string[];
  /** Default "action". */
  readonly action?: string;
  /** Default "reward". */
  readonly reward?: string;
  /** Default "terminated" or another well-known name, if there is such a column. */
  readonly terminated?: string;
  /** Default "truncated" or another well-known name, if there is such a column. */
  readonly truncated?: string;
  /** Default "step" if there is such a column. */
  readonly step?: string;
  /** Default "allowed" if there is such a column. */
  readonly allowed?: string;
  /** Default "propensity" if there is such a column. */
  readonly propensity?: string;
  /** Default "outcome" if there is such a column. */
  readonly outcome?: string;
}

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
  /**
   * Index of a column that says that the episode is over, but not by what; or -1. Beside columns for
   * both ends it must agree with them.
   */
  readonly over: number;
  /** Pairs of a column for an end and another of the same meaning, which must agree with it. */
  readonly doubles: readonly (readonly [number, number])[];
  /** Its index or -1. */
  readonly step: number;
  /** Its index or -1. */
  readonly allowed: number;
  /** Its index or -1. */
  readonly propensity: number;
  /** Its index or -1. */
  readonly outcome: number;
  /** All names. */
  readonly names: readonly string[];
  /** Those taken for an end of episodes, or for the allowed actions, because of their names. */
  readonly guessed: readonly number[];
  /** What was assumed about the columns, one line each. */
  readonly notes: readonly string[];
}

/**
 * Names under which logs say how an episode ends, without case, blanks and punctuation. Those
 * of `over` do not say whether the environment ended it or a limit.
 */
const END_NAMES = {
  terminated: [
    "terminated",
    "terminations",
    "termination",
    "terminals",
    "terminal",
    "isterminated",
    "isterminal",
  ],
  truncated: [
    "truncated",
    "truncations",
    "truncation",
    "timeouts",
    "timeout",
    "istruncated",
    "timelimit",
    "timelimittruncated",
  ],
  over: [
    "done",
    "dones",
    "isdone",
    "islast",
    "end",
    "ended",
    "isend",
    "episodeend",
    "endofepisode",
    "episodedone",
  ],
} as const;

/** How many columns are listed. */
const LISTED = 30;

/**
 * Finds the columns.
 *
 * @param names The header.
 * @param file Name of the file, for messages.
 * @param columns What the user says.
 * @throws {InputError} for a column that is not there, there twice, or not clear.
 */
export function findColumns(
  names: readonly string[],
  file: string,
  columns: CsvColumns,
): ColumnIndices {
  const fail = (what: string): never => {
    throw new InputError(`${file}: ${what}`);
  };
  if (names.some((name) => /\r(?!\n)/.test(name))) {
    fail(
      "its header holds a lone carriage return; lines must end in LF or CRLF",
    );
  }
  // A header may have very many names.
  const places = new Map<string, number>();
  const repeated = new Set<string>();
  names.forEach((name, index) => {
    if (places.has(name)) repeated.add(name);
    else places.set(name, index);
  });
  const find = (flag: keyof CsvColumns, wanted: string): number => {
    const index = places.get(wanted);
    if (index === undefined) {
      return fail(
        `no column ${JSON.stringify(wanted)}; its columns are ${list(names)}` +
          (names.length === 1
            ? " (columns must be separated by commas)"
            : columns[flag] === undefined
            ? `; ${flagOf(flag)}`
            : ""),
      );
    }
    if (repeated.has(wanted)) {
      fail(`more than one column ${JSON.stringify(wanted)}`);
    }
    return index;
  };
  const doubles: [number, number][] = [];
  /** A column that is there under one of its well-known names. */
  const detect = (role: keyof typeof END_NAMES): number => {
    const [plain, ...others] = END_NAMES[role];
    const known = [plain, ...others].map(String);
    const found = names.filter((name) => known.includes(bare(name)));
    const exact = found.find((name) => name === plain);
    if (exact === undefined && found.length > 1) {
      fail(
        `each of the columns ${
          list(found)
        } may say that an episode is ${role}; ${
          flagOf(role === "over" ? "terminated" : role)
        }`,
      );
    }
    const name = exact ?? found[0];
    if (name === undefined) return -1;
    const index = find(role === "over" ? "terminated" : role, name);
    if (role !== "over") {
      doubles.push(
        ...found.filter((other) => other !== name)
          .map((other): [number, number] => [index, find(role, other)]),
      );
    }
    return index;
  };
  const usual = Array.from(
    {
      length: names.filter((name) => /^observation_[0-9]+$/.test(name)).length,
    },
    (_, d) => `observation_${d}`,
  );
  const observations = columns.observations ??
    (usual.length > 0 ? usual : ["observation_0"]);
  const named = (flag: "terminated" | "truncated") =>
    columns[flag] === undefined ? detect(flag) : find(flag, columns[flag]);
  /** Columns that the user gave a part: their names say nothing else. */
  const given = new Set(Object.values(columns).flat());
  const optional = (
    flag: "step" | "allowed" | "propensity" | "outcome",
  ) =>
    columns[flag] !== undefined || (names.includes(flag) && !given.has(flag))
      ? find(flag, columns[flag] ?? flag)
      : -1;
  const indices = {
    episode: find("episode", columns.episode ?? "episode"),
    observations: observations.map((name) => find("observations", name)),
    action: find("action", columns.action ?? "action"),
    reward: find("reward", columns.reward ?? "reward"),
    terminated: named("terminated"),
    truncated: named("truncated"),
    step: optional("step"),
    allowed: optional("allowed"),
    propensity: optional("propensity"),
    outcome: optional("outcome"),
  };
  if (new Set(observations).size < observations.length) {
    fail("--observations: names a column twice");
  }
  const { terminated, truncated } = indices;
  if (terminated >= 0 && terminated === truncated) {
    fail(
      `column ${
        JSON.stringify(names[terminated])
      } is named for both terminated and truncated`,
    );
  }
  const found = columns.terminated === undefined ? detect("over") : -1;
  const over = terminated >= 0 && found === truncated ? -1 : found;
  const all = { ...indices, over };
  const used = new Set(Object.values(all).flat());
  const unused = names.filter((_, column) => !used.has(column));
  return {
    ...all,
    count: names.length,
    names,
    doubles,
    guessed: [
      ...(columns.terminated === undefined ? [all.terminated] : []),
      ...(columns.truncated === undefined ? [all.truncated] : []),
      ...(columns.allowed === undefined ? [all.allowed] : []),
      over,
    ],
    notes: [
      ...endNotes(all, names, columns),
      ...(unused.length > 0 ? [`columns not used: ${list(unused)}`] : []),
    ],
  };
}

/** What is assumed about how episodes end. */
function endNotes(
  { terminated, truncated, over }: Pick<
    ColumnIndices,
    "terminated" | "truncated" | "over"
  >,
  names: readonly string[],
  columns: CsvColumns,
): string[] {
  const notes: string[] = [];
  for (const [role, column] of Object.entries({ terminated, truncated })) {
    const isNamed = columns[role as keyof CsvColumns] !== undefined;
    if (column >= 0 && !isNamed && names[column] !== role) {
      notes.push(`${names[column]}: taken for ${role}`);
    }
  }
  if (terminated >= 0 && truncated >= 0) return notes;
  if (over >= 0 && over !== truncated) {
    notes.push(
      `${names[over]}: ` +
        (terminated >= 0
          ? `taken for truncated where ${names[terminated]} is not set`
          : truncated >= 0
          ? `taken for terminated where ${names[truncated]} is not set`
          : "taken for terminated; if a limit ended some of these episodes, " +
            `${flagOf("truncated")}`),
    );
  } else if (over < 0 && terminated < 0) {
    notes.push(
      (truncated >= 0
        ? `no column says "terminated": an episode that is not truncated is taken for `
        : "no column says how an episode ends: each is taken for ") +
        `terminated with its last action; if that is wrong, ${
          flagOf(truncated >= 0 ? "terminated" : "truncated")
        }`,
    );
  }
  return notes;
}

/** How to name a column, wherever the reader was called from. */
function flagOf(flag: keyof CsvColumns): string {
  return `name its column with --${flag} ${
    flag === "observations" ? "COLUMN,…" : "COLUMN"
  } (deno task dataset convert)`;
}

/** A name without case, blanks and punctuation. */
function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map((name) =>
    JSON.stringify(name.slice(0, 40))
  );
  const more = names.length - LISTED;
  return shown.join(", ") + (more > 0 ? ` … and ${more} more` : "");
}
