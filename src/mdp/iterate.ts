/**
 * Large systems of a Markov chain by iteration: BiCGSTAB (van der Vorst 1992, "Bi-CGSTAB: A fast and
 * smoothly converging variant of Bi-CG for the solution of nonsymmetric linear systems") behind an
 * incomplete factorisation without fill, which exists for these matrices (Meijerink and van der Vorst
 * 1977, "An iterative solution method for linear systems of which the coefficient matrix is a symmetric
 * M-matrix"), repeated on what is left until no more is gained.
 *
 * @module
 */

/** One component's part of the system, x = b + P x: takes b, [n], and leaves x in its place. */
export type ComponentSystem = (b: Float64Array) => void;

/** Visits the entries of row k of P, the same column perhaps more than once. */
export type RowVisitor = (
  k: number,
  visit: (column: number, p: number) => void,
) => void;

/** Most iterations of one attempt, and most attempts; each begins with the true residual. */
const ITERATIONS = 500;
const ATTEMPTS = 40;
/** What an attempt aims at: this share of the residual that it begins with. */
const GAIN = 1e-8;

/** Mean entries of a row that count as long. */
const LONG_ROW = 24;

/** P without its diagonal, in rows of ascending columns. */
interface SparseRows {
  readonly first: Uint32Array;
  readonly column: Int32Array;
  readonly value: Float64Array;
}

/**
 * Prepares x = b + P x for a component.
 *
 * @param leaves [n] probability of leaving the component from each state.
 */
export function iterativeSystem(
  leaves: Float64Array,
  row: RowVisitor,
): ComponentSystem {
  const rows = gatherRows(leaves.length, row);
  const diagonal = leaves.map((p, k) => {
    let sum = p;
    for (let i = rows.first[k]; i < rows.first[k + 1]; i++) {
      sum += rows.value[i];
    }
    return sum;
  });
  const precondition = incompleteFactors(rows, diagonal);
  return (b) => solve(rows, leaves, precondition, b);
}

function gatherRows(n: number, row: RowVisitor): SparseRows {
  const first = new Uint32Array(n + 1);
  const sums = new Float64Array(n);
  const columns: Int32Array[] = [];
  const values: Float64Array[] = [];
  for (let k = 0; k < n; k++) {
    const met = new Set<number>();
    row(k, (column, p) => {
      if (column === k) return;
      met.add(column);
      sums[column] += p;
    });
    const sorted = Int32Array.from(met).sort();
    columns.push(sorted);
    values.push(Float64Array.from(sorted, (column) => sums[column]));
    for (const column of sorted) sums[column] = 0;
    first[k + 1] = first[k] + sorted.length;
  }
  const column = new Int32Array(first[n]);
  const value = new Float64Array(first[n]);
  columns.forEach((part, k) => column.set(part, first[k]));
  values.forEach((part, k) => value.set(part, first[k]));
  return { first, column, value };
}

/**
 * ILU(0) of diagonal - P, in the pattern of P (Saad 2003, "Iterative Methods for Sparse Linear
 * Systems", algorithm 10.4); symmetric Gauss-Seidel (section 10.2), which eliminates nothing, where
 * rows are so long that elimination would cost more than it saves.
 *
 * @returns Applies the inverse of the product in place.
 */
function incompleteFactors(
  { first, column, value }: SparseRows,
  diagonal: Float64Array,
): (x: Float64Array) => void {
  const n = diagonal.length;
  // -P: lower factors left of the diagonal, upper ones right of it.
  const factor = value.map((p) => -p);
  const pivot = diagonal.slice();
  const upper = new Uint32Array(n);
  const place = new Int32Array(n).fill(-1);
  const eliminates = column.length <= LONG_ROW * n;
  for (let i = 0; i < n; i++) {
    let u = first[i];
    while (u < first[i + 1] && column[u] < i) u++;
    upper[i] = u;
    for (let e = first[i]; e < first[i + 1]; e++) place[column[e]] = e;
    for (let e = first[i]; e < u; e++) {
      const k = column[e];
      const f = factor[e] / pivot[k];
      factor[e] = f;
      if (!eliminates) continue;
      for (let m = upper[k]; m < first[k + 1]; m++) {
        const at = column[m] === i ? -2 : place[column[m]];
        if (at >= 0) factor[at] -= f * factor[m];
        else if (at === -2) pivot[i] -= f * factor[m];
      }
    }
    for (let e = first[i]; e < first[i + 1]; e++) place[column[e]] = -1;
  }
  return (x) => {
    for (let i = 0; i < n; i++) {
      let sum = x[i];
      for (let e = first[i]; e < upper[i]; e++) sum -= factor[e] * x[column[e]];
      x[i] = sum;
    }
    for (let i = n - 1; i >= 0; i--) {
      let sum = x[i];
      for (let e = upper[i]; e < first[i + 1]; e++) {
        sum -= factor[e] * x[column[e]];
      }
      x[i] = sum / pivot[i];
    }
  };
}

/** Solves in place. */
function solve(
  rows: SparseRows,
  leaves: Float64Array,
  precondition: (x: Float64Array) => void,
  b: Float64Array,
): void {
  const n = b.length;
  const x = new Float64Array(n);
  const left = b.slice();
  let size = largest(left);
  for (let attempt = 0; attempt < ATTEMPTS && size > 0; attempt++) {
    const step = attemptStep(rows, leaves, precondition, left);
    const better = x.map((value, i) => value + step[i]);
    const product = times(rows, leaves, better, new Float64Array(n));
    for (let i = 0; i < n; i++) product[i] = b[i] - product[i];
    const after = largest(product);
    if (!(after < size)) break;
    x.set(better);
    left.set(product);
    const slow = after > size / 2;
    size = after;
    if (slow) break;
  }
  b.set(x);
}

/** BiCGSTAB from 0, preconditioned from the right, until its own residual has shrunk enough. */
function attemptStep(
  rows: SparseRows,
  leaves: Float64Array,
  precondition: (x: Float64Array) => void,
  b: Float64Array,
): Float64Array {
  const n = b.length;
  const x = new Float64Array(n);
  const r = b.slice();
  const shadow = b.slice();
  const p = b.slice();
  const v = new Float64Array(n);
  const t = new Float64Array(n);
  const ahead = new Float64Array(n);
  const goal = GAIN * largest(b);
  let rho = dot(shadow, r);
  for (let k = 0; k < ITERATIONS; k++) {
    ahead.set(p);
    precondition(ahead);
    times(rows, leaves, ahead, v);
    const alpha = rho / dot(shadow, v);
    if (!Number.isFinite(alpha)) break;
    for (let i = 0; i < n; i++) {
      x[i] += alpha * ahead[i];
      r[i] -= alpha * v[i];
    }
    if (largest(r) <= goal) break;
    ahead.set(r);
    precondition(ahead);
    times(rows, leaves, ahead, t);
    const omega = dot(t, r) / dot(t, t);
    if (!Number.isFinite(omega)) break;
    for (let i = 0; i < n; i++) {
      x[i] += omega * ahead[i];
      r[i] -= omega * t[i];
    }
    if (largest(r) <= goal) break;
    const before = rho;
    rho = dot(shadow, r);
    const beta = rho / before * (alpha / omega);
    if (!Number.isFinite(beta) || beta === 0) break;
    for (let i = 0; i < n; i++) p[i] = r[i] + beta * (p[i] - omega * v[i]);
  }
  return x;
}

/** (1 - P) x, by differences: what a state shares with those it leads to drops out unrounded. */
function times(
  { first, column, value }: SparseRows,
  leaves: Float64Array,
  x: Float64Array,
  product: Float64Array,
): Float64Array {
  for (let i = 0; i < x.length; i++) {
    const own = x[i];
    let sum = leaves[i] * own;
    for (let e = first[i]; e < first[i + 1]; e++) {
      sum += value[e] * (own - x[column[e]]);
    }
    product[i] = sum;
  }
  return product;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function largest(x: Float64Array): number {
  let most = 0;
  for (const value of x) most = Math.max(most, Math.abs(value));
  return most;
}
