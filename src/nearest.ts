/**
 * "Did you mean": the known name that a misspelt one is closest to.
 *
 * @module
 */

/** Number of single-character insertions, deletions and replacements between two texts. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1] + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[to.length];
}

/**
 * What to say after "unknown …": the closest known name, if one is close (case aside, at most a third
 * of its characters differ, or two), else all of them.
 *
 * @param name The name that was given.
 * @param known The names that there are; at least one.
 * @returns `"did you mean alpha?"` or `"known: alpha, gamma"`.
 */
export function suggest(name: string, known: readonly string[]): string {
  let best = "";
  let bestDistance = Infinity;
  // No known name is this long, and the distance takes time by the product of both lengths.
  const short = name.slice(0, 64).toLowerCase();
  for (const candidate of known) {
    const distance = editDistance(short, candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return bestDistance <= Math.max(2, best.length / 3) &&
      bestDistance < best.length
    ? `did you mean ${best}?`
    : `known: ${known.join(", ")}`;
}
