/**
 * The settings of an algorithm or an environment as text: what its definition says.
 *
 * @module
 */
import { InputError } from "../mod.ts";
import { ALGORITHMS, ENVIRONMENTS, type Setting } from "../programs.ts";
import { suggest } from "../tools.ts";

/**
 * One line a setting: name, range, default, meaning.
 *
 * @param name Of an algorithm or an environment.
 * @throws InputError if there is none of that name.
 */
export function settingsHelp(name: string): string {
  const definitions = [...ALGORITHMS, ...ENVIRONMENTS];
  const found = definitions.find((definition) => definition.name === name);
  if (!found) {
    const names = definitions.map(({ name }) => name);
    throw new InputError(
      `--explain: unknown ${JSON.stringify(name)}; ${suggest(name, names)}`,
    );
  }
  const rows = Object.entries<Setting>(found.settings).map(([key, setting]) => [
    key,
    rangeOf(setting),
    `default ${JSON.stringify(setting.default)}`,
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
  return `${found.name}: ${found.title}\n\n${lines.join("\n")}\n`;
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
    case "cells":
      return "[[x, y], …]";
    case "boolean":
      return "true | false";
    case "rows":
      return `rows of ${setting.letters}`;
  }
}
