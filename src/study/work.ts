/**
 * What those who compute a study leave beside its cells until it is finished: who is at work, who computed
 * which cell, and what went wrong. A hidden folder of the study's, which takes no part in its results.
 *
 * @module
 */
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { makeDirectory, writeAll } from "../files/atomic.ts";
import { readFile } from "../files/read.ts";
import { isLocked, lockDirectory } from "../run/lock.ts";
import { readManifest } from "../run/manifest.ts";

/** Name of the folder. */
export const WORK_FOLDER = ".work";

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
}

/** The work of one process. */
export interface Work extends Disposable {
  /** Notes that a cell is finished, by its path in the study. */
  finished(path: string, origin: CellOrigin): void;
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
  const lock = lockDirectory(directory, `${WORK_FOLDER}/${name}.lock`, who);
  const path = join(folder, `${name}.log`);
  let log: Deno.FsFile;
  try {
    log = Deno.openSync(path, { append: true, create: true });
    // A process that was killed may have left half a line.
    writeAll(log, new TextEncoder().encode("\n"));
  } catch (error) {
    lock[Symbol.dispose]();
    throw new InputError(`${path}: cannot be written (${error})`);
  }
  const failure = join(folder, `${name}.failed`);
  remove(failure);
  const say = (value: unknown) =>
    writeAll(log, new TextEncoder().encode(`${JSON.stringify(value)}\n`));
  let last = "";
  return {
    finished(cell, { sha256, machine }) {
      const text = JSON.stringify(machine);
      if (text !== last) say({ machine });
      last = text;
      say({ cell, sha256 });
    },
    failed: (message) => Deno.writeTextFileSync(failure, `${message}\n`),
    [Symbol.dispose]() {
      log.close();
      lock[Symbol.dispose]();
    },
  };
}

/**
 * What computed the cells of a study, finished or not, by their paths. A line that was cut is passed over:
 * the cell counts without an origin then.
 */
export function originsIn(directory: string): Map<string, CellOrigin> {
  const origins = new Map<string, CellOrigin>();
  for (const { cells, ...machine } of recordedMachines(directory)) {
    for (const { path, sha256 } of cells) {
      origins.set(path, { sha256, machine });
    }
  }
  for (const name of namesIn(directory, ".log")) {
    let machine: Machine | undefined;
    const path = join(directory, WORK_FOLDER, `${name}.log`);
    for (const line of new TextDecoder().decode(readFile(path)).split("\n")) {
      const value = parsed(line);
      if (isMachine(value.machine)) machine = value.machine;
      const { cell, sha256 } = value;
      if (machine && typeof cell === "string" && typeof sha256 === "string") {
        origins.set(cell, { sha256, machine });
      }
    }
  }
  return origins;
}

/** A machine and the paths of the cells that it computed, as `machines` of a study's manifest. */
export type MachineCells = Machine & { readonly cells: readonly string[] };

/** The cells of each machine, in the order of the first; what no origin is known of is left out. */
export function machinesOf(
  origins: ReadonlyMap<string, CellOrigin>,
  paths: readonly string[],
): MachineCells[] {
  const cells = new Map<string, string[]>();
  for (const path of paths) {
    const machine = origins.get(path)?.machine;
    if (!machine) continue;
    const key = JSON.stringify(machine);
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
  Deno.writeTextFileSync(
    join(folder, `${EARLIER}.log`),
    lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
    { append: true },
  );
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
    value.every((one) =>
      isMachine(one) && Array.isArray(Object(one).cells) &&
      Object(one).cells.every((path: unknown) => typeof path === "string")
    );
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
  return namesIn(directory, ".log").filter((name) => name !== EARLIER).map((
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
}

function shardOf(name: string): string {
  return name.replace("-of-", "/");
}

function namesIn(directory: string, ending: string): string[] {
  try {
    return [...Deno.readDirSync(join(directory, WORK_FOLDER))]
      .filter(({ name, isFile }) => isFile && name.endsWith(ending))
      .map(({ name }) => name.slice(0, -ending.length)).sort();
  } catch {
    return [];
  }
}

function parsed(line: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(line));
  } catch {
    return {};
  }
}

function isMachine(value: unknown): value is Machine {
  const { backend, device, architecture, denoVersion } = Object(value);
  return [backend, device, architecture, denoVersion]
    .every((text) => typeof text === "string");
}

function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // Gone already.
  }
}
