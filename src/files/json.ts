/**
 * What `JSON.parse` does not say about a JSON text.
 *
 * @module
 */

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
