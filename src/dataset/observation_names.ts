/**
 * What a data set's source calls the numbers of an observation.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import type { SafetensorsFile } from "../files/safetensors.ts";
import { textsInMetadata } from "../files/texts_in_metadata.ts";

/** What the numbers of an observation are called where the source has no other names. */
export function usualNames(observationSize: number): string[] {
  return Array.from({ length: observationSize }, (_, d) => `observation_${d}`);
}

/** Names as an entry of a data set or policy; none where they are the usual ones. */
export function ownObservationNames(
  names: readonly string[] | undefined,
): { observationNames?: readonly string[] } {
  const isUsual = names?.every((name, d) => name === `observation_${d}`) ??
    true;
  return isUsual ? {} : { observationNames: names };
}

/**
 * Says what is wrong with the names, or nothing.
 *
 * @param names One a number.
 * @param observationSize D.
 */
export function wrongObservationNames(
  names: readonly string[],
  observationSize: number,
): string | undefined {
  if (names.length !== observationSize) {
    return `${names.length} names for observations of ${observationSize} numbers`;
  }
  if (new Set(names).size < names.length) {
    return "two numbers of an observation have the same name";
  }
}

/** The names as an entry of a safetensors file's metadata; none without names. */
export function observationNamesToMetadata(
  names: readonly string[] | undefined,
): Record<string, string> {
  return names === undefined
    ? {}
    : { observation_names: JSON.stringify(names) };
}

/**
 * The names in a safetensors file's metadata, if there are any.
 *
 * @param observationSize D.
 * @throws InputError if they are not a list of D different texts.
 */
export function observationNamesFromMetadata(
  file: Pick<SafetensorsFile, "name" | "metadata">,
  observationSize: number,
): { observationNames?: readonly string[] } {
  if (file.metadata.observation_names === undefined) return {};
  const names = textsInMetadata(file, "observation_names");
  const wrong = wrongObservationNames(names, observationSize);
  if (wrong !== undefined) throw new InputError(`${file.name}: ${wrong}`);
  return ownObservationNames(names);
}
