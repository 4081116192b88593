/**
 * A lock on a run directory, so that two runs do not write to one at the same time.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { InputError } from "../errors.ts";
import { cannotWrite } from "../files/atomic.ts";

/** Name of the lock's file; no artifact. */
export const LOCK_FILE = ".lock";

function takeLock(
  directory: string,
  path: string,
  who: string,
): Deno.FsFile {
  const file = openLock(path);
  let taken: boolean;
  try {
    taken = file.tryLockSync(true);
  } catch (error) {
    file.close();
    throw cannotWrite(path, error);
  }
  if (taken) return file;
  file.close();
  throw new AtWorkError(
    `${directory}: ${who} is at work there; wait for it or choose another folder`,
  );
}

/** Another process holds a lock. */
export class AtWorkError extends InputError {}

/** Whether a process holds the lock of that file, which may be somebody else's. */
export function isLocked(path: string): boolean {
  try {
    // Opening a pipe would wait for its other end.
    if (!Deno.lstatSync(path).isFile) return false;
    using file = Deno.openSync(path);
    return !file.tryLockSync(false);
  } catch {
    return false;
  }
}

/** Makes the file, or opens one that is there; a link or a pipe is neither followed nor opened. */
function openLock(path: string): Deno.FsFile {
  try {
    try {
      return Deno.openSync(path, { write: true, createNew: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      if (!Deno.lstatSync(path).isFile) {
        throw new InputError(`${path}: is not a file; remove it`);
      }
      return Deno.openSync(path, { write: true });
    }
  } catch (error) {
    // Its holder removed it between two of these calls.
    if (error instanceof Deno.errors.NotFound && isThere(dirname(path))) {
      return openLock(path);
    }
    throw error instanceof InputError ? error : cannotWrite(path, error);
  }
}

function isThere(directory: string): boolean {
  try {
    return Deno.statSync(directory).isDirectory;
  } catch {
    return false;
  }
}

/** Whether an open file still has that name. */
function isAt(path: string, file: Deno.FsFile): boolean {
  try {
    const { dev, ino } = Deno.lstatSync(path);
    const open = file.statSync();
    return dev === open.dev && ino === open.ino;
  } catch {
    return false;
  }
}

/**
 * Takes the lock of a directory that exists. It is the system's lock on an open file, so that it
 * ends with the process however that ends.
 *
 * @param name Of the lock, where several can be at work: a file in the directory.
 * @param who Who else holds it then, for the error.
 * @returns Gives the lock back when disposed.
 * @throws InputError if another process holds it or the file cannot be made.
 */
export function lockDirectory(
  directory: string,
  name: string = LOCK_FILE,
  who = "another run",
): Disposable {
  const path = join(directory, name);
  let file = takeLock(directory, path, who);
  // Its holder may have removed the file after it was opened here: that lock would hinder nobody.
  while (!isAt(path, file)) {
    file.close();
    file = takeLock(directory, path, who);
  }
  return {
    [Symbol.dispose]() {
      try {
        Deno.removeSync(path);
      } catch {
        // Gone already, or to stay: a file without a lock on it hinders nobody.
      }
      file.close();
    },
  };
}
