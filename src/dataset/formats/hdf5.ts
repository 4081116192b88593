/**
 * Runs HDF5 jobs in a worker. The HDF5 C library expects whole files: a damaged one
 * can make it trap or loop. In a worker that costs one worker; the user gets one line.
 *
 * @module
 */

// The web platform's Worker would leave a looping worker running after terminate().
import { Worker } from "node:worker_threads";
import { InputError } from "../../errors.ts";
import { pack, unpack } from "./hdf5_message.ts";
import type { Hdf5Args, Hdf5Jobs, Hdf5Reply } from "./hdf5_worker.ts";

/** A worker for HDF5 jobs, one at a time. It is started at need and after each crash. */
export interface Hdf5Runner {
  /**
   * Runs a job.
   * @param job Its name.
   * @param name Name of the file, for messages.
   * @param args What the job takes; typed arrays are copied into the worker.
   * @throws {InputError} if the file is damaged or not what the job reads.
   */
  run<K extends keyof Hdf5Jobs>(
    job: K,
    name: string,
    ...args: Hdf5Args<K>
  ): Promise<ReturnType<Hdf5Jobs[K]>>;
  /** Ends the worker. */
  close(): void;
}

/** A job gives a sign of life every second; one that is silent for so long hangs. */
const SILENCE_MS = 60_000;

/**
 * Opens a runner; close it, or the process stays alive.
 *
 * @param silenceMs Milliseconds without a sign of life after which a job is given up.
 */
export function openHdf5(silenceMs = SILENCE_MS): Hdf5Runner {
  let worker: Worker | undefined;
  const close = () => {
    worker?.terminate();
    worker = undefined;
  };
  return {
    close,
    run(job, name, ...args) {
      worker ??= new Worker(new URL("./hdf5_worker.ts", import.meta.url));
      const current = worker;
      return new Promise((resolve, reject) => {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const settle = (finish: () => void) => {
          clearTimeout(timer);
          finish();
        };
        const crashed = () => {
          close();
          reject(
            new InputError(`${name}: damaged: the HDF5 library fails on it`),
          );
        };
        const wait = () => {
          clearTimeout(timer);
          timer = setTimeout(crashed, silenceMs);
        };
        current.removeAllListeners();
        const fails = (error: Error) => {
          close();
          reject(error);
        };
        current.on("error", (error) => settle(() => fails(error)));
        current.on("message", (data: Hdf5Reply) => {
          if ("working" in data) wait();
          else if ("result" in data) {
            settle(() => resolve(unpack(data.result) as never));
          } else if ("inputError" in data) {
            settle(() => reject(new InputError(data.inputError)));
          } else if ("trap" in data) settle(crashed);
          else if ("memory" in data) {
            settle(() =>
              fails(
                new InputError(`${name}: too large for the available memory`),
              )
            );
          } else settle(() => fails(new Error(data.defect)));
        });
        wait();
        current.postMessage({ job, args: pack(args) });
      });
    },
  };
}

/**
 * Runs one job in a worker of its own.
 *
 * @param job Its name.
 * @param name Name of the file, for messages.
 * @param args What the job takes.
 * @throws {InputError} if the file is damaged or not what the job reads.
 */
export async function runHdf5<K extends keyof Hdf5Jobs>(
  job: K,
  name: string,
  ...args: Hdf5Args<K>
): Promise<ReturnType<Hdf5Jobs[K]>> {
  const runner = openHdf5();
  try {
    return await runner.run(job, name, ...args);
  } finally {
    runner.close();
  }
}
