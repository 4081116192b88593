/**
 * The settings of an algorithm or an environment as text: what its definition says.
 *
 * @module
 */
import { InputError } from "../mod.ts";
import {
  ALGORITHMS,
  type AnySettings,
  ENVIRONMENTS,
  type Setting,
} from "../programs.ts";
import { suggest } from "../tools.ts";

/**
 * One line a setting: name, range, default, meaning.
 *
 * @param name Of an algorithm, an environment or a variant of one.
 * @throws InputError if there is none of that name.
 */
export function settingsHelp(name: string): string {
  const definitions: Explained[] = [...ALGORITHMS, ...ENVIRONMENTS];
  const found = definitions.find((definition) =>
    namesOf(definition).includes(name)
  );
  if (!found) {
    const names = definitions.flatMap(namesOf);
    throw new InputError(
      `--explain: unknown ${JSON.stringify(name)}; ${suggest(name, names)}`,
    );
  }
  const rows = Object.entries(found.settings).map(([key, setting]) => [
    key,
    rangeOf(setting),
    `default ${
      JSON.stringify({ [key]: setting.default, ...found.variants?.[name] }[key])
    }`,
    setting.meaning.replaceAll("`", ""),
  ]);
  const widths = [0, 1, 2].map((column) =>
    Math.max(...rows.map((row) => row[column].length))
  );
  const lines = rows.map(([key, range, initial, meaning]) =>
    `  ${key.padEnd(widths[0])}  ${range.padEnd(widths[1])}  ${
      initial.padEnd(widths[2])
    }  ${meaning}`
  );
  return `${name}: ${found.title}\n\n${lines.join("\n")}\n`;
}

interface Explained {
  readonly name: string;
  readonly title: string;
  readonly settings: AnySettings;
  readonly variants?: Readonly<
    Record<string, Readonly<Record<string, unknown>>>
  >;
}

function namesOf({ name, variants }: Explained): string[] {
  return [name, ...Object.keys(variants ?? {})];
}

function rangeOf(setting: Setting): string {
  switch (setting.kind) {
    case "choice":
      return setting.choices.join(" | ");
    case "integer":
    case "number": {
      const whole = setting.kind === "integer" ? "whole, " : "";
      const others = setting.nullable ? ", or null" : "";
      return `${whole}${setting.min} to ${setting.max}${others}`;
    }
    case "cell":
      return "[x, y]";
    case "hash":
      return "64 hexadecimal digits";
    case "cells":
      return "[[x, y], …]";
    case "boolean":
      return "true | false";
    case "rows":
      return `rows of ${setting.letters}`;
  }
}
