import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { lowestShare } from "../../kernels/lowest_sum.ts";
import { FORBIDDEN } from "../../kernels/portable.ts";
import { InputError } from "../../src/errors.ts";
import {
  actionLayout,
  exclusionThreshold,
} from "../../src/network/decision_rule.ts";
import {
  type NetworkLayout,
  networkLayout,
  packParameters,
  unpackParameters,
} from "../../src/network/layout.ts";
import {
  actionCountOf,
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
} from "../../src/network/policy.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { randomMask, randomRule } from "./random_rule.ts";

/** A network whose outputs are these whatever it sees. */
function constant(outputs: readonly number[]): Float32Array {
  return packParameters(networkLayout([1, outputs.length]), [{
    inputs: 1,
    outputs: outputs.length,
    weight: new Float32Array(outputs.length),
    bias: Float32Array.from(outputs),
  }]);
}

function constants(
  rule: Partial<NetworkPolicy>,
  ...members: readonly (readonly number[])[]
): number[] {
  const policy: NetworkPolicy = {
    network: networkLayout([1, members[0].length]),
    members: members.map(constant),
    outputs: "qValues",
    encoder: null,
    ...rule,
  };
  return [...evaluatePolicy(policy, new Float32Array(1))];
}

Deno.test("each part of a rule, by hand", () => {
  const quantiles = [4, 1, 2, 1, -1, 8, 0, 5];
  deepEqual(constants({ quantiles: 4 }, quantiles), [2, 3]);
  deepEqual(constants({ quantiles: 4, risk: 1 }, quantiles), [2, 3]);
  deepEqual(constants({ quantiles: 4, risk: 0.5 }, quantiles), [1, -0.5]);
  // One whole quantile, and half of the next: (1 + 0.5) / 1.5 and (-1 + 0) / 1.5.
  deepEqual(constants({ quantiles: 4, risk: 0.375 }, quantiles), [
    1,
    Math.fround(-1 * Math.fround(1 / 1.5)),
  ]);
  // Less than one: the lowest alone.
  deepEqual(constants({ quantiles: 4, risk: 0.125 }, quantiles), [1, -1]);
  // Means 2 and 3, deviations 1 and 2; the square root is the portable one.
  const spread = constants({ spread: 0.5 }, [1, 5], [3, 1]);
  ok(Math.abs(spread[0] - 1.5) < 1e-6 && Math.abs(spread[1] - 2) < 1e-6);
  deepEqual(constants({ spread: 9 }, [1, 5]), [1, 5]);
  const hazard = {
    members: [constant([0.5, 0]), constant([0.25, 1])],
    multipliers: [4, 2],
  };
  deepEqual(constants({ hazard }, [1, 5], [3, 1]), [0.75, 2]);
  // No probability is below 0 or above 1.
  const beyond = { members: [constant([-2, 3])], multipliers: [4] };
  deepEqual(constants({ hazard: beyond }, [1, 5]), [1, 1]);
});

Deno.test("a part of a rule that overflows leaves no value, not the value without it", () => {
  const values = [1, 2, 3];
  const imitated = (...logits: number[]) =>
    constants({
      imitator: { members: [constant(logits)], flexibility: 0.5 },
    }, values);
  deepEqual(imitated(Infinity, 0, 0), [NaN, FORBIDDEN, FORBIDDEN]);
  deepEqual(imitated(Infinity, Infinity, 0), [NaN, NaN, FORBIDDEN]);
  deepEqual(imitated(-Infinity, -Infinity, -Infinity), [NaN, NaN, NaN]);
  deepEqual(imitated(-Infinity, 0, NaN), [FORBIDDEN, 2, NaN]);
  const hazardous = (...hazards: number[]) =>
    constants({
      hazard: { members: [constant(hazards)], multipliers: [2] },
    }, values);
  deepEqual(hazardous(NaN, Infinity, -Infinity), [NaN, 0, 3]);
});

Deno.test("an imitator excludes what is not more than so many times as likely", () => {
  const exclude = (flexibility: number, logits: number[]) =>
    constants(
      { imitator: { members: [constant(logits)], flexibility } },
      [3, 2, 1],
    );
  const at = exclusionThreshold(0.3);
  ok(Math.abs(at - Math.log(0.3)) < 1e-6);
  // At the threshold itself an action is excluded.
  deepEqual(exclude(0.3, [at, 0, -1]), [FORBIDDEN, 2, 1]);
  deepEqual(exclude(0.3, [Math.fround(at + 1e-6), 0, -2]), [3, 2, FORBIDDEN]);
  deepEqual(exclude(0, [-1e30, 0, 1e30]), [3, 2, 1]);
  deepEqual(exclude(0.999, [0, 0, -1]), [3, 2, FORBIDDEN]);
  // Not even the least positive number is like 0 to the portable logarithm.
  equal(exclusionThreshold(1e-300), FORBIDDEN);
});

Deno.test("the likeliest action is one of those allowed", () => {
  const policy: NetworkPolicy = {
    network: networkLayout([1, 3]),
    members: [constant([1, 2, 3])],
    outputs: "qValues",
    encoder: null,
    masked: true,
    imitator: { members: [constant([9, 1, 0])], flexibility: 0.5 },
  };
  const values = (...allowed: number[]) => [
    ...evaluatePolicy(policy, new Float32Array(1), Uint8Array.from(allowed)),
  ];
  deepEqual(values(1, 1, 1), [1, FORBIDDEN, FORBIDDEN]);
  deepEqual(values(0, 1, 1), [1, 2, FORBIDDEN]);
  deepEqual(values(0, 0, 1), [1, 2, 3]);
  throws(() => values(1, 1), InputError);
});

/** What a policy's rule says, in f64 and written plainly: [actions] of one observation. */
function oracle(
  policy: NetworkPolicy,
  observation: Float32Array,
  allowed: Uint8Array,
): number[] {
  const { network, quantiles, risk = 1, spread = 0, imitator, hazard } = policy;
  const actions = actionCountOf(policy);
  const beside = actionLayout(network, actions);
  const run = (layout: NetworkLayout, parameters: Float32Array) =>
    unpackParameters(layout, parameters).reduce<number[]>(
      (input, { weight, bias, outputs }, l, { length }) =>
        Array.from(bias, (start, o) => {
          const sum = input.reduce(
            (sum, x, i) => sum + x * weight[i * outputs + o],
            start,
          );
          return l + 1 < length ? Math.max(sum, 0) : sum;
        }),
      [...observation],
    );
  const mean = (xs: readonly number[]) =>
    xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const values = policy.members.map((parameters, m) => {
    const outputs = run(network, parameters);
    const own = quantiles === undefined
      ? outputs
      : Array.from({ length: actions }, (_, a) => {
        const sorted = outputs.slice(a * quantiles, (a + 1) * quantiles)
          .sort((x, y) => x - y);
        // The integral of the quantile function from 0 to risk, over risk.
        return sorted.reduce((sum, z, k) => {
          const width = Math.min(1, Math.max(0, risk * quantiles - k));
          return sum + width * z;
        }, 0) / (risk * quantiles);
      });
    if (!hazard) return own;
    const hazards = run(beside, hazard.members[m]);
    return own.map((q, a) =>
      q - hazard.multipliers[m] * Math.min(1, Math.max(0, hazards[a]))
    );
  });
  const decided = values[0].map((_, a) => {
    const own = values.map((member) => member[a]);
    const variance = mean(own.map((x) => (x - mean(own)) ** 2));
    return mean(own) - spread * Math.sqrt(variance);
  });
  if (!imitator) return decided;
  const each = imitator.members.map((parameters) => run(beside, parameters));
  const logits = each[0].map((_, a) => mean(each.map((own) => own[a])));
  const most = Math.max(...logits.filter((_, a) => allowed[a] === 1));
  return decided.map((value, a) =>
    logits[a] - most <= Math.log(imitator.flexibility) ? FORBIDDEN : value
  );
}

Deno.test("random rules with masks, against f64", () => {
  const seed = 31;
  console.log(`seed ${seed}`);
  const random = randomStream(seed, "test/decision-rule");
  let excluded = 0;
  for (let round = 0; round < 200; round++) {
    const policy = randomRule(random);
    const actions = actionCountOf(policy);
    const rows = 5;
    const allowed = randomMask(rows, actions, random);
    const observations = new Float32Array(2 * rows)
      .map(() => 4 * random.uniform() - 2);
    const values = evaluatePolicy(policy, observations, allowed);
    equal(values.length, rows * actions);
    for (let row = 0; row < rows; row++) {
      const own = allowed.subarray(row * actions, (row + 1) * actions);
      const expected = oracle(
        policy,
        observations.subarray(2 * row, 2 * row + 2),
        own,
      );
      expected.forEach((value, a) => {
        const found = values[row * actions + a];
        const what = `round ${round}, row ${row}, action ${a}`;
        if (value === FORBIDDEN || found === FORBIDDEN) {
          excluded++;
          equal(found, value, what);
        } else {
          const size = Math.max(1, Math.abs(value));
          ok(
            Math.abs(found - value) <= 1e-4 * size,
            `${what}: ${found}, ${value}`,
          );
        }
      });
    }
    // What is excluded is not chosen.
    greedyActions(values, actions, allowed).forEach((action, row) =>
      ok(values[row * actions + action] !== FORBIDDEN)
    );
  }
  ok(excluded > 100);
});

Deno.test("a rule that does not fit its networks is refused in one line", () => {
  const members = [[1, 2, 3, 4]];
  const beside = constant([1, 2, 3, 4]);
  const refusal = (rule: Partial<NetworkPolicy>) => {
    try {
      constants(rule, ...members);
    } catch (error) {
      ok(error instanceof InputError);
      return error.message;
    }
  };
  const cases: [Partial<NetworkPolicy>, string][] = [
    [{ quantiles: 3 }, "4 outputs are not those of 3 quantiles"],
    [{ quantiles: 0 }, "4 outputs are not those of 0 quantiles"],
    [{ quantiles: 1.5 }, "4 outputs are not those of 1.5 quantiles"],
    [{ risk: 0.5 }, "risk is of quantiles, and there are none"],
    [{ quantiles: 2, risk: 0 }, "risk is 0, not above 0 and at most 1"],
    [{ quantiles: 2, risk: NaN }, "risk is NaN, not above 0 and at most 1"],
    [{ spread: -1 }, "spread is -1, not a number from 0 to 1000000"],
    [
      { imitator: { members: [], flexibility: 0 } },
      "the imitator has no network",
    ],
    [
      { imitator: { members: [beside], flexibility: 1 } },
      "flexibility is 1, not from 0 and below 1",
    ],
    [
      { imitator: { members: [beside.subarray(4)], flexibility: 0 } },
      "a network's parameters: has 4 entries where 8 are needed",
    ],
    [
      { hazard: { members: [beside, beside], multipliers: [1, 1] } },
      "2 networks and 2 multipliers of the hazard for 1 members",
    ],
    [
      { hazard: { members: [beside], multipliers: [] } },
      "1 networks and 0 multipliers of the hazard for 1 members",
    ],
    [
      { hazard: { members: [beside], multipliers: [-1] } },
      "a multiplier is not a number from 0",
    ],
  ];
  for (const [rule, line] of cases) equal(refusal(rule), line);
});

Deno.test("the lowest share of quantiles is whole ones and a fraction", () => {
  deepEqual(lowestShare(8, 0.25), { whole: 2, fraction: 0, scale: 0.5 });
  deepEqual(lowestShare(4, 0.625), {
    whole: 2,
    fraction: 0.5,
    scale: Math.fround(1 / 2.5),
  });
  deepEqual(lowestShare(4, 1), { whole: 4, fraction: 0, scale: 0.25 });
});
