/**
 * What `JSON.parse` does not say about a JSON text.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/**
 * The value of a JSON text from a file.
 *
 * @param text The whole file.
 * @param name Name of the file, for messages.
 * @throws InputError if it is no JSON or an object has a key twice, in one line.
 */
export function parseJson(text: string, name: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(
      /\b(NaN|Infinity)\b/.test(text)
        ? `${name}: no JSON: it has NaN or Infinity in it`
        : `${name}: no JSON: ${(error as Error).message}`,
    );
  }
  const twice = repeatedKey(text);
  if (twice === undefined) return value;
  throw new InputError(`${name}: the key ${twice.join(".")} is there twice`);
}

/**
 * The first key that an object has twice: `JSON.parse` keeps the last of them and says nothing.
 *
 * @param text Valid JSON.
 * @returns The keys that lead to it, itself the last; lists on the way are left out.
 */
export function repeatedKey(text: string): string[] | undefined {
  const scopes: { keys: Set<string>; key: string }[] = [];
  let lastString = "";
  // By hand: a regular expression overflows its stack on strings of megabytes.
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{") scopes.push({ keys: new Set(), key: "" });
    else if (character === "}") scopes.pop();
    else if (character === '"') {
      const begin = at++;
      while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
      lastString = text.slice(begin, at + 1);
    } else if (character === ":") {
      const scope = scopes[scopes.length - 1];
      scope.key = JSON.parse(lastString) as string;
      if (scope.keys.has(scope.key)) return scopes.map(({ key }) => key);
      scope.keys.add(scope.key);
    }
  }
}
