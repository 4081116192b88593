import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { behaviourPolicy } from "../../src/environments/gridworld.ts";
import { lowerTailMean } from "../../src/mdp/distribution.ts";
import { unsafeByState, valueByState } from "../../src/mdp/by_state.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import {
  type GridworldConfig,
  gridworldMdp,
  resolveGridworld,
} from "../../src/environments/gridworld.ts";
import { pointStart } from "../../src/mdp/build.ts";
import {
  type FiniteMdp,
  outcomeByState,
  startStates,
} from "../../src/mdp/mdp.ts";
import { optimalActions } from "../../src/mdp/optimal.ts";
import { greedyPolicy } from "../../src/mdp/policy.ts";
import { sampleIndex } from "../../src/mdp/sampling.ts";
import { randomStream } from "../../src/numerics/random.ts";

const small: GridworldConfig = {
  size: 3,
  maxSteps: 5,
  slipProbability: 0.3,
  start: [0, 0],
  goal: [2, 2],
  hazards: [[0, 2], [1, 1]],
};
const standard: GridworldConfig = {
  size: 15,
  maxSteps: 80,
  slipProbability: 0.05,
  start: [0, 0],
  goal: [14, 14],
  hazards: null,
};

function close(actual: number | null, expected: number): void {
  assert.ok(actual !== null);
  const error = Math.abs(actual - expected);
  assert.ok(
    error <= 1e-10 * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );
}

/** Walks every trajectory one by one. */
function enumerate(mdp: FiniteMdp, policy: Float64Array) {
  const { stateCount, actionCount, outcomeOffsets, horizon } = mdp;
  const perStep = policy.length === stateCount * actionCount
    ? 0
    : stateCount * actionCount;
  const returns = new Map<number, number>();
  const ended = [0, 0, 0];
  let length = 0;
  const walk = (
    s: number,
    step: number,
    p: number,
    sum: number,
    ending: number,
  ) => {
    if (ending !== 0 || step === horizon) {
      returns.set(sum, (returns.get(sum) ?? 0) + p);
      ended[ending] += p;
      length += p * step;
      return;
    }
    for (let a = 0; a < actionCount; a++) {
      const chosen = policy[perStep * step + s * actionCount + a];
      if (chosen === 0) continue;
      const pair = s * actionCount + a;
      for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
        const q = p * chosen * mdp.probability[i];
        if (q > 0) {
          walk(
            mdp.nextState[i],
            step + 1,
            q,
            sum + mdp.reward[i],
            mdp.outcome[i],
          );
        }
      }
    }
  };
  mdp.start.forEach((p, s) => p > 0 && walk(s, 0, p, 0, 0));
  return { atoms: [...returns].sort((a, b) => a[0] - b[0]), ended, length };
}

function agreesWithEnumeration(mdp: FiniteMdp, policy: Float64Array): void {
  const exact = evaluateExactly(mdp, policy);
  const { atoms, ended, length } = enumerate(mdp, policy);
  assert.deepEqual(
    [...exact.distribution!.returns],
    atoms.map(([value]) => value),
  );
  atoms.forEach(([, p], i) => close(exact.distribution!.probabilities[i], p));
  const mean = atoms.reduce((sum, [value, p]) => sum + value * p, 0);
  const variance = atoms.reduce(
    (sum, [value, p]) => sum + (value - mean) ** 2 * p,
    0,
  );
  close(exact.returnMean, mean);
  close(exact.returnStd, Math.sqrt(variance));
  close(exact.timeoutProbability, ended[0]);
  close(exact.outcomes.hazard, ended[1]);
  close(exact.outcomes.goal, ended[2]);
  close(exact.unsafeProbability, ended[1]);
  close(exact.lengthMean, length);
  for (
    const [share, cvar] of [[0.1, exact.cvar10], [0.01, exact.cvar1]] as const
  ) {
    // The definition by the best threshold: max over b of b - E[(b - R)+] / share.
    const bounds = atoms.map(([b]) =>
      b - atoms.reduce((sum, [r, p]) => sum + p * Math.max(0, b - r), 0) / share
    );
    close(cvar, Math.max(...bounds));
  }
}

Deno.test("exact evaluation agrees with the enumeration of every trajectory", () => {
  const world = resolveGridworld(small, 0);
  const mdp = gridworldMdp(world);
  agreesWithEnumeration(mdp, behaviourPolicy(world, 0.4));
  agreesWithEnumeration(mdp, greedyPolicy(optimalActions(mdp), 4));
  const uniform = new Float64Array(36).fill(0.25);
  agreesWithEnumeration(mdp, uniform);
  // Rewards that differ before the end, so that a state is met with several sums.
  const reward = mdp.reward.map((r, i) => r + (i % 3) / 4);
  agreesWithEnumeration({ ...mdp, reward, horizon: 4 }, uniform);
  const start = Float64Array.from(mdp.start, (_, s) => s % 3 === 0 ? 1 / 3 : 0);
  agreesWithEnumeration({ ...mdp, start, horizon: 4 }, uniform);
});

Deno.test("an evaluation without chance", () => {
  const world = resolveGridworld({ ...small, slipProbability: 0 }, 0);
  const mdp = gridworldMdp(world);
  const right = greedyPolicy(new Int32Array(9).fill(1), 4);
  assert.deepEqual(evaluateExactly(mdp, right), {
    returnMean: -5,
    returnStd: 0,
    discount: 1,
    discountedReturnMean: -5,
    discountedReturnStd: 0,
    cvar10: -5,
    cvar1: -5,
    cvar10Bounds: null,
    cvar1Bounds: null,
    outcomes: { hazard: 0, goal: 0 },
    unsafeProbability: 0,
    timeoutProbability: 1,
    neverEndsProbability: 0,
    lengthMean: 5,
    residual: 0,
    distribution: {
      returns: Float64Array.of(-5),
      probabilities: Float64Array.of(1),
    },
  });
  const path = new Int32Array(9).fill(1);
  path.fill(0, 6);
  const { returnMean, outcomes, lengthMean } = evaluateExactly(
    mdp,
    greedyPolicy(path, 4),
  );
  assert.deepEqual([returnMean, outcomes.goal, lengthMean], [47, 1, 4]);
  assert.throws(() => evaluateExactly(mdp, new Float64Array(35)), InputError);
});

Deno.test("value and hazard by state are those of an episode that starts there", () => {
  const world = resolveGridworld({ ...small, size: 5, maxSteps: 12 }, 0);
  const mdp = gridworldMdp(world);
  const endings = outcomeByState(mdp);
  const policies = [
    behaviourPolicy(world, 0.3),
    greedyPolicy(optimalActions(mdp), 4),
  ];
  for (const policy of policies) {
    const hazard = unsafeByState(mdp, policy);
    const value = valueByState(mdp, policy);
    for (let startState = 0; startState < 25; startState++) {
      const start = pointStart(25, startState);
      const exact = evaluateExactly({ ...mdp, start }, policy);
      close(
        hazard[startState],
        [exact.unsafeProbability, 1, 0][endings[startState]],
      );
      close(value[startState], exact.returnMean!);
    }
  }
});

Deno.test("the mean of the lower tail, by hand", () => {
  const values = Float64Array.of(-10, 0, 10);
  const probabilities = Float64Array.of(0.05, 0.25, 0.7);
  assert.equal(lowerTailMean(values, probabilities, 0.05), -10);
  assert.equal(lowerTailMean(values, probabilities, 0.01), -10);
  assert.equal(lowerTailMean(values, probabilities, 0.1), -5);
  close(lowerTailMean(values, probabilities, 0.5), (-0.5 + 2) / 0.5);
  close(lowerTailMean(values, probabilities, 1), 6.5);
});

Deno.test("200,000 rollouts agree with the exact values within 4 standard errors", () => {
  const seed = 7;
  console.log(`seed ${seed}`);
  const world = resolveGridworld(standard, seed);
  const mdp = gridworldMdp(world);
  const policy = behaviourPolicy(world, 0.22);
  const exact = evaluateExactly(mdp, policy);
  const stream = randomStream(seed, "check");
  const n = 200_000;
  const ended = [0, 0, 0];
  let sum = 0;
  let squares = 0;
  let steps = 0;
  let stepSquares = 0;
  const counts = new Map<number, number>();
  for (let episode = 0; episode < n; episode++) {
    let [s] = startStates(mdp);
    let ending = 0;
    let total = 0;
    let step = 0;
    for (; step < mdp.horizon! && ending === 0; step++) {
      const row = (s * 4 + sampleIndex(policy, s * 4, 4, stream)) * 4;
      const i = row + sampleIndex(mdp.probability, row, 4, stream);
      s = mdp.nextState[i];
      ending = mdp.outcome[i];
      total += mdp.reward[i];
    }
    ended[ending]++;
    sum += total;
    squares += total * total;
    steps += step;
    stepSquares += step * step;
    counts.set(total, (counts.get(total) ?? 0) + 1);
  }
  const within = (
    name: string,
    measured: number,
    expected: number,
    std: number,
  ) => {
    const error = Math.abs(measured - expected) / (std / Math.sqrt(n));
    assert.ok(
      error < 4,
      `${name}: ${measured} is ${error} standard errors from ${expected}`,
    );
  };
  const rate = (p: number) => Math.sqrt(p * (1 - p));
  within("return", sum / n, exact.returnMean!, exact.returnStd!);
  within(
    "hazard",
    ended[1] / n,
    exact.outcomes.hazard,
    rate(exact.outcomes.hazard),
  );
  within(
    "goal",
    ended[2] / n,
    exact.outcomes.goal,
    rate(exact.outcomes.goal),
  );
  const lengthStd = Math.sqrt(stepSquares / n - (steps / n) ** 2);
  within("length", steps / n, exact.lengthMean!, lengthStd);
  const std = Math.sqrt(squares / n - (sum / n) ** 2);
  assert.ok(
    Math.abs(std / exact.returnStd! - 1) < 0.01,
    `${std} is not ${exact.returnStd}`,
  );
  // Every return that has happened can happen, and the frequent ones as often as stated.
  for (const [value, count] of counts) {
    const i = exact.distribution!.returns.indexOf(value);
    assert.ok(i >= 0, `${value} has no probability`);
    const p = exact.distribution!.probabilities[i];
    if (p > 0.001) {
      const error = Math.abs(count / n - p) / (rate(p) / Math.sqrt(n));
      assert.ok(error < 4.5, `return ${value}: ${error} standard errors off`);
    }
  }
});

Deno.test("a distribution that would take too much work is left out, and nothing else", () => {
  const { mdp, policy } = {
    mdp: gridworldMdp(resolveGridworld(small, 0)),
    policy: new Float64Array(9 * 4).fill(0.25),
  };
  for (const horizon of [5, null]) {
    const all = evaluateExactly(mdp, policy, { horizon });
    const less = evaluateExactly(mdp, policy, { horizon, mostWork: 100 });
    assert.ok(all.distribution !== null);
    assert.equal(less.distribution, null);
    assert.equal(less.cvar10, null);
    close(less.returnMean, all.returnMean!);
    close(less.returnStd, all.returnStd!);
    assert.deepEqual(less.outcomes, all.outcomes);
    assert.equal(less.lengthMean, all.lengthMean);
  }
});
