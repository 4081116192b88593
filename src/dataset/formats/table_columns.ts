/**
 * Which column of a table holds what.
 *
 * @module
 */

import { InputError } from "../../errors.ts";

/** Which column of the header holds what; each has a default. */
export interface TableColumns {
  /** Default "episode". Not needed where rows are transitions. */
  readonly episode?: string;
  /** Default: the columns "observation_0", "observation_1" … */
  readonly observations?: readonly string[];
  /**
   * [D] what followed, in a table whose rows are transitions. Default: the columns
   * "next_observation_0" …, or "next_" before the names of the observation, if all are there.
   */
  readonly next?: readonly string[];
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
  /** Its index or -1. */
  readonly episode: number;
  /** [D] */
  readonly observations: readonly number[];
  /** [D] if rows are transitions; else empty. */
  readonly next: readonly number[];
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
  /** Index of the column that says the same of the next observation; -1 unless rows are transitions. */
  readonly nextAllowed: number;
  /** All of them. */
  readonly used: ReadonlySet<number>;
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
    "episodeterminal",
    "episodeterminals",
    "episodeend",
    "endofepisode",
    "episodedone",
  ],
} as const;

/** Whether a column of this name may say that an episode is over. */
export function saysEnd(name: string): boolean {
  return Object.values(END_NAMES).some((names) =>
    names.some((known) => known === bare(name))
  );
}

/** How many columns are listed. */
const LISTED = 30;

/**
 * Finds the columns.
 *
 * @param names The header.
 * @param file Name of the file, for messages.
 * @param columns What the user says.
 * @param byEnds Whether the table needs no column for episodes: they end where a flag says so.
 * @throws {InputError} for a column that is not there, there twice, or not clear.
 */
export function findColumns(
  names: readonly string[],
  file: string,
  columns: TableColumns,
  byEnds = false,
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
  const find = (flag: keyof TableColumns, wanted: string): number => {
    const index = places.get(wanted);
    if (index === undefined) {
      return fail(
        `no column ${JSON.stringify(wanted)}; its columns are ${list(names)}` +
          (names.length === 1
            ? " (columns must be separated by commas, semicolons or tabs)"
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
  const observations = columns.observations ?? usual(names, "observation") ??
    between(names) ?? ["observation_0"];
  const next = columns.next ?? usual(names, "next_observation") ??
    sameWithNext(observations, names) ?? [];
  if (next.length > 0 && next.length !== observations.length) {
    fail(
      `${next.length} columns of next observations for ${observations.length} of observations; ` +
        flagOf("next"),
    );
  }
  const observed = new Set([...observations, ...next]);
  const doubles: [number, number][] = [];
  /** A column that is there under one of its well-known names. */
  const detect = (role: keyof typeof END_NAMES): number => {
    const [plain, ...others] = END_NAMES[role];
    const known = [plain, ...others].map(String);
    const found = names.filter((name) =>
      known.includes(bare(name)) && !observed.has(name)
    );
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
  const mayLackEpisodes = byEnds || next.length > 0;
  const named = (flag: "terminated" | "truncated") =>
    columns[flag] === undefined ? detect(flag) : find(flag, columns[flag]);
  /** Columns that the user gave a part: their names say nothing else. */
  const given = new Set(Object.values(columns).flat());
  const optional = (
    flag: "step" | "allowed" | "propensity" | "outcome",
  ) =>
    columns[flag] !== undefined ||
      (names.includes(flag) && !given.has(flag) && !observed.has(flag))
      ? find(flag, columns[flag] ?? flag)
      : -1;
  const indices = {
    episode: mayLackEpisodes && columns.episode === undefined &&
        !names.includes("episode")
      ? -1
      : find("episode", columns.episode ?? "episode"),
    observations: observations.map((name) => find("observations", name)),
    next: next.map((name) => find("next", name)),
    action: find("action", columns.action ?? "action"),
    reward: find("reward", columns.reward ?? "reward"),
    terminated: named("terminated"),
    truncated: named("truncated"),
    step: optional("step"),
    allowed: optional("allowed"),
    propensity: optional("propensity"),
    outcome: optional("outcome"),
    nextAllowed: -1,
  };
  if (next.length > 0 && indices.allowed >= 0) {
    const wanted = `next_${names[indices.allowed]}`;
    indices.nextAllowed = names.indexOf(wanted);
    if (indices.nextAllowed < 0) {
      fail(
        `no column ${
          JSON.stringify(wanted)
        }: what is allowed must be known in next observations too`,
      );
    }
  }
  for (const [flag, list] of Object.entries({ observations, next })) {
    if (new Set(list).size < list.length) {
      fail(`${FLAGS[flag as keyof TableColumns]}: names a column twice`);
    }
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
  const ends = Math.max(terminated, truncated, over);
  if (byEnds && indices.episode < 0 && next.length === 0 && ends < 0) {
    fail(`no column says where an episode ends; ${flagOf("terminated")}`);
  }
  const used = new Set([...Object.values(all).flat(), ...doubles.flat()]);
  const unused = names.filter((_, column) =>
    !Object.values(all).flat().includes(column)
  );
  return {
    ...all,
    count: names.length,
    names,
    used,
    doubles,
    guessed: [
      ...(columns.terminated === undefined ? [all.terminated] : []),
      ...(columns.truncated === undefined ? [all.truncated] : []),
      ...(columns.allowed === undefined ? [all.allowed] : []),
      over,
    ],
    notes: [
      ...(columns.observations || usual(names, "observation") ||
          !between(names)
        ? []
        : [
          `observations: ${
            list(observations)
          }, the columns between "step" and "action"`,
        ]),
      ...(columns.next || next.length === 0
        ? []
        : [`next observations: ${list(next)}; each row is a transition`]),
      ...endNotes(all, names, columns),
      ...(unused.length > 0 ? [`columns not used: ${list(unused)}`] : []),
    ],
  };
}

/** What is assumed about how episodes end. */
function endNotes(
  { terminated, truncated, over, next }: Pick<
    ColumnIndices,
    "terminated" | "truncated" | "over" | "next"
  >,
  names: readonly string[],
  columns: TableColumns,
): string[] {
  const notes: string[] = [];
  for (const [role, column] of Object.entries({ terminated, truncated })) {
    const isNamed = columns[role as keyof TableColumns] !== undefined;
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
        ? `no column says "terminated": an episode that is not truncated is `
        : "no column says how an episode ends: each is ") +
        `taken for ${
          next.length > 0
            ? "cut, and learning continues from its last next observation"
            : "terminated with its last action"
        }; if that is wrong, ${
          flagOf(truncated >= 0 || next.length > 0 ? "terminated" : "truncated")
        }`,
    );
  }
  return notes;
}

/** How to name a column, wherever the reader was called from. */
function flagOf(flag: keyof TableColumns): string {
  return `name its column with ${FLAGS[flag]} ${
    flag === "observations" || flag === "next" ? "COLUMN,…" : "COLUMN"
  } (deno task dataset convert)`;
}

/** The command's flag for each. */
const FLAGS: Readonly<Record<keyof TableColumns, string>> = {
  episode: "--episode",
  observations: "--observations",
  next: "--next-observations",
  action: "--action",
  reward: "--reward",
  terminated: "--terminated",
  truncated: "--truncated",
  step: "--step",
  allowed: "--allowed",
  propensity: "--propensity",
  outcome: "--outcome",
};

/** The columns `prefix_0`, `prefix_1` …, if there are any. */
function usual(
  names: readonly string[],
  prefix: string,
): string[] | undefined {
  const { length } = names.filter((name) =>
    name.startsWith(`${prefix}_`) &&
    /^[0-9]+$/.test(name.slice(prefix.length + 1))
  );
  if (length === 0) return;
  return Array.from({ length }, (_, d) => `${prefix}_${d}`);
}

/** The columns of observations in a table that was written here with names of their own. */
function between(names: readonly string[]): readonly string[] | undefined {
  const action = names.indexOf("action");
  const isOwn = names[0] === "episode" && names[1] === "step" && action > 2 &&
    ["reward", "terminated", "truncated"].every((name, i) =>
      names[action + 1 + i] === name
    );
  return isOwn ? names.slice(2, action) : undefined;
}

/** `next_` and the name of each column of the observation, if all are there. */
function sameWithNext(
  observations: readonly string[],
  names: readonly string[],
): string[] | undefined {
  const next = observations.map((name) => `next_${name}`);
  return next.every((name) => names.includes(name)) ? next : undefined;
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
