/**
 * Names for what decides a result, so that it is never mistaken for another's.
 *
 * @module
 */
import type { AnyAlgorithm } from "../algorithms/index.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import type { Config } from "../config/config.ts";
import { sha256Hex } from "../numerics/hash.ts";

/** SHA-256 of what decides the environment and the data, however time limits are read, as JSON. */
export function problemHash({ seed, environment, dataset }: Config): string {
  const { bootstrapOnTruncation: _, ...data } = dataset;
  return jsonHash({ seed, environment, dataset: data });
}

/** SHA-256 of what decides the result of one algorithm, as JSON. */
export function taskHash(
  { algorithms: _, without: __, evaluation: ___, ...config }: Config,
  { name, settings }: AnyAlgorithm,
): string {
  return jsonHash({ ...config, name, settings });
}

/** SHA-256 of a value as JSON. */
export function jsonHash(value: unknown): string {
  return sha256Hex(new TextEncoder().encode(canonicalJson(value)));
}
