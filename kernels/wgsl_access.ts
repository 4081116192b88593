/**
 * Element accesses in a kernel's WGSL made calls of functions: where a buffer lies in a larger array,
 * of elements of another width, `values[i]` is `load_values(i)` and `values[i] = x;` is
 * `store_values(i, x);`. WGSL itself has no name for a part of an array.
 *
 * @module
 */

/**
 * Replaces the accesses to some arrays.
 *
 * @param suffix Is appended to the functions' names.
 */
export function withFunctions(
  source: string,
  names: readonly string[],
  suffix: number,
): string {
  const access = new RegExp(`\\b(${names.join("|")})\\[`).exec(source);
  if (!access) return source;
  const [{ length }, name] = access;
  const inner = (part: string) => withFunctions(part, names, suffix);
  const open = access.index + length;
  const close = closing(source, open);
  const index = inner(source.slice(open, close));
  const before = source.slice(0, access.index);
  const rest = source.slice(close + 1);
  const assignment = /^\s*=(?!=)\s*/.exec(rest);
  if (!assignment) {
    return `${before}load_${name}_${suffix}(${index})${inner(rest)}`;
  }
  const end = rest.indexOf(";");
  const value = inner(rest.slice(assignment[0].length, end));
  return `${before}store_${name}_${suffix}(${index}, ${value})${
    inner(rest.slice(end))
  }`;
}

/** Where the bracket ends that was opened before `at`. */
function closing(source: string, at: number): number {
  let depth = 1;
  while (depth > 0) {
    if (source[at] === "[") depth++;
    if (source[at] === "]") depth--;
    at++;
  }
  return at - 1;
}
