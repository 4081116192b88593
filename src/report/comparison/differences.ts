/**
 * In what the configurations of runs or studies differ.
 *
 * @module
 */
import { visible } from "../../visible.ts";

/** A key whose value is not the same everywhere. */
export interface ConfigDifference {
  /** Names of the keys on the way, with dots. */
  readonly key: string;
  /** [configurations] the values in JSON; null where there is no such key. */
  readonly values: readonly (string | null)[];
}

/** Characters of a value. */
const VALUE = 120;

/**
 * The keys that differ, in the order of the first configuration that has them. Where one has a whole object
 * that another lacks, the object's key stands for it.
 *
 * @param configs Plain data.
 */
export function configDifferences(
  configs: readonly unknown[],
  key = "",
): ConfigDifference[] {
  const texts = configs.map((value) =>
    value === undefined ? null : JSON.stringify(value)
  );
  if (texts.every((text) => text === texts[0])) return [];
  const objects = configs.filter(isObject);
  // Without a key, it is the configurations themselves.
  if (!configs.every((value) => value === undefined || isObject(value))) {
    return [{ key, values: texts.map((text) => text && valueWords(text)) }];
  }
  const keys = new Set(objects.flatMap((object) => Object.keys(object)));
  const below = [...keys].flatMap((name) =>
    configDifferences(
      objects.map((object) => object[name]),
      (key === "" ? "" : `${key}.`) + visible(name, 60),
    ).map(({ key, values }) => {
      const left = [...values];
      return {
        key,
        values: configs.map((value) =>
          value === undefined ? null : left.shift()!
        ),
      };
    })
  );
  return configs.includes(undefined)
    ? [
      {
        key,
        values: configs.map((value) => value === undefined ? null : "{ … }"),
      },
      ...below,
    ]
    : below;
}

/** A value as it is shown; of a SHA-256 the first digits. */
function valueWords(text: string): string {
  const hash = /^"([0-9a-f]{16})[0-9a-f]{48}"$/.exec(text);
  return hash ? `${hash[1]}…` : visible(text, VALUE);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Which of some things are equal, in words: `equal in all`, `all different`, or `A = B; C`.
 *
 * @param labels What they are called.
 * @param values What they are, in the same order.
 */
export function equalityWords(
  labels: readonly string[],
  values: readonly string[],
): string {
  const groups = Map.groupBy(labels, (_, i) => values[i]);
  if (labels.length < 2) return `only in ${labels[0]}`;
  if (groups.size === 1) return "equal, bit for bit";
  if (groups.size === labels.length) {
    return labels.length === 2 ? "different" : "all different";
  }
  return [...groups.values()].map((equal) => equal.join(" = ")).join("; ");
}
