import { deepEqual } from "node:assert/strict";
import {
  decidedPolicy,
  decidingBuffers,
  decidingState,
} from "../../src/algorithms/decided_policy.ts";
import {
  buildProgram,
  configureAlgorithm,
} from "../../src/algorithms/index.ts";
import type { Decision, Program } from "../../src/algorithms/program.ts";
import { networkLayout } from "../../src/network/layout.ts";

/** Two critics, a head of an imitator, and a hazard with its multiplier: of three runs, no two numbers are equal. */
function example() {
  const shape = {
    observationSize: 2,
    hidden: [3],
    actionCount: 4,
    tableRows: 1,
  };
  const program = buildProgram(configureAlgorithm("bc", {}), shape);
  const [first] = program.networks;
  const other = (name: string, layout = first.layout) => ({
    ...first,
    name,
    layout,
    prefix: `${name}.`,
  });
  const decision: Decision = {
    critics: 2,
    quantiles: 2,
    risk: 0.5,
    imitator: { network: "imitator", flexibility: 0.25 },
    hazard: { network: "hazard", multiplier: "multiplier", factor: 1.5 },
  };
  const ruled: Program = {
    ...program,
    decision,
    networks: [
      first,
      other("critic1"),
      other("unrelated"),
      other("imitator", networkLayout([3, 2])),
      other("hazard", networkLayout([2, 3, 2])),
    ],
  };
  let number = 0;
  const runs = 3;
  const buffer = (length: number) =>
    new Float32Array(runs * length).map(() => ++number);
  const buffers = {
    ...Object.fromEntries(
      ruled.networks.map(({ prefix, layout }) => [
        `${prefix}parameters`,
        buffer(layout.parameterCount),
      ]),
    ),
    multiplier: buffer(4),
  } as Record<string, Float32Array>;
  return { program, ruled, runs, buffers };
}

Deno.test("a program's networks become a policy of one run after the other", () => {
  const { ruled, runs, buffers } = example();
  deepEqual(decidingBuffers(ruled), [
    "parameters",
    "critic1.parameters",
    "imitator.parameters",
    "hazard.parameters",
    "multiplier",
  ]);
  // The last two of three runs.
  const part = decidingState(ruled, { runs, buffers }, 1, 2);
  const { members, imitator, hazard, ...others } = decidedPolicy(
    ruled,
    part,
    2,
  );
  const { layout } = ruled.networks[0];
  deepEqual(others, {
    network: layout,
    outputs: "logits",
    quantiles: 2,
    risk: 0.5,
  });
  const of = (name: string, run: number) => {
    const length = buffers[name].length / runs;
    return buffers[name].slice(run * length, (run + 1) * length);
  };
  deepEqual(members, [
    of("parameters", 1),
    of("critic1.parameters", 1),
    of("parameters", 2),
    of("critic1.parameters", 2),
  ]);
  // Hidden layers of the first network, and a head of its own.
  const { offset } = layout.layers[1];
  deepEqual(imitator, {
    flexibility: 0.25,
    members: [1, 2].map((run) =>
      Float32Array.of(
        ...of("parameters", run).slice(0, offset),
        ...of("imitator.parameters", run),
      )
    ),
  });
  deepEqual(hazard, {
    members: [of("hazard.parameters", 1), of("hazard.parameters", 2)],
    multipliers: [1.5 * of("multiplier", 1)[0], 1.5 * of("multiplier", 2)[0]],
  });
});

Deno.test("without a decision the first network is the policy", () => {
  const { program, runs, buffers } = example();
  const part = decidingState(program, { runs, buffers }, 0, 1);
  deepEqual(Object.keys(part), ["parameters"]);
  deepEqual(decidedPolicy(program, part, 1), {
    network: program.networks[0].layout,
    members: [buffers.parameters.slice(0, buffers.parameters.length / 3)],
    outputs: "logits",
  });
});
