import assert from "node:assert/strict";
import {
  type CountedModel,
  countModel,
} from "../../../src/algorithms/tabular/counted_model.ts";
import { withUnseenPairs } from "../../../src/algorithms/tabular/supported.ts";
import { collectDataset } from "../../../src/dataset/collect.ts";
import { makeEnvironment } from "../../../src/run/problem.ts";
import { evaluateExactly } from "../../../src/mdp/exact.ts";
import type { FiniteMdp } from "../../../src/mdp/mdp.ts";
import {
  type Boldness,
  penalisingPlans,
  restrictingPlans,
} from "./learners.ts";

const seed = Math.floor(Math.random() * 2 ** 31);
const gamma = 0.9;
const bold: Boldness = {
  gamma,
  threshold: 1,
  epsilon: 1e6,
  xi: 0,
  kappa: 0,
  width: 0,
};
const middling: Boldness = {
  gamma,
  threshold: 4,
  epsilon: 1,
  xi: 1,
  kappa: 0.1,
  width: 1,
};
const timid: Boldness = {
  ...middling,
  threshold: 1_000_000,
  epsilon: 0,
};

/** Data of worlds with a horizon and without ends, with masks, hazards, random dynamics; behaviour known or counted. */
function* cases(): Generator<
  { name: string; counted: CountedModel; mdp: FiniteMdp }
> {
  for (
    const world of ["randomMdp", "wetChicken", "gridworld", "taxi"] as const
  ) {
    const { mdp, behaviour } = makeEnvironment(
      world,
      world === "taxi" ? { masked: true } : {},
      { seed },
    );
    const data = collectDataset(mdp, behaviour, 6, seed);
    for (const known of [false, true]) {
      yield {
        name: `${world}, behaviour ${
          known ? "known" : "counted"
        }, seed ${seed}`,
        counted: countModel(data, mdp, known ? { behaviour } : {}),
        mdp,
      };
    }
  }
}

/** [S] whether something was done there. */
function visited({ counts, model }: CountedModel): boolean[] {
  const { stateCount, actionCount } = model;
  return Array.from(
    { length: stateCount },
    (_, s) =>
      counts.subarray(s * actionCount, (s + 1) * actionCount).some((n) =>
        n > 0
      ),
  );
}

/** What a policy is worth in the counted model, where pairs without data are worth the least. */
function worth(counted: CountedModel, policy: Float64Array): number {
  return evaluateExactly(withUnseenPairs(counted, gamma), policy, {
    horizon: null,
    discount: gamma,
    mostWork: 0,
  }).discountedReturnMean!;
}

function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  name: string,
): void {
  for (let i = 0; i < actual.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    assert.ok(difference <= 1e-12, `${name}: ${i} differs by ${difference}`);
  }
}

Deno.test("every row is a distribution over what is allowed, and nothing changes the counts", () => {
  for (const { name, counted } of cases()) {
    const before = structuredClone(counted);
    const { stateCount, actionCount, allowed } = counted.model;
    for (const boldness of [bold, middling]) {
      const plans = {
        ...restrictingPlans(boldness),
        ...penalisingPlans(boldness),
      };
      for (const [learner, plan] of Object.entries(plans)) {
        const policy = plan(counted);
        for (let s = 0; s < stateCount; s++) {
          let sum = 0;
          for (let a = 0; a < actionCount; a++) {
            const p = policy[s * actionCount + a];
            assert.ok(p >= 0, `${name}, ${learner}: ${p}`);
            if (allowed?.[s * actionCount + a] === 0) {
              const row = allowed.subarray(
                s * actionCount,
                (s + 1) * actionCount,
              );
              assert.ok(p === 0 || !row.includes(1), `${name}, ${learner}`);
            }
            sum += p;
          }
          assert.ok(Math.abs(sum - 1) < 1e-12, `${name}, ${learner}: ${sum}`);
        }
      }
    }
    assert.deepEqual(counted, before);
  }
});

Deno.test("no freedom leaves the baseline; states without data have it always", () => {
  for (const { name, counted } of cases()) {
    const { actionCount } = counted.model;
    const seen = visited(counted);
    for (const [learner, plan] of Object.entries(restrictingPlans(timid))) {
      const policy = plan(counted);
      for (const s of seen.keys()) {
        const own = (table: Float64Array) =>
          table.subarray(s * actionCount, (s + 1) * actionCount);
        assertClose(own(policy), own(counted.baseline), `${name}, ${learner}`);
      }
    }
    for (const [learner, plan] of Object.entries(restrictingPlans(middling))) {
      const policy = plan(counted);
      for (const s of seen.keys()) {
        if (seen[s]) continue;
        const own = (table: Float64Array) =>
          table.subarray(s * actionCount, (s + 1) * actionCount);
        assertClose(own(policy), own(counted.baseline), `${name}, ${learner}`);
      }
    }
  }
});

Deno.test("without pessimism all plan alike where something was done", () => {
  for (const { name, counted } of cases()) {
    const { actionCount } = counted.model;
    const seen = visited(counted);
    const { maximumLikelihood, ramdp, rmin, lowerBound } = penalisingPlans(
      bold,
    );
    const expected = maximumLikelihood(counted);
    assert.deepEqual(ramdp(counted), expected, name);
    assert.deepEqual(rmin(counted), expected, name);
    // It adds in another order, so rounding may decide ties otherwise.
    const value = worth(counted, expected);
    const bound = worth(counted, lowerBound(counted));
    assert.ok(Math.abs(bound - value) <= 1e-9 * Math.abs(value), name);
    if (name.includes("known")) continue;
    const { spibb, spibbAtMost } = restrictingPlans(bold);
    for (const plan of [spibb, spibbAtMost]) {
      const policy = plan(counted);
      for (const s of seen.keys()) {
        if (!seen[s]) continue;
        const row = [s * actionCount, (s + 1) * actionCount] as const;
        assert.deepEqual(policy.subarray(...row), expected.subarray(...row));
      }
    }
  }
});

Deno.test("in the counted model more freedom is worth more, and never less than the baseline", () => {
  for (const { name, counted } of cases()) {
    const baseline = worth(counted, counted.baseline);
    const slack = 1e-9 * Math.max(1, Math.abs(baseline));
    const grades = [timid, { ...middling, threshold: 8 }, middling, bold].map(
      (boldness) => {
        const { spibb, spibbAtMost, ...soft } = restrictingPlans(boldness);
        for (const [variant, plan] of Object.entries(soft)) {
          const value = worth(counted, plan(counted));
          assert.ok(value >= baseline - slack, `${name}, ${variant}`);
        }
        return [
          worth(counted, spibb(counted)),
          worth(counted, spibbAtMost(counted)),
        ];
      },
    );
    grades.forEach(([kept, atMost], i) => {
      assert.ok(kept >= baseline - slack && atMost >= kept - slack, name);
      if (i === 0) return;
      assert.ok(kept >= grades[i - 1][0] - slack, name);
      assert.ok(atMost >= grades[i - 1][1] - slack, name);
    });
  }
});

Deno.test("Soft-SPIBB keeps to its budget, the advantageous one to the baseline's values", () => {
  for (const { name, counted } of cases()) {
    const { counts, baseline } = counted;
    const { stateCount, actionCount } = counted.model;
    const plans = restrictingPlans(middling);
    const policies = {
      approximate: plans.approximate(counted),
      advantageous: plans.advantageous(counted),
      lower: plans.lower(counted),
    };
    const q = valuesOf(withUnseenPairs(counted, gamma), baseline);
    for (const [variant, policy] of Object.entries(policies)) {
      for (let s = 0; s < stateCount; s++) {
        let spent = 0;
        let gained = 0;
        for (let p = s * actionCount; p < (s + 1) * actionCount; p++) {
          const change = policy[p] - baseline[p];
          const charged = variant === "lower"
            ? Math.max(0, change)
            : Math.abs(change);
          if (charged > 0) {
            spent += charged *
              Math.sqrt(2 * Math.log(2 * counts.length) / counts[p]);
          }
          gained += change * q[p];
        }
        assert.ok(spent <= middling.epsilon + 1e-9, `${name}: ${spent}`);
        if (variant === "advantageous") {
          assert.ok(gained >= -1e-9, `${name}: ${gained}`);
        }
      }
    }
  }
});

/** [S, A] values of a policy by plain iteration. */
function valuesOf(model: FiniteMdp, policy: Float64Array): Float64Array {
  const { stateCount, actionCount, outcomeOffsets } = model;
  const q = new Float64Array(policy.length);
  for (let sweep = 0; sweep < 400; sweep++) {
    const v = Float64Array.from({ length: stateCount }, (_, s) => {
      let sum = 0;
      for (let p = s * actionCount; p < (s + 1) * actionCount; p++) {
        sum += policy[p] * q[p];
      }
      return sum;
    });
    for (let p = 0; p < q.length; p++) {
      q[p] = 0;
      for (let i = outcomeOffsets[p]; i < outcomeOffsets[p + 1]; i++) {
        const after = model.outcome[i] === 0 ? v[model.nextState[i]] : 0;
        q[p] += model.probability[i] * (model.reward[i] + gamma * after);
      }
    }
  }
  return q;
}
