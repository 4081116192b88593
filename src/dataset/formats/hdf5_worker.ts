/**
 * The worker side of `hdf5.ts`.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { InputError } from "../../errors.ts";
import { readD3rlpy, writeD3rlpy } from "./d3rlpy_hdf5.ts";
import { startHdf5 } from "./hdf5_file.ts";
import { pack, unpack } from "./hdf5_message.ts";
import { readMinari, writeMinari } from "./minari_hdf5.ts";

const jobs = { readD3rlpy, writeD3rlpy, readMinari, writeMinari };

/** The jobs that the worker does, by name. */
export type Hdf5Jobs = typeof jobs;

/** What a job takes after its first argument, the sign of life to the host. */
export type Hdf5Args<K extends keyof Hdf5Jobs> = Parameters<Hdf5Jobs[K]> extends
  [unknown, ...infer Args] ? Args : never;

/** What the worker sends. */
export type Hdf5Reply =
  | { readonly working: true }
  | { readonly result: unknown }
  | { readonly inputError: string }
  | { readonly trap: true }
  | { readonly memory: true }
  | { readonly defect: string };

const reply = (message: Hdf5Reply) => parentPort!.postMessage(message);
const started = startHdf5();

parentPort!.on("message", async ({ job, args }) => {
  await started;
  let last = performance.now();
  const tick = () => {
    if (performance.now() - last < 1000) return;
    last = performance.now();
    reply({ working: true });
  };
  try {
    const run = jobs[job as keyof Hdf5Jobs] as (...args: unknown[]) => unknown;
    reply({ result: pack(run(tick, ...unpack(args) as unknown[])) });
  } catch (error) {
    if (error instanceof InputError) reply({ inputError: error.message });
    else if (error instanceof WebAssembly.RuntimeError) reply({ trap: true });
    else if (error instanceof RangeError) reply({ memory: true });
    else reply({ defect: error instanceof Error ? error.stack! : `${error}` });
  }
});
