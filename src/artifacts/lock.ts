/**
 * A lock on a run directory, so that two runs do not write to one at the same time.
 *
 * @module
 */
import { join } from "node:path";
import { InputError } from "../errors.ts";
import { cannotWrite } from "./atomic.ts";

/** Name of the lock's file; no artifact. */
export const LOCK_FILE = ".lock";

/**
 * Takes the lock of a directory that exists. It is the system's lock on an open file, so that it
 * ends with the process however that ends.
 *
 * @returns Gives the lock back when disposed.
 * @throws InputError if another process holds it or the file cannot be made.
 */
export function lockDirectory(directory: string): Disposable {
  const path = join(directory, LOCK_FILE);
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path, { write: true, create: true });
  } catch (error) {
    throw cannotWrite(path, error);
  }
  if (!file.tryLockSync(true)) {
    file.close();
    throw new InputError(
      `${directory}: another run is at work there; wait for it or choose another folder`,
    );
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
