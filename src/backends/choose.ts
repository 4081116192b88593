/**
 * Which backend to use.
 *
 * @module
 */
import type { Backend } from "./backend.ts";
import { referenceBackend } from "./reference.ts";

/** Names that a user may give. */
export const BACKEND_NAMES = ["auto", "wasm", "reference", "webgpu"] as const;

/** A name of {@link BACKEND_NAMES}. */
export type BackendName = typeof BACKEND_NAMES[number];

/** Opens a backend by name. */
export function chooseBackend(
  _name: BackendName,
  _options: { threads?: number } = {},
): Promise<Backend> {
  return Promise.resolve(referenceBackend);
}
