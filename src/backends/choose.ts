/**
 * Which backend to use.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import { referenceBackend } from "./reference.ts";
import { wasmBackend } from "./wasm.ts";

/** Names that a user may give. */
export const BACKEND_NAMES = ["auto", "wasm", "reference", "webgpu"] as const;

/** A name of {@link BACKEND_NAMES}. */
export type BackendName = typeof BACKEND_NAMES[number];

/** Opens a backend by name. */
export function chooseBackend(
  name: BackendName,
  options: { threads?: number } = {},
): Promise<Backend> {
  return Promise.resolve(
    name === "reference" ? referenceBackend : wasmBackend({
      threads: options.threads ?? navigator.hardwareConcurrency,
    }),
  );
}
