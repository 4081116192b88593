/**
 * Reading a policy that a run left, of whatever kind.
 *
 * @module
 */
import { tablePolicy } from "../algorithms/tabular/table_policy.ts";
import { InputError } from "../errors.ts";
import { readFile } from "../files/read.ts";
import { policyFromSafetensors } from "../network/policy_file.ts";
import type { LearntPolicy } from "./learn.ts";

/**
 * Reads a network's `policy.safetensors` or a table's `policy.json`.
 *
 * @param path The file.
 * @param advice What to say where it cannot be read.
 * @throws InputError if it is neither.
 *
 * @example A table that was written by hand
 * ```ts
 * import { readPolicy } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const table = { observations: [[0], [1]], probabilities: [[1, 0], [0.5, 0.5]] };
 * const path = `${Deno.makeTempDirSync()}/policy.json`;
 * Deno.writeTextFileSync(path, JSON.stringify(table));
 * deepEqual(readPolicy(path), table);
 * ```
 */
export function readPolicy(path: string, advice?: string): LearntPolicy {
  const bytes = bytesOf(path, advice);
  // A safetensors file begins with a 64-bit length, which JSON has no zero byte for.
  if (bytes.subarray(0, 8).includes(0)) {
    return policyFromSafetensors(bytes, path);
  }
  return tablePolicy(parseJson(bytes, path), path);
}

function bytesOf(path: string, advice: string | undefined): Uint8Array {
  try {
    return readFile(path);
  } catch (error) {
    if (!(error instanceof InputError) || advice === undefined) throw error;
    throw new InputError(`${error.message}; ${advice}`);
  }
}

function parseJson(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new InputError(
      `${path}: neither a policy.safetensors nor a table in JSON`,
    );
  }
}
