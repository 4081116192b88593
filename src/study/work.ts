/**
 * What those who compute a study leave beside its cells until it is finished: who is at work, who computed
 * which cell, and what went wrong. A hidden folder of the study's, which takes no part in its results.
 *
 * @module
 */
import { basename, join } from "node:path";
import { blaming, InputError } from "../errors.ts";
import {
  cannotWrite,
  isTemporary,
  makeDirectory,
  writeAll,
} from "../files/atomic.ts";
import { entriesBelow } from "../files/entries.ts";
import type { ManifestFile } from "../files/listing.ts";
import { readFile } from "../files/read.ts";
import { AtWorkError, isLocked, lockDirectory } from "../run/lock.ts";
import { isHash, readManifest } from "../run/manifest.ts";

/** Name of the folder. */
export const WORK_FOLDER = ".work";

const CELLS_FOLDER = "cells";

/** Where cells in training keep checkpoints, in that folder. */
export const UNFINISHED = "unfinished";

/** A log of more is another file: a million cells have half of it. */
const MOST_LOG_BYTES = 2 ** 28;

/** Under which what was known before stands; nobody works under it. */
const EARLIER = "earlier";

/** What computes cells. Nothing in it names a person, a machine or a place. */
export interface Machine {
  /** Name of the backend. */
  readonly backend: string;
  /** The backend's description of the device. */
  readonly device: string;
  /** The processor's, such as `x86_64`. */
  readonly architecture: string;
  /** Version of Deno. */
  readonly denoVersion: string;
}

/** A finished cell and what computed it. */
export interface CellOrigin {
  /** SHA-256 of the cell's file. */
  readonly sha256: string;
  /** What computed it. */
  readonly machine: Machine;
  /** Of an earlier computation of the same cell that gave other bytes. */
  readonly earlier?: CellOrigin;
}

/** The work of one process. */
export interface Work extends Disposable {
  /** Notes that a cell is about to be there, by its path in the study: a kill leaves none without a note. */
  finishes(path: string, origin: CellOrigin): void;
  /** Notes why the work ended early. */
  failed(message: string): void;
}

/**
 * Begins work in a study's folder, whose name nobody else works under.
 *
 * @param name `study`, or a shard's; a name of a file.
 * @throws InputError if another process has the name, or nothing can be written.
 */
export function beginWork(directory: string, name: string): Work {
  const folder = join(directory, WORK_FOLDER);
  makeDirectory(folder);
  const who = name === "study" ? "another run" : `shard ${shardOf(name)}`;
  const lock = lockSoon(directory, `${WORK_FOLDER}/${name}.lock`, who);
  const path = join(folder, `${name}.log`);
  let log: Deno.FsFile;
  try {
    log = Deno.openSync(path, { append: true, create: true });
    // A process that was killed may have left half a line.
    const began = JSON.stringify({ began: Date.now() });
    writeAll(log, new TextEncoder().encode(`\n${began}\n`));
  } catch (error) {
    lock[Symbol.dispose]();
    throw cannotWrite(path, error);
  }
  const failure = join(folder, `${name}.failed`);
  remove(failure);
  const say = (value: unknown) => {
    try {
      writeAll(log, new TextEncoder().encode(`${JSON.stringify(value)}\n`));
    } catch (error) {
      throw cannotWrite(path, error);
    }
  };
  let last = "";
  return {
    finishes(cell, { sha256, machine }) {
      const text = JSON.stringify(machine);
      if (text !== last) say({ machine });
      last = text;
      say({ cell, sha256, at: Date.now() });
    },
    failed(message) {
      try {
        Deno.writeTextFileSync(failure, `${message}\n`);
      } catch {
        // It may be the full disk that the message is about.
      }
    },
    [Symbol.dispose]() {
      try {
        say({ ended: Date.now() });
      } catch {
        // The disk is full: the last cell counts as the end.
      }
      log.close();
      lock[Symbol.dispose]();
    },
  };
}

/** Who looks whether somebody is at work holds the lock for a moment. */
function lockSoon(directory: string, name: string, who: string): Disposable {
  try {
    return lockDirectory(directory, name, who);
  } catch (error) {
    if (!(error instanceof AtWorkError)) throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    return lockDirectory(directory, name, who);
  }
}

/**
 * What computed the cells of a study, finished or not, by their paths. A line that was cut is passed over:
 * the cell counts without an origin then.
 *
 * @throws InputError if a log cannot be read, or is none.
 */
export function originsIn(directory: string): Map<string, CellOrigin> {
  const origins = new Map<string, CellOrigin>();
  const add = (path: string, sha256: string, machine: Machine) => {
    const known = origins.get(path);
    const earlier = known?.sha256 === sha256 ? known.earlier : known;
    origins.set(path, { sha256, machine, ...(earlier && { earlier }) });
  };
  for (const { cells, ...machine } of recordedMachines(directory)) {
    for (const { path, sha256 } of cells) add(path, sha256, machine);
  }
  for (const name of logsIn(directory)) {
    let machine: Machine | undefined;
    for (const value of linesOf(directory, name)) {
      if (isMachine(value.machine)) machine = value.machine;
      const { cell, sha256 } = value;
      if (machine && typeof cell === "string" && isHash(sha256)) {
        add(cell, sha256, machine);
      }
    }
  }
  return origins;
}

/** What a log says, line by line; what is no JSON says nothing. */
function linesOf(directory: string, name: string): Record<string, unknown>[] {
  const path = join(directory, WORK_FOLDER, `${name}.log`);
  const bytes = blaming(
    "remove what is no log of a shard, or copy it again: ",
    () => readFile(path, MOST_LOG_BYTES),
  );
  return new TextDecoder().decode(bytes).split("\n").map(parsed);
}

/** A time in which a process computed cells. */
export interface Session {
  /** Milliseconds since 1970, by the clock of its machine. */
  readonly began: number;
  /** The last that is known of it; now where it is at work here. */
  readonly ended: number;
  /** Paths of the cells that it finished. */
  readonly cells: readonly string[];
}

/**
 * When cells were computed here.
 *
 * @throws InputError if a log cannot be read, or is none.
 */
export function sessionsIn(directory: string): Session[] {
  return workersIn(directory).filter(({ name }) => name !== "merge").flatMap(
    ({ name, isRunning }) => {
      const sessions: { began: number; ended: number; cells: string[] }[] = [];
      for (
        const { began, ended, at, cell } of linesOf(directory, fileNameOf(name))
      ) {
        if (isTime(began)) sessions.push({ began, ended: began, cells: [] });
        const last = sessions.at(-1);
        if (last === undefined) continue;
        if (isTime(at) && typeof cell === "string") last.cells.push(cell);
        const time = isTime(at) ? at : ended;
        if (isTime(time)) last.ended = Math.max(last.ended, time);
      }
      const last = sessions.at(-1);
      if (isRunning && last) last.ended = Math.max(last.ended, Date.now());
      return sessions;
    },
  );
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

/**
 * What computed a cell that has some bytes; null if nothing that is known left those.
 *
 * @param origin The last that is known of the cell.
 */
export function originOf(
  origin: CellOrigin,
  sha256: string,
): CellOrigin | null {
  for (let one: CellOrigin | undefined = origin; one; one = one.earlier) {
    if (one.sha256 === sha256) return one;
  }
  return null;
}

/** A machine and the paths of the cells that it computed, as `machines` of a study's manifest. */
export type MachineCells = Machine & { readonly cells: readonly string[] };

/** The cells of each machine, in the order of the first; what no origin is known of is left out. */
export function machinesOf(
  origins: ReadonlyMap<string, CellOrigin>,
  files: readonly ManifestFile[],
): MachineCells[] {
  const cells = new Map<string, string[]>();
  for (const { path, sha256 } of files) {
    const known = origins.get(path);
    const origin = known && originOf(known, sha256);
    if (!origin) continue;
    const key = JSON.stringify(origin.machine);
    const own = cells.get(key);
    if (own) own.push(path);
    else cells.set(key, [path]);
  }
  return [...cells].map(([key, cells]) => ({ ...JSON.parse(key), cells }));
}

/** Keeps what a finished study's manifest says of its machines, and removes it: the study grows. */
export function keepOrigins(directory: string): void {
  const lines = recordedMachines(directory).flatMap((
    { cells, ...machine },
  ) => [
    { machine },
    ...cells.map(({ path, sha256 }) => ({ cell: path, sha256 })),
  ]);
  const folder = join(directory, WORK_FOLDER);
  makeDirectory(folder);
  const path = join(folder, `${EARLIER}.log`);
  try {
    using log = Deno.openSync(path, { append: true, create: true });
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    writeAll(log, new TextEncoder().encode(`\n${text}`));
  } catch (error) {
    throw cannotWrite(path, error);
  }
  remove(join(directory, "manifest.json"));
}

function recordedMachines(directory: string) {
  try {
    const { files, about: { machines } } = readManifest(directory);
    if (!isMachines(machines)) return [];
    const hashes = new Map(files.map(({ path, sha256 }) => [path, sha256]));
    return machines.map(({ cells, ...machine }) => ({
      ...machine,
      cells: cells.flatMap((path) => {
        const sha256 = hashes.get(path);
        return sha256 === undefined ? [] : [{ path, sha256 }];
      }),
    }));
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
}

/** Whether a value is what a study's manifest has as `machines`. */
export function isMachines(value: unknown): value is MachineCells[] {
  return Array.isArray(value) &&
    value.every((one) => {
      const { cells, ...machine } = Object(one);
      return isMachine(machine) && Array.isArray(cells) &&
        cells.every((path: unknown) => typeof path === "string");
    });
}

/** Who works or has worked on an unfinished study. */
export interface Worker {
  /** `study`, or the shard as `I/N`. */
  readonly name: string;
  /** Whether it is at work now, as far as this machine can tell. */
  readonly isRunning: boolean;
  /** Why it ended early; null where it did not, or was killed without a word. */
  readonly failure: string | null;
}

/** Everyone who works or has worked on an unfinished study, shards in their order. */
export function workersIn(directory: string): Worker[] {
  const at = (name: string) => join(directory, WORK_FOLDER, name);
  return logsIn(directory).filter((name) => name !== EARLIER).map((
    name,
  ): Worker => ({
    name: shardOf(name),
    isRunning: isLocked(at(`${name}.lock`)),
    failure: failureIn(at(`${name}.failed`)),
  })).sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

function failureIn(path: string): string | null {
  try {
    const text = new TextDecoder().decode(readFile(path, 1 << 16));
    return text.trimEnd().split("\n").at(-1)!;
  } catch {
    return null;
  }
}

/** Removes what was left of the work: the study is finished. */
export function removeWork(directory: string): void {
  remove(join(directory, WORK_FOLDER));
  const cells = join(directory, CELLS_FOLDER);
  if (namesIn(cells).length === 0) return;
  // Halves of cells, left by processes that were killed.
  for (const { path } of entriesBelow(cells)) {
    if (isTemporary(basename(path))) remove(join(cells, path));
  }
}

/** Whether a study has a manifest, the last of its files. */
export function isFinished(directory: string): boolean {
  return namesIn(directory).includes("manifest.json");
}

/** Whether nothing is left of any work that somebody could go on with, but for that of one process. */
export function isWorkOfOne(directory: string): boolean {
  return workersIn(directory).length <= 1 &&
    namesIn(join(directory, WORK_FOLDER, UNFINISHED)).length === 0 &&
    namesIn(join(directory, CELLS_FOLDER)).length === 0;
}

function shardOf(name: string): string {
  return name.replace("-of-", "/");
}

function fileNameOf(worker: string): string {
  return worker.replace("/", "-of-");
}

/** What has a log: others' files are passed over. */
function logsIn(directory: string): string[] {
  return namesIn(join(directory, WORK_FOLDER)).flatMap((name) =>
    /^(study|merge|earlier|\d{1,7}-of-\d{1,7})\.log$/.test(name)
      ? [name.slice(0, -".log".length)]
      : []
  ).sort();
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) return [];
    throw new InputError(
      `${folder}: cannot be listed; give the right to (chmod u+rwx)`,
    );
  }
}

function parsed(line: string): Record<string, unknown> {
  // An error takes long to make, and a damaged log may have millions of such lines.
  if (!line.startsWith("{")) return {};
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

/** No device has a longer description. */
const MOST_DESCRIPTION = 1000;

/** Whether a value is what this suite says of a machine, and nothing else. */
function isMachine(value: unknown): value is Machine {
  return Object.keys(Object(value)).join() ===
      "backend,device,architecture,denoVersion" &&
    Object.values(Object(value)).every((text) =>
      typeof text === "string" && text.length <= MOST_DESCRIPTION
    );
}

function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // Gone already.
  }
}
