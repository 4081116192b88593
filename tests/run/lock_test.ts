import { deepEqual, equal, throws } from "node:assert/strict";
import { join } from "node:path";
import { LOCK_FILE, lockDirectory } from "../../src/run/lock.ts";
import { claimRunDirectory } from "../../src/run/run_directory.ts";
import { InputError } from "../../src/errors.ts";
import { inFolder } from "./small_run.ts";

const names = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test(
  "a lock is held once, given back, and left by no file",
  inFolder((folder) => {
    for (let i = 0; i < 2; i++) {
      using _lock = lockDirectory(folder);
      throws(
        () => lockDirectory(folder),
        new InputError(
          `${folder}: another run is at work there; wait for it or choose another folder`,
        ),
      );
      deepEqual(names(folder), [LOCK_FILE]);
    }
    deepEqual(names(folder), []);
    throws(
      () => lockDirectory(join(folder, "no")),
      /^InputError: cannot write/,
    );
  }),
);

Deno.test(
  "a claimed directory is the claimer's alone, and what another has begun is not a new one",
  inFolder((folder) => {
    const out = join(folder, "a", "b");
    {
      using _lock = claimRunDirectory(out);
      throws(() => claimRunDirectory(out), /another run is at work there/);
    }
    deepEqual(names(out), []);
    Deno.writeTextFileSync(join(out, "config.json"), "{}");
    throws(() => claimRunDirectory(out), /holds another run/);
    deepEqual(names(out), ["config.json"]);
  }),
);

/** Takes the lock again and again, and counts how often it was not alone. */
const CONTENDER = `
  import { lockDirectory } from ${
  JSON.stringify(import.meta.resolve("../../src/run/lock.ts"))
};
  onmessage = ({ data: { folder, inside, rounds } }) => {
    let taken = 0, together = 0;
    for (let i = 0; i < rounds; i++) {
      let lock;
      try { lock = lockDirectory(folder); } catch { continue; }
      taken++;
      if (Atomics.add(inside, 0, 1) !== 0) together++;
      for (const end = performance.now() + 0.02; performance.now() < end;);
      Atomics.sub(inside, 0, 1);
      lock[Symbol.dispose]();
    }
    postMessage({ taken, together });
  };
`;

Deno.test(
  "of threads that contend for a lock and remove its file, one at a time has it",
  inFolder(async (folder) => {
    const inside = new Int32Array(new SharedArrayBuffer(4));
    const url = URL.createObjectURL(
      new Blob([CONTENDER], { type: "text/javascript" }),
    );
    const workers = Array.from(
      { length: 4 },
      () => new Worker(url, { type: "module" }),
    );
    const results = await Promise.all(
      workers.map((worker) =>
        new Promise<{ taken: number; together: number }>((resolve) => {
          worker.onmessage = ({ data }) => resolve(data);
          worker.postMessage({ folder, inside, rounds: 600 });
        })
      ),
    );
    for (const worker of workers) worker.terminate();
    URL.revokeObjectURL(url);
    equal(results.reduce((sum, { together }) => sum + together, 0), 0);
  }),
);
