/**
 * A worker of a study: computes one cell after the other.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import { type BackendName, chooseBackend } from "../backends/choose.ts";
import { InputError } from "../errors.ts";
import { type CellResult, computeCell } from "./study_cell.ts";
import type { StudyCell, StudyConfig } from "./study_config.ts";

/** A cell to compute. */
export interface CellMessage {
  readonly study: StudyConfig;
  readonly cell: StudyCell;
  /** The same in every message to a worker. */
  readonly backend: BackendName;
}

/** What a worker tells: steps made, and at the end the result or what went wrong. */
export type CellAnswer =
  | { readonly kind: "step"; readonly step: number }
  | { readonly kind: "result"; readonly result: CellResult }
  | {
    readonly kind: "failure";
    readonly message: string;
    /** Whether it is to be told to the user as it is. */
    readonly isInputError: boolean;
  };

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<CellMessage>) => void;
  postMessage(answer: CellAnswer): void;
};

let opened: Promise<Backend> | undefined;

scope.onmessage = async ({ data: { study, cell, backend } }) => {
  try {
    // One thread, because the pool has as many workers as there is to be parallel.
    opened ??= chooseBackend(backend, { threads: 1 });
    const result = await computeCell(
      study,
      cell,
      await opened,
      (step) => scope.postMessage({ kind: "step", step }),
    );
    scope.postMessage({ kind: "result", result });
  } catch (error) {
    const isInputError = error instanceof InputError;
    const message = error instanceof Error
      ? (isInputError ? error.message : error.stack ?? error.message)
      : String(error);
    scope.postMessage({ kind: "failure", message, isInputError });
  }
};
