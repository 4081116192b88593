import assert from "node:assert/strict";
import { type PolicyChain, policyChain } from "../../src/mdp/chain.ts";
import { connectedComponents } from "../../src/mdp/components.ts";
import { chainSystem } from "../../src/mdp/solve.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { type Entry, worldOf } from "./small.ts";

const ENDS = Uint8Array.of(0, 1);

function chainOf(states: number, entries: readonly Entry[]): PolicyChain {
  return policyChain(
    worldOf([states, 1], entries),
    new Int32Array(states),
    null,
  );
}

function close(actual: number, expected: number, tolerance = 1e-13): void {
  const error = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
  assert.ok(error <= tolerance, `${actual} is not ${expected}`);
}

/** A fair game between 0 and n: states 1 … n - 1 as 0 … n - 2. */
function ruin(n: number): PolicyChain {
  const entries: Entry[] = [];
  for (let k = 1; k < n; k++) {
    for (const to of [k - 1, k + 1]) {
      const ends = to === 0 || to === n;
      entries.push([k - 1, 0, 0.5, ends ? k - 1 : to - 1, 0, ends ? 1 : 0]);
    }
  }
  return chainOf(n - 1, entries);
}

Deno.test("the gambler's ruin, by elimination and by iteration", () => {
  for (
    const [n, largestDense] of [[2, 9], [8, 9], [90, 99], [90, 9], [1500, 9]]
  ) {
    const chain = ruin(n);
    const system = chainSystem(chain, ENDS, [0], 1, largestDense);
    const lengths = system.solve(new Float64Array(n - 1).fill(1));
    const wins = new Float64Array(n - 1);
    wins[n - 2] = 0.5;
    const won = system.solve(wins);
    for (let k = 1; k < n; k++) {
      close(lengths[k - 1], k * (n - k), 1e-11);
      close(won[k - 1], k / n, 1e-11);
    }
    assert.ok(system.residual < 1e-15 && !system.neverEnds);
  }
});

Deno.test("an episode of 2e20 steps has its length", () => {
  const chain = chainOf(2, [
    [0, 0, 1, 1, 0],
    [1, 0, 1 - 1e-20, 0, 0],
    [1, 0, 1e-20, 1, 0, 1],
  ]);
  const system = chainSystem(chain, ENDS, [0], 1);
  close(system.solve(Float64Array.of(1, 1))[0], 2e20, 1e-15);
});

Deno.test("elimination and iteration agree on random chains, discounted and not", () => {
  const seed = 11;
  console.log(`seed ${seed}`);
  const stream = randomStream(seed, "chains");
  const n = 120;
  const entries: Entry[] = [];
  for (let s = 0; s < n; s++) {
    for (let k = 0; k < 5; k++) {
      const ends = stream.uniform() < 0.02 || s === k;
      entries.push([s, 0, 0.2, stream.integer(n), 0, ends ? 1 : 0]);
    }
  }
  const chain = chainOf(n, entries);
  const b = Float64Array.from({ length: n }, () => stream.uniform() - 0.5);
  const roots = Array.from(b.keys());
  for (const discount of [1, 0.9, 0]) {
    const exact = chainSystem(chain, ENDS, roots, discount);
    const iterated = chainSystem(chain, ENDS, roots, discount, 1);
    const [x, y] = [exact.solve(b), iterated.solve(b)];
    for (let s = 0; s < n; s++) {
      close(x[s], y[s], 1e-11);
      let sum = b[s];
      for (let i = 5 * s; i < 5 * s + 5; i++) {
        if (chain.outcome[i] === 0) {
          sum += discount * 0.2 * x[chain.nextState[i]];
        }
      }
      close(x[s], sum, 1e-12);
    }
  }
});

Deno.test("what is never left is closed, and worth nothing more", () => {
  const chain = chainOf(4, [
    [0, 0, 0.5, 1, 0],
    [0, 0, 0.5, 2, 0],
    [1, 0, 1, 1, 0],
    [2, 0, 0.5, 3, 0],
    [2, 0, 0.5, 2, 0, 1],
    [3, 0, 1, 2, 0],
  ]);
  const system = chainSystem(chain, ENDS, [0], 1);
  assert.deepEqual([...system.closed], [0, 1, 0, 0]);
  assert.equal(system.neverEnds, true);
  assert.deepEqual([...system.solve(new Float64Array(4).fill(1))], [
    2.5,
    0,
    3,
    4,
  ]);
  // With a discount nothing is closed: 1 / (1 - 0.5) where one stays for ever.
  const discounted = chainSystem(chain, ENDS, [0], 0.5);
  assert.equal(discounted.neverEnds, false);
  assert.equal(discounted.solve(new Float64Array(4).fill(1))[1], 2);
});

Deno.test("components come after those that they lead to", () => {
  // 0 -> 1 <-> 2 -> 3, 4 -> 0; 5 alone.
  const first = Uint32Array.of(0, 1, 2, 4, 4, 5, 6);
  const next = Int32Array.of(1, 2, 1, 3, 0, -1);
  const { states, first: starts, of } = connectedComponents(first, next, [4]);
  assert.deepEqual([...states], [3, 1, 2, 0, 4]);
  assert.deepEqual(starts, [0, 1, 3, 4, 5]);
  assert.deepEqual([...of], [2, 1, 1, 0, 3, -1]);
});
