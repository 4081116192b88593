/**
 * Lists of names in a safetensors file's metadata, whose entries are single texts.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { SafetensorsFile } from "./safetensors.ts";

/**
 * Reads an entry that is a JSON list of texts.
 *
 * @param key Its key.
 * @throws InputError if it is not there or something else.
 */
export function textsInMetadata(
  { name, metadata }: Pick<SafetensorsFile, "name" | "metadata">,
  key: string,
): string[] {
  let texts: unknown;
  try {
    texts = JSON.parse(metadata[key] ?? "");
  } catch {
    // Refused below.
  }
  if (!Array.isArray(texts) || !texts.every((n) => typeof n === "string")) {
    throw new InputError(
      `${name}: ${key} in its metadata is not a JSON list of texts`,
    );
  }
  return texts;
}
