/**
 * Worlds from files.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { openNpz } from "../files/npz.ts";
import { readFile } from "../files/read.ts";
import { decodeText } from "../files/text.ts";
import { isZip } from "../files/zip.ts";
import { partsFromCsv, worldToCsv } from "./world_csv.ts";
import { partsFromJson, worldToJson } from "./world_json.ts";
import { partsFromNpz, worldToNpz } from "./world_npz.ts";
import type { WorldFile } from "./world_file.ts";
import type { WorldReadOptions } from "./world_options.ts";
import {
  partsOfWorld,
  worldFromParts,
  type WorldParts,
} from "./world_parts.ts";
import { withMask } from "./world_mask.ts";
import {
  worldFromSafetensors,
  worldToSafetensors,
} from "./world_safetensors.ts";

export type { WorldFile } from "./world_file.ts";
export type { WorldReadOptions } from "./world_options.ts";

/** What readers are told of by the name's end; the content decides where it can. */
const FORMATS = ".mdp.safetensors, .npz, .json or .csv";

/**
 * Opens a world in a file: the suite's own `.mdp.safetensors`, `.npz` (dense `P`, triplets, ICU-Sepsis'
 * and gumbel-max-scm's names), JSON (Gymnasium's `P`, lists of outcomes) or CSV. docs/worlds.md says
 * what each may hold.
 *
 * @param path The file.
 * @param options What it does not say, or what is wanted otherwise.
 * @throws InputError if it is no world, in one line with state and action.
 *
 * @example Two states; the second ends the episode
 * ```ts
 * import { openWorld } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const path = Deno.makeTempFileSync({ suffix: ".json" });
 * Deno.writeTextFileSync(path, '{"P": [[[[1, 1, 5, true]]], [[[1, 1, 0, true]]]]}');
 * const { mdp } = await openWorld(path, { outcomes: "goal=1" });
 * Deno.removeSync(path);
 * deepEqual(mdp.outcomes, [{ name: "goal", ends: true, unsafe: false }]);
 * deepEqual([...mdp.outcomeOffsets], [0, 1, 1]);
 * ```
 */
export async function openWorld(
  path: string,
  options: WorldReadOptions = {},
): Promise<WorldFile> {
  const bytes = readFile(path);
  const { onNote: _, ...changes } = options;
  const finish = (parts: WorldParts) =>
    worldFromParts(withMask(parts, path, options), path, options);
  if (path.endsWith(".safetensors")) {
    const world = worldFromSafetensors(bytes, path);
    const isChanged = Object.values(changes).some((to) => to !== undefined);
    return isChanged ? finish(partsOfWorld(world)) : world;
  }
  if (isZip(bytes) || path.endsWith(".npz")) {
    return finish(partsFromNpz(openNpz(bytes, path), options));
  }
  if (options.observations !== undefined) {
    throw new InputError(
      `${path}: observations ${options.observations}: only .npz files hold arrays to choose from`,
    );
  }
  return finish(
    path.endsWith(".csv")
      ? await partsFromCsv(bytes, path)
      : partsFromJson(decodeText(bytes, path), path),
  );
}

/**
 * A world as the bytes of a file, in the format that its name ends in.
 *
 * @throws InputError if no format is known by that end.
 *
 * @example A built-in world in a file
 * ```ts
 * import { makeEnvironment, openWorld, worldBytes } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const { title, mdp } = makeEnvironment("frozenLake");
 * const path = `${Deno.makeTempDirSync()}/lake.mdp.safetensors`;
 * Deno.writeFileSync(path, worldBytes({ title, mdp, policies: {} }, path));
 * deepEqual((await openWorld(path)).mdp.probability, mdp.probability);
 * ```
 */
export function worldBytes(
  world: WorldFile,
  path: string,
  onNote: (note: string) => void = () => {},
): Uint8Array<ArrayBuffer> {
  const text = (content: string) => new TextEncoder().encode(content);
  if (path.endsWith(".mdp.safetensors")) return worldToSafetensors(world);
  if (path.endsWith(".npz")) return worldToNpz(world);
  if (path.endsWith(".json")) return text(worldToJson(world));
  if (path.endsWith(".csv")) return text(worldToCsv(world, onNote));
  throw new InputError(`${path}: a world is written to ${FORMATS}`);
}
