/**
 * Arrays at the root of an HDF5 file, inside the HDF5 worker: D4RL's layout (`observations`,
 * `actions`, `rewards`, `terminals`, `timeouts` and, in some, `next_observations`) and d3rlpy 1's
 * (`MDPDataset.dump`: `episode_terminals` in place of `timeouts`).
 *
 * An episode ends where one of the last ones is set. Without `next_observations`, the last
 * observation of an episode that is not terminated counts as the final one, as both read their own.
 *
 * @module
 */

import type { NotedDataset } from "./worker_message.ts";
import type { Hdf5Source } from "./hdf5_source.ts";
import { arrayRole, datasetFromNamedArrays } from "./table_arrays.ts";
import { saysEnd } from "./table_columns.ts";

/** What else d3rlpy 1 writes. */
const D3RLPY_1 = ["create_mask", "discrete_action", "mask_size", "version"];

/** Whether these names at a file's root are those of such arrays. */
export function areArrays(names: readonly string[]): boolean {
  const roles = names.map(arrayRole);
  return ["observation", "action", "reward"].every((role) =>
    roles.includes(role)
  );
}

/** Reads and validates them. */
export function readArrays(
  source: Hdf5Source,
  name: string,
  actionCount: number | undefined,
): NotedDataset {
  const names = source.names("/");
  const wanted = names.filter((entry) =>
    arrayRole(entry) !== undefined || saysEnd(entry)
  );
  const checked = wanted.map((entry) => ({
    name: entry,
    ...source.numbers(`/${entry}`),
  }));
  const notes: string[] = [];
  const dataset = datasetFromNamedArrays(
    checked.map(({ name, shape, read }) => ({ name, shape, values: read() })),
    name,
    { actionCount, onNote: (note) => notes.push(note) },
  );
  const unused = names.filter((entry) =>
    !wanted.includes(entry) && !D3RLPY_1.includes(entry)
  );
  if (unused.length > 0) notes.push(`entries not used: ${unused.join(", ")}`);
  return { dataset, notes };
}
