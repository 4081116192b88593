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
  let text = "";
  sayCanonicalJson(value, (part) => text += part);
  return text;
}

/** Says the same text in parts, none of which is longer than a list of plain values. */
export function sayCanonicalJson(
  value: unknown,
  say: (part: string) => void,
): void {
  write(value as Json, "", say);
  say("\n");
}

function write(value: Json, indent: string, say: (part: string) => void): void {
  if (typeof value !== "object" || value === null) return say(plain(value));
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== "object" || item === null)) {
      return say(`[${value.map(plain).join(", ")}]`);
    }
    let before = `[\n${inner}`;
    for (const item of value) {
      say(before);
      write(item, inner, say);
      before = `,\n${inner}`;
    }
    return say(`\n${indent}]`);
  }
  let before = `{\n${inner}`;
  let isEmpty = true;
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    say(`${before}${JSON.stringify(key)}: `);
    write(item as Json, inner, say);
    before = `,\n${inner}`;
    isEmpty = false;
  }
  say(isEmpty ? "{}" : `\n${indent}}`);
}

function plain(value: null | boolean | number | string): string {
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new Error(`JSON cannot hold ${value}`);
  }
  return JSON.stringify(value);
}
