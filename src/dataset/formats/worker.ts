/**
 * Reads and writes with libraries in a worker. Those of HDF5 and Parquet expect whole files: a
 * damaged one can make them trap or loop. In a worker that costs one worker; the user gets one line.
 *
 * @module
 */

// The web platform's Worker would leave a looping worker running after terminate().
import { Worker } from "node:worker_threads";
import { InputError } from "../../errors.ts";
import { pack, unpack } from "./worker_message.ts";
import type { JobArgs, WorkerJobs, WorkerReply } from "./worker_side.ts";

/** A worker for such jobs, one at a time. It is started at need and after each crash. */
export interface ReaderWorker {
  /**
   * Runs a job.
   * @param job Its name.
   * @param name Name of the file, for messages.
   * @param args What the job takes; typed arrays are copied into the worker.
   * @throws {InputError} if the file is damaged or not what the job reads.
   */
  run<K extends keyof WorkerJobs>(
    job: K,
    name: string,
    ...args: JobArgs<K>
  ): Promise<Awaited<ReturnType<WorkerJobs[K]>>>;
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
export function openWorker(silenceMs = SILENCE_MS): ReaderWorker {
  let worker: Worker | undefined;
  const close = () => {
    worker?.terminate();
    worker = undefined;
  };
  return {
    close,
    run(job, name, ...args) {
      worker ??= new Worker(new URL("./worker_side.ts", import.meta.url));
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
            new InputError(
              `${name}: damaged: the ${
                job === "readParquet" ? "Parquet" : "HDF5"
              } library fails on it`,
            ),
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
        current.on("message", (data: WorkerReply) => {
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
export async function runInWorker<K extends keyof WorkerJobs>(
  job: K,
  name: string,
  ...args: JobArgs<K>
): Promise<Awaited<ReturnType<WorkerJobs[K]>>> {
  const runner = openWorker();
  try {
    return await runner.run(job, name, ...args);
  } finally {
    runner.close();
  }
}
