/**
 * How the suite writes JSON, everywhere.
 *
 * @module
 */

/** What JSON can hold. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * Writes a value as JSON text: keys in their own order, two spaces a level, numbers as
 * JavaScript prints them (the shortest decimal that reads back as the same double), a
 * list without objects or lists in it on one line, a newline at the end. Keys whose
 * value is undefined are left out.
 *
 * @param value Plain data.
 * @throws Error on a number that JSON has no text for (NaN, infinities): it would read
 *   back as another value.
 */
export function canonicalJson(value: unknown): string {
  return `${write(value as Json, "")}\n`;
}

function write(value: Json, indent: string): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Error(`JSON cannot hold ${value}`);
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => write(item, inner));
    if (value.every((item) => typeof item !== "object" || item === null)) {
      return `[${items.join(", ")}]`;
    }
    return `[\n${inner}${items.join(`,\n${inner}`)}\n${indent}]`;
  }
  const items = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) =>
      `${JSON.stringify(key)}: ${write(item as Json, inner)}`
    );
  return items.length === 0
    ? "{}"
    : `{\n${inner}${items.join(`,\n${inner}`)}\n${indent}}`;
}
