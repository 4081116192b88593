/**
 * Reading a JSON file that a person wrote.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { repeatedKey } from "../files/json.ts";
import { readFile } from "../files/read.ts";
import { visible } from "../visible.ts";

/** No configuration comes near this; a larger file is another file. */
const MAX_BYTES = 1 << 20;

/**
 * Reads a JSON file of at most 1 MiB.
 *
 * @param path The file.
 * @returns Its value; its shape is unchecked.
 * @throws InputError if it cannot be read, is not JSON, with line and column, or has a key twice.
 *
 * @example A configuration from a file
 * ```ts
 * import { readJsonFile, resolveConfig } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const path = `${Deno.makeTempDirSync()}/mine.json`;
 * Deno.writeTextFileSync(path, `{ "algorithms": { "cql": { "alpha": 2 } } }`);
 * equal(resolveConfig("tutorial", readJsonFile(path), {}, path).algorithms.cql?.alpha, 2);
 * ```
 */
export function readJsonFile(path: string): unknown {
  return parseJson(readFile(path, MAX_BYTES), path);
}

/**
 * Parses JSON text in UTF-8.
 *
 * @param bytes The text.
 * @param source What to call it in an error.
 * @throws InputError if it is not UTF-8 or not JSON, or has a key twice.
 */
export function parseJson(bytes: Uint8Array, source: string): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${source}: is not UTF-8 text`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const where = /\(line \d+ column \d+\)/.exec(message)?.[0] ??
      (message.includes("end of JSON") ? "(it ends too early)" : "");
    throw new InputError(`${source}: is not JSON ${where}`.trimEnd());
  }
  const twice = repeatedKey(text);
  if (twice) {
    const path = twice.map((key) => visible(key, 64)).join(".");
    throw new InputError(`${source}: ${visible(path)}: is given twice`);
  }
  return value;
}
