/**
 * Keys of configurations that had other names in version 0.1; version 0.3 will not read them.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/** Old name, new name, and the new value. */
type Renaming = readonly [string, string, (value: unknown) => unknown];

const same = (value: unknown) => value;

const DATASET: readonly Renaming[] = [
  [
    "timeoutsTerminate",
    "bootstrapOnTruncation",
    (value) => typeof value === "boolean" ? !value : value,
  ],
];
const NETWORK: readonly Renaming[] = [["observationScaling", "encoder", same]];
const ALGORITHM: readonly Renaming[] = [
  ["members", "ensembleSize", same],
  ["actionNoise", "targetActionNoise", same],
];

/**
 * Gives old keys their new names.
 *
 * @param value A configuration as read from JSON; its shape is unchecked.
 * @param source What to call it in an error.
 * @param onNote Called for each old key, with one line.
 * @returns The same where there is none.
 * @throws InputError if a key is there under both names.
 */
export function withNewKeys(
  value: unknown,
  source: string,
  onNote?: (note: string) => void,
): unknown {
  const rename = (
    section: unknown,
    path: string,
    renamings: readonly Renaming[],
  ): unknown => {
    if (!isObject(section)) return section;
    let renamed = section;
    for (const [old, key, convert] of renamings) {
      if (!Object.hasOwn(renamed, old)) continue;
      if (Object.hasOwn(renamed, key)) {
        throw new InputError(
          `${source}: ${path}.${old}: is the old name of ${key}, which is also given`,
        );
      }
      const { [old]: value, ...others } = renamed;
      renamed = { ...others, [key]: convert(value) };
      onNote?.(
        old === "timeoutsTerminate"
          ? `${path}.${old} is now called ${key}, and is its opposite`
          : `${path}.${old} is now called ${key}`,
      );
    }
    return renamed;
  };
  if (!isObject(value)) return value;
  const { dataset, network, algorithms } = value;
  return {
    ...value,
    ...("dataset" in value &&
      { dataset: rename(dataset, "dataset", DATASET) }),
    ...("network" in value &&
      { network: rename(network, "network", NETWORK) }),
    ...(isObject(algorithms) && {
      algorithms: Object.fromEntries(
        Object.entries(algorithms).map(([name, settings]) => [
          name,
          rename(settings, `algorithms.${name}`, ALGORITHM),
        ]),
      ),
    }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
