/**
 * Files that are dropped on the page.
 *
 * @module
 */
import { presets } from "../src/config/presets.ts";
import { resolveConfig } from "../src/config/resolve.ts";
import { datasetFromSafetensors } from "../src/dataset/formats/safetensors.ts";
import { InputError } from "../src/errors.ts";
import { MOST_BYTES } from "../src/files/most_bytes.ts";
import { sha256Hex } from "../src/numerics/hash.ts";
import { type Settings, settingsOf } from "./settings.ts";

/** A data set's file. */
export interface DataFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}

/** No configuration is larger. */
const MOST_TEXT = 2 ** 22;

/**
 * Reads a configuration, as settings over the preset that is nearest to it, or a data set.
 *
 * @throws InputError if it is neither.
 */
export async function readDropped(
  file: File,
  backend: Settings["backend"],
): Promise<Settings | DataFile> {
  const { name, size } = file;
  if (size > MOST_BYTES) throw new InputError(`${name}: is too large`);
  // No text has zeros, as the length has with which a data set begins.
  if ((await bytesOf(file.slice(0, 8), name)).includes(0)) {
    const bytes = await bytesOf(file, name);
    // Before the experiment that stands is given up for it.
    datasetFromSafetensors(bytes, name);
    return { bytes, sha256: sha256Hex(bytes) };
  }
  const words = new TextDecoder().decode(
    await bytesOf(file.slice(0, MOST_TEXT), name),
  );
  let json: unknown;
  try {
    json = JSON.parse(words);
  } catch {
    throw new InputError(
      `${name}: is neither a run's config.json nor its dataset.safetensors`,
    );
  }
  // A recorded configuration states every key, so that the preset under it does not matter.
  const given = resolveConfig("tutorial", json, {}, name);
  const [nearest] = Object.keys(presets)
    .map((preset) => settingsOf(given, preset, backend))
    .sort((a, b) => a.changed.size - b.changed.size);
  return nearest;
}

async function bytesOf(
  part: Blob,
  name: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await part.arrayBuffer());
  } catch {
    throw new InputError(`${name}: cannot be read; is it a folder?`);
  }
}
