/**
 * The worker side of `worker.ts`.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { InputError } from "../../errors.ts";
import { readD3rlpy, writeD3rlpy } from "./d3rlpy_hdf5.ts";
import { startHdf5 } from "./hdf5_file.ts";
import { pack, unpack } from "./worker_message.ts";
import { readMinari, writeMinari } from "./minari_hdf5.ts";
import { readParquet } from "./parquet_file.ts";

const jobs = {
  readD3rlpy,
  writeD3rlpy,
  readMinari,
  writeMinari,
  readParquet,
};

/** The jobs that the worker does, by name. */
export type WorkerJobs = typeof jobs;

/** What a job takes after its first argument, the sign of life to the host. */
export type JobArgs<K extends keyof WorkerJobs> =
  Parameters<WorkerJobs[K]> extends [unknown, ...infer Args] ? Args : never;

/** What the worker sends. */
export type WorkerReply =
  | { readonly working: true }
  | { readonly result: unknown }
  | { readonly inputError: string }
  | { readonly trap: true }
  | { readonly memory: true }
  | { readonly defect: string };

const reply = (message: WorkerReply) => parentPort!.postMessage(message);
let hdf5: Promise<void> | undefined;

parentPort!.on("message", async ({ job, args }) => {
  if (job !== "readParquet") await (hdf5 ??= startHdf5());
  let last = performance.now();
  const tick = () => {
    if (performance.now() - last < 1000) return;
    last = performance.now();
    reply({ working: true });
  };
  try {
    const run = jobs[job as keyof WorkerJobs] as (
      ...args: unknown[]
    ) => unknown;
    reply({ result: pack(await run(tick, ...unpack(args) as unknown[])) });
  } catch (error) {
    if (error instanceof InputError) reply({ inputError: error.message });
    else if (error instanceof WebAssembly.RuntimeError) reply({ trap: true });
    else if (error instanceof RangeError) reply({ memory: true });
    else reply({ defect: error instanceof Error ? error.stack! : `${error}` });
  }
});
