/**
 * Linear systems of a Markov chain: x = b + discount · P x, what is collected until the episode ends
 * when a state gives b (Puterman 1994, theorem 6.1.1).
 *
 * The chain falls into components that lead back to themselves, each of which is solved once those
 * that it leads to are known. A small component is eliminated state by state without a subtraction: 1
 * minus the probability of staying is the sum of those of leaving (Grassmann, Taksar and Heyman 1985,
 * "Regenerative analysis and steady state distributions for Markov chains"; O'Cinneide 1996,
 * "Relative-error bounds for the LU decomposition via the GTH algorithm"). So even an episode of 1e20
 * steps has its length to almost all digits. A component of more than {@link SMALL} states is solved by
 * iteration if it is left soon, and if it has more than {@link LARGEST_DENSE}; the residual says how
 * well.
 *
 * @module
 */
import { type Components, connectedComponents } from "./components.ts";
import { type PolicyChain, requireActedIn } from "./chain.ts";
import {
  type ComponentSystem,
  iterativeSystem,
  type RowVisitor,
} from "./iterate.ts";

/** States of the largest component that is always eliminated. */
const SMALL = 200;
/** States of the largest component that is eliminated if it is not left soon: n³ / 3 multiplications, 8 n² bytes. */
const LARGEST_DENSE = 1200;
/** Expected steps in a component that count as soon: 1e4 times a rounding is 1e-12. */
const QUICK = 1e4;

/** Solves the systems of one chain. */
export interface ChainSystem {
  /** The states that the roots lead to, themselves among them. */
  readonly states: Int32Array;
  /** [S] 1 in a part that is reached and that nothing leads out of. Solutions are 0 there. */
  readonly closed: Uint8Array;
  /** Whether there is such a part. */
  readonly neverEnds: boolean;
  /**
   * Solves x = b + discount · P x; 0 where b is never asked for because nothing leads there.
   *
   * @param b [S]
   * @returns [S]
   */
  solve(b: Float64Array): Float64Array;
  /** The largest |b + discount · P x - x| of the solutions so far, as a share of the largest |x|. */
  readonly residual: number;
}

/**
 * Prepares the systems of a chain; all their right-hand sides share the work.
 *
 * @param chain Its tables are read at once and again in each solution: they must stay as they are.
 * @param stops [outcomes + 1] 1 where an outcome stops the collecting.
 * @param roots States to solve for.
 * @param discount In [0, 1].
 * @param largestDense For tests.
 * @throws InputError if a state is reached in which nothing can be done.
 */
export function chainSystem(
  { first, probability, nextState, outcome }: PolicyChain,
  stops: Uint8Array,
  roots: Iterable<number>,
  discount: number,
  largestDense: number = LARGEST_DENSE,
): ChainSystem {
  const stateCount = first.length - 1;
  const count = first[stateCount];
  const next = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    next[i] = stops[outcome[i]] === 1 || discount === 0 ? -1 : nextState[i];
  }
  const components = connectedComponents(first, next, roots);
  const position = new Int32Array(stateCount);
  const closed = new Uint8Array(stateCount);
  const systems: (ComponentSystem | null)[] = [];
  forEachComponent(components, (members, c) => {
    const n = members.length;
    members.forEach((s, k) => position[s] = k);
    // [n] probability of leaving the component for another, for the end, or by the discount.
    const leaves = new Float64Array(n);
    members.forEach((s, k) => {
      requireActedIn(first, s);
      for (let i = first[s]; i < first[s + 1]; i++) {
        const inside = next[i] >= 0 && components.of[next[i]] === c;
        leaves[k] += inside ? (1 - discount) * probability[i] : probability[i];
      }
    });
    if (leaves.every((p) => p === 0)) {
      for (const s of members) closed[s] = 1;
      systems.push(null);
      return;
    }
    const row: RowVisitor = (k, visit) => {
      const s = members[k];
      for (let i = first[s]; i < first[s + 1]; i++) {
        if (next[i] >= 0 && components.of[next[i]] === c) {
          visit(position[next[i]], discount * probability[i]);
        }
      }
    };
    if (n === 1) systems.push((b) => b[0] /= leaves[0]);
    else systems.push(componentSystem(leaves, row, largestDense));
  });
  let residual = 0;
  return {
    states: components.states,
    closed,
    neverEnds: systems.includes(null),
    get residual() {
      return residual;
    },
    solve(b) {
      const x = new Float64Array(stateCount);
      forEachComponent(components, (members, c) => {
        const system = systems[c];
        if (system === null) return;
        const own = new Float64Array(members.length);
        members.forEach((s, k) => {
          let sum = b[s];
          for (let i = first[s]; i < first[s + 1]; i++) {
            if (next[i] >= 0 && components.of[next[i]] !== c) {
              sum += discount * probability[i] * x[next[i]];
            }
          }
          own[k] = sum;
        });
        system(own);
        members.forEach((s, k) => x[s] = own[k]);
      });
      let largest = 0;
      let off = 0;
      for (const s of components.states) {
        if (closed[s] === 1) continue;
        let sum = b[s];
        for (let i = first[s]; i < first[s + 1]; i++) {
          if (next[i] >= 0) sum += discount * probability[i] * x[next[i]];
        }
        off = Math.max(off, Math.abs(sum - x[s]));
        largest = Math.max(largest, Math.abs(x[s]));
      }
      if (largest > 0) residual = Math.max(residual, off / largest);
      return x;
    },
  };
}

function componentSystem(
  leaves: Float64Array,
  row: RowVisitor,
  largestDense: number,
): ComponentSystem {
  const n = leaves.length;
  if (n <= Math.min(SMALL, largestDense)) return denseSystem(leaves, row);
  const iterative = iterativeSystem(leaves, row);
  return n > largestDense || isQuick(leaves, row, iterative)
    ? iterative
    : denseSystem(leaves, row);
}

/**
 * Whether the component is left so soon that iteration is as good as elimination: the error of a
 * solution is at most the expected number of steps times what the equations are off by. That number
 * is itself a solution, and right to 1 % if its equations are off by less than 0.01.
 */
function isQuick(
  leaves: Float64Array,
  row: RowVisitor,
  system: ComponentSystem,
): boolean {
  const steps = new Float64Array(leaves.length).fill(1);
  system(steps);
  return steps.every((own, k) => {
    let sum = 1 - leaves[k] * own;
    row(k, (column, p) => sum += p * (steps[column] - own));
    return own <= QUICK && Math.abs(sum) < 0.01;
  });
}

function forEachComponent(
  { states, first }: Components,
  visit: (members: Int32Array, component: number) => void,
): void {
  for (let c = 0; c + 1 < first.length; c++) {
    visit(states.subarray(first[c], first[c + 1]), c);
  }
}

/**
 * Eliminates the states of a component in order. What is left of a row after step k is the chain that
 * is only watched in the later states; leaving it is carried along instead of subtracted.
 *
 * @param leaves [n] probability of leaving the component from each state; is overwritten.
 */
function denseSystem(leaves: Float64Array, row: RowVisitor): ComponentSystem {
  const n = leaves.length;
  const p = new Float64Array(n * n);
  for (let k = 0; k < n; k++) row(k, (column, q) => p[k * n + column] += q);
  const pivots = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    let pivot = leaves[k];
    for (let j = k + 1; j < n; j++) pivot += p[k * n + j];
    pivots[k] = pivot;
    const source = p.subarray(k * n, (k + 1) * n);
    for (let i = k + 1; i < n; i++) {
      const target = p.subarray(i * n, (i + 1) * n);
      if (target[k] === 0) continue;
      const factor = target[k] / pivot;
      target[k] = factor;
      leaves[i] += factor * leaves[k];
      for (let j = k + 1; j < n; j++) target[j] += factor * source[j];
    }
  }
  return (b) => {
    for (let i = 1; i < n; i++) {
      let sum = b[i];
      for (let k = 0; k < i; k++) sum += p[i * n + k] * b[k];
      b[i] = sum;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = b[i];
      for (let j = i + 1; j < n; j++) sum += p[i * n + j] * b[j];
      b[i] = sum / pivots[i];
    }
  };
}
