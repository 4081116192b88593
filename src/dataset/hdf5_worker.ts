/**
 * The worker side of `hdf5.ts`.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { readD3rlpy, writeD3rlpy } from "./d3rlpy_hdf5.ts";
import { startHdf5 } from "./hdf5_file.ts";
import { readMinari, writeMinari } from "./minari_hdf5.ts";

const jobs = { readD3rlpy, writeD3rlpy, readMinari, writeMinari };

/** The jobs that the worker does, by name. */
export type Hdf5Jobs = typeof jobs;

/** What a job takes after its first argument, which tells the host that it goes on. */
export type Hdf5Args<K extends keyof Hdf5Jobs> = Parameters<Hdf5Jobs[K]> extends
  [unknown, ...infer Args] ? Args : never;

/** What the worker sends. */
export type Hdf5Reply =
  | { readonly working: true }
  | { readonly result: unknown }
  | { readonly inputError: string }
  | { readonly crash: string };

// Modules that the host imports too are checked with the window's types.
const scope = self as unknown as {
  postMessage(message: Hdf5Reply): void;
  onmessage: (event: MessageEvent) => Promise<void>;
};
const reply = (message: Hdf5Reply) => scope.postMessage(message);

const started = startHdf5();

scope.onmessage = async ({ data: { job, args } }) => {
  await started;
  let last = performance.now();
  const tick = () => {
    if (performance.now() - last < 1000) return;
    last = performance.now();
    reply({ working: true });
  };
  try {
    const run = jobs[job as keyof Hdf5Jobs] as (...args: unknown[]) => unknown;
    reply({ result: run(tick, ...args) });
  } catch (error) {
    if (error instanceof InputError) reply({ inputError: error.message });
    else reply({ crash: String(error) });
  }
};
