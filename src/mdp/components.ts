/**
 * The parts of a Markov chain that lead back to themselves.
 *
 * @module
 */

/** Strongly connected components; component c is `states[first[c]]` … `states[first[c + 1] - 1]`. */
export interface Components {
  /** States that can be reached, component by component: a component only leads to earlier ones. */
  readonly states: Int32Array;
  /** Where each component begins, and the end of the last. */
  readonly first: readonly number[];
  /** [S] the component of each state, -1 where it cannot be reached. */
  readonly of: Int32Array;
}

/**
 * Finds the strongly connected components that can be reached from some states (Tarjan 1972,
 * "Depth-first search and linear graph algorithms"), without recursion. States ascend within each.
 *
 * @param first [S + 1] where the edges of each state begin.
 * @param next [n] where each edge leads; an edge to -1 counts as none.
 * @param roots Where to begin.
 */
export function connectedComponents(
  first: Uint32Array,
  next: Int32Array,
  roots: Iterable<number>,
): Components {
  const stateCount = first.length - 1;
  const of = new Int32Array(stateCount).fill(-1);
  // When a state was found, 1 or later, and the earliest that it is known to lead back to.
  const found = new Uint32Array(stateCount);
  const low = new Uint32Array(stateCount);
  const edge = new Uint32Array(stateCount);
  const path = new Int32Array(stateCount);
  const open = new Int32Array(stateCount);
  const states = new Int32Array(stateCount);
  const starts = [0];
  let time = 0;
  let opened = 0;
  let closed = 0;
  const enter = (s: number) => {
    found[s] = low[s] = ++time;
    edge[s] = first[s];
    open[opened++] = s;
  };
  for (const root of roots) {
    if (found[root] > 0) continue;
    let depth = 0;
    path[0] = root;
    enter(root);
    while (depth >= 0) {
      const s = path[depth];
      if (edge[s] < first[s + 1]) {
        const to = next[edge[s]++];
        if (to < 0 || of[to] >= 0) continue;
        if (found[to] > 0) low[s] = Math.min(low[s], found[to]);
        else {
          path[++depth] = to;
          enter(to);
        }
        continue;
      }
      depth--;
      if (depth >= 0) low[path[depth]] = Math.min(low[path[depth]], low[s]);
      if (low[s] < found[s]) continue;
      const begin = closed;
      let member: number;
      do {
        member = open[--opened];
        of[member] = starts.length - 1;
        states[closed++] = member;
      } while (member !== s);
      states.subarray(begin, closed).sort();
      starts.push(closed);
    }
  }
  return { states: states.slice(0, closed), first: starts, of };
}
