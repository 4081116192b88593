/**
 * A worker of a study: computes batches of cells, in turn.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import { type BackendName, chooseBackend } from "../backends/choose.ts";
import { InputError } from "../errors.ts";
import type { Given } from "../run/problem.ts";
import { type CellResult, computeCells, problemKeeper } from "./cell.ts";
import type { StudyCell } from "./config.ts";
import type { Machine } from "./work.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";

/** A batch to compute: cells of one preset and policy. */
export interface BatchMessage {
  readonly study: StudyConfig;
  readonly cells: readonly StudyCell[];
  /** Where data or environment are from files. */
  readonly given: Given;
  /** The same in every message to a worker. */
  readonly backend: BackendName;
  /** Where a long training keeps its checkpoints. */
  readonly unfinished: string;
}

/** What a worker sends: steps made, and at the end the results or what went wrong. */
export type BatchAnswer =
  | { readonly kind: "step"; readonly step: number }
  | {
    readonly kind: "results";
    readonly results: readonly CellResult[];
    readonly machine: Machine;
  }
  | {
    readonly kind: "failure";
    readonly message: string;
    /** Whether it is for the user as it is. */
    readonly isInputError: boolean;
  };

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<BatchMessage>) => void;
  postMessage(answer: BatchAnswer): void;
};

let opened: Promise<Backend> | undefined;
const open = problemKeeper();

scope.onmessage = async ({ data }) => {
  const { study, cells, given, backend, unfinished } = data;
  try {
    // One thread, because the pool has as many workers as there is to be parallel.
    opened ??= chooseBackend(backend, { threads: 1 });
    const { name, description } = await opened;
    const results = await computeCells(
      study,
      cells,
      await opened,
      {
        ...given,
        open,
        unfinished,
        onStep: (step) => scope.postMessage({ kind: "step", step }),
      },
    );
    const machine = {
      backend: name,
      device: description,
      architecture: Deno.build.arch,
      denoVersion: Deno.version.deno,
    };
    scope.postMessage({ kind: "results", results, machine });
  } catch (error) {
    const isInputError = error instanceof InputError;
    const message = error instanceof Error
      ? (isInputError ? error.message : error.stack ?? error.message)
      : String(error);
    scope.postMessage({ kind: "failure", message, isInputError });
  }
};
