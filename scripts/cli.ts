/**
 * What every script shares: flags in, help out, one line for an error, the exit code, and where
 * the user stands.
 *
 * @module
 */

import { join, relative, resolve, sep as SEPARATOR } from "node:path";
import { parseArgs } from "node:util";
import {
  type Dataset,
  type DatasetReadOptions,
  InputError,
  openDataset,
  openStoredDataset,
} from "../mod.ts";
import {
  environmentVariable,
  lostOutput,
  type Output,
  processOutput,
  type Progress,
  showProgress,
  STDIN,
  suggest,
  visible,
} from "../tools.ts";

/** A flag of a script. */
export interface Flag {
  /** What its value is called in the help, e.g. `"FILE"`; none for a switch. */
  readonly value?: string;
  /** One line for the help. */
  readonly help: string;
  /** True where the value is options of another program, which may begin with dashes. */
  readonly takesOptions?: true;
}

/** What a script says about itself. */
export interface Usage {
  /** The command, e.g. `"deno task pipeline"`. */
  readonly command: string;
  /** One or two sentences: what it does and what it leaves. */
  readonly about: string;
  /** Flags by name, without dashes; `help` is added. */
  readonly flags: Readonly<Record<string, Flag>>;
  /** What stands for the arguments without dashes, e.g. `"FILE…"`; none if there are none. */
  readonly operands?: string;
  /** True if what it prints is in files too, so that a screen that takes nothing loses nothing. */
  readonly leavesFiles?: boolean;
}

/** The arguments that were given. */
export interface Arguments {
  /** Flags with a value. */
  readonly values: Readonly<Record<string, string>>;
  /** Switches that were given. */
  readonly switches: ReadonlySet<string>;
  /** Arguments without dashes. */
  readonly operands: readonly string[];
}

const helpFlag: Flag = { help: "show this help" };

/** The text of `--help`. */
export function helpText({ command, about, flags, operands }: Usage): string {
  const rows = Object.entries({ ...flags, help: helpFlag }).map(
    ([name, { value, help }]) => [`--${name}${value ? ` ${value}` : ""}`, help],
  );
  const width = Math.max(...rows.map(([left]) => left.length));
  const list = rows.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`);
  const synopsis = `${command} [flags]${operands ? ` ${operands}` : ""}`;
  return `${about}\n\nUsage: ${synopsis}\n\n${list.join("\n")}\n`;
}

/**
 * Reads the command line.
 *
 * @param usage The flags that there are.
 * @param args The command line after the script's name.
 * @throws InputError on an unknown flag, a flag given twice, a missing or surplus value, and
 *   on an operand where none is taken.
 */
export function readArguments(
  usage: Usage,
  args: readonly string[],
): Arguments {
  const flags: Record<string, Flag> = { ...usage.flags, help: helpFlag };
  const typeOf = ({ value }: Flag) => ({
    type: value ? "string" as const : "boolean" as const,
  });
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, typeOf(flag)]),
  );
  // Not strict: its errors come in several lines, and the tokens hold the same.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values: Record<string, string> = {};
  const switches = new Set<string>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const { name, rawName, value, inlineValue } = token;
    if (!Object.hasOwn(flags, name)) {
      const known = Object.keys(flags).map((flag) => `--${flag}`);
      throw new InputError(
        `unknown flag ${rawName}; ${suggest(rawName, known)}`,
      );
    }
    if (switches.has(name) || Object.hasOwn(values, name)) {
      throw new InputError(`--${name}: is given twice`);
    }
    const wanted = flags[name].value;
    if (wanted === undefined) {
      if (value !== undefined) {
        throw new InputError(`--${name}: takes no value`);
      }
      switches.add(name);
    } else {
      // `--seed --json` forgot the value of --seed; `--seed=-x`, `--observation -1,-2` and
      // `--dataset -` mean it.
      const isFlag = !inlineValue && value !== undefined &&
        (flags[name].takesOptions
          ? Object.hasOwn(flags, value.replace(/^--|[=\s].*$/gs, ""))
          : /^-(?!$|[.\d])/.test(value));
      if (!value || isFlag) {
        throw new InputError(`--${name}: needs a value, --${name} ${wanted}`);
      }
      values[name] = value;
    }
  }
  if (operands.length > 0 && !usage.operands) {
    throw new InputError(
      `unexpected argument ${
        JSON.stringify(operands[0])
      }; ${usage.command} --help shows the flags`,
    );
  }
  return { values, switches, operands };
}

/**
 * The value of a flag as an integer, or undefined if it was not given.
 *
 * @param word What the flag takes besides, for the message; the caller has looked for it.
 * @throws InputError if it is none or out of range.
 */
export function integerFlag(
  { values }: Arguments,
  name: string,
  min: number,
  max: number,
  word?: string,
): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^-?\d{1,15}$/.test(text) && value >= min && value <= max) return value;
  throw new InputError(
    `--${name}: must be ${
      word === undefined ? "" : `"${word}" or `
    }an integer from ${min} to ${max}, not ${JSON.stringify(text)}`,
  );
}

/**
 * The value of a flag as one of some names, or undefined if it was not given.
 *
 * @throws InputError if it is another.
 */
export function choiceFlag<T extends string>(
  { values }: Arguments,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = values[name];
  if (text === undefined || choices.includes(text as T)) {
    return text as T | undefined;
  }
  throw new InputError(
    `--${name}: unknown ${JSON.stringify(text)}; ${suggest(text, choices)}`,
  );
}

/** The folder of the suite's own deno.json. */
const SUITE = resolve(import.meta.dirname ?? ".", "..");

/**
 * `deno task` starts a script in the folder of deno.json and leaves the user's own in INIT_CWD.
 * Going there makes each path mean what was typed, in messages too. The variable may be left over
 * from another task around this one, hence the look at the folder.
 */
function standWithTheUser(): void {
  const folder = environmentVariable("INIT_CWD");
  if (folder === undefined || Deno.cwd() !== SUITE) return;
  try {
    Deno.chdir(folder);
  } catch {
    throw new InputError(
      `${folder}: the folder of INIT_CWD, to which paths are relative, cannot be entered`,
    );
  }
}

/** Whether the user stands in the suite's folder or below. */
function isInSuite(): boolean {
  return `${Deno.cwd()}${SEPARATOR}`.startsWith(`${SUITE}${SEPARATOR}`);
}

/**
 * Where results go that are given no place: the suite's own `artifacts/`, which git ignores, for a
 * user who stands in the suite, and `artifacts/` where they stand for any other.
 */
export function artifactsFolder(): string {
  return isInSuite()
    ? relative(Deno.cwd(), join(SUITE, "artifacts"))
    : "artifacts";
}

/** A command line that does the task from where the user stands. */
export function taskCommand(...words: readonly string[]): string {
  const config = isInSuite() ? [] : ["--config", join(SUITE, "deno.json")];
  return ["deno", "task", ...config, ...words].map(shellWord).join(" ");
}

/** A word as the shell takes it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Prints notes on what was assumed or changed in reading a file.
 *
 * @param screen Standard error.
 * @param file The file, as it was given.
 */
export function noteOn(screen: Output, file: string): (note: string) => void {
  return (note) => screen.write(visible(`note: ${file}: ${note}`, 500) + "\n");
}

/** A result's path is to be taken from the screen: it is not shortened, however long. */
export const LONGEST_PATH = 100_000;

/** A reading is shown where it takes longer. */
const SHOWN_AFTER_MS = 1_000;

/**
 * Reads a data set, with its notes and, where it takes long, its progress on the screen.
 *
 * @param path A file, a directory, or `-` for stdin.
 */
export async function readDataset(
  path: string,
  options: DatasetReadOptions,
  screen: Output,
): Promise<Dataset> {
  const name = path === STDIN ? "stdin" : path;
  const begun = performance.now();
  const megabytes = (bytes: number) => Math.floor(bytes / 1e6);
  let progress: Progress | undefined;
  const dataset = await openDataset(path, {
    ...options,
    onNote: noteOn(screen, name),
    onProgress(done, total) {
      if (performance.now() - begun < SHOWN_AFTER_MS) return;
      progress ??= showProgress(
        screen,
        visible(name, 60),
        total === undefined ? undefined : megabytes(total),
        "MB",
        megabytes(done),
      );
      progress.update(megabytes(done));
    },
  }).catch((error) => {
    if (progress && screen.isTerminal) screen.write("\n");
    throw error;
  });
  progress?.finish();
  return dataset;
}

/**
 * Opens a data set that stays on disk, with progress; see `openStoredDataset`.
 */
export function readStoredDataset(path: string, screen: Output): Dataset {
  const megabytes = (bytes: number) => Math.floor(bytes / 1e6);
  const begun = performance.now();
  let progress: Progress | undefined;
  const dataset = openStoredDataset(path, (done, total) => {
    if (performance.now() - begun < SHOWN_AFTER_MS) return;
    const name = visible(path, 60);
    progress ??= showProgress(
      screen,
      name,
      megabytes(total),
      "MB",
      megabytes(done),
    );
    progress.update(megabytes(done));
  });
  progress?.finish();
  return dataset;
}

/**
 * Runs a script: `--help` prints the help and ends with code 0; an {@link InputError}
 * prints `error: …` in one line on stderr and ends with code 2, as do results that stdout did not
 * take and that are nowhere else; any other error is a defect of the suite and goes through.
 *
 * @param usage What the script says about itself.
 * @param main Does the work; its result is the exit code.
 */
export async function runScript(
  usage: Usage,
  main: (args: Arguments) => number | Promise<number>,
): Promise<never> {
  const screen = processOutput("stderr");
  let code: number;
  try {
    const args = readArguments(usage, Deno.args);
    if (args.switches.has("help")) {
      processOutput("stdout").write(helpText(usage));
      code = 0;
    } else {
      standWithTheUser();
      code = await main(args);
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    screen.write(`error: ${error.message}\n`);
    code = 2;
  }
  const lost = lostOutput("stdout");
  if (lost) {
    const { leavesFiles } = usage;
    screen.write(`${leavesFiles ? "note" : "error"}: ${lost.message}\n`);
    if (!leavesFiles) code ||= 2;
  }
  Deno.exit(code);
}
