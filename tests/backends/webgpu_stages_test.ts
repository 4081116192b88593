import assert from "node:assert/strict";
import { KERNELS } from "../../kernels/mod.ts";
import { planLayout } from "../../kernels/plan.ts";
import { isOfRows } from "../../kernels/wgsl.ts";
import { withFunctions } from "../../kernels/wgsl_access.ts";
import { type Call, call, view } from "../../src/algorithms/program.ts";
import { randomTask, type Shape } from "../../src/backends/random_task.ts";
import { mapMemory } from "../../src/backends/webgpu_memory.ts";
import { type Stage, stages } from "../../src/backends/webgpu_stages.ts";
import { randomStream } from "../../src/numerics/random.ts";

/** Storage buffers of a stage that WebGPU promises, less the plan and the arguments. */
const MEMORIES = 8 - 2;

/** Stages of a step of a shape. */
function stepOf(shape: Partial<Shape>, waits: boolean): Stage[] {
  const { program, observations, tables, state } = randomTask(
    {
      algorithm: "cql",
      inputs: 2,
      hidden: [256, 256],
      actions: 4,
      batchSize: 16,
      runs: 2,
      interval: 1000,
      episodes: 60,
      ...shape,
    },
    11,
    5,
  );
  const shared = Object.entries({ observations, ...tables });
  const { places } = mapMemory(
    program,
    state.runs,
    new Map(shared.map(([name, { length }]) => [name, length])),
    2 ** 25,
  );
  return stages(
    program.step,
    program.plan,
    (name) => places.get(name)!.memory,
    MEMORIES,
    waits,
  );
}

const CRITICS = [
  { criticCount: 3, quantiles: 0, risk: 1 },
  { criticCount: 1, quantiles: 8, risk: 1 },
  { criticCount: 2, quantiles: 32, risk: 0.1 },
];

Deno.test("a step is four dispatches, of SAC seven, whatever it looks up, masks or trains", () => {
  for (
    const algorithm of [
      "bc",
      "cql",
      "dqn",
      "doubleDqn",
      "iql",
      "bcq",
      "sac",
      "budgetedCql",
      "fqe",
    ] as const
  ) {
    for (const masked of [false, true]) {
      for (const interval of [2, 1000]) {
        const kinds = ["cql", "dqn", "doubleDqn"].includes(algorithm)
          ? [undefined, ...CRITICS]
          : [undefined];
        for (const critics of kinds) {
          const shape = { algorithm, masked, interval, critics };
          const about = JSON.stringify(shape);
          const count = algorithm === "sac" ? 7 : 4;
          assert.equal(stepOf(shape, true).length, count, about);
        }
      }
    }
  }
  // Nor do the number of networks and the depth matter.
  const critics = { criticCount: 16, quantiles: 0, risk: 1 };
  assert.equal(stepOf({ hidden: [8], critics }, true).length, 4);
  assert.equal(stepOf({ hidden: [8, 8, 8, 8, 8] }, true).length, 4);
});

Deno.test("what the dispatches of a CQL step are", () => {
  const { step } = randomTask(
    {
      algorithm: "cql",
      inputs: 2,
      hidden: [256, 256],
      actions: 4,
      batchSize: 16,
      runs: 1,
      interval: 1000,
      episodes: 60,
    },
    11,
    5,
  ).program;
  const kernels = (waits: boolean) =>
    stepOf({ runs: 1 }, waits).map(({ calls }) =>
      calls.map(({ index }) => step[index].kernel)
    );
  const weightGradients = [
    "mean_losses",
    "layer_weight_gradient",
    "layer_weight_gradient",
    "layer_weight_gradient",
  ];
  assert.deepEqual(kernels(true), [
    [
      "gather_rows",
      "layer_forward",
      "layer_forward",
      "layer_forward",
      "softmax_rows",
      "transpose",
      "transpose",
    ],
    ["q_samples", "loss_rows", "layer_input_gradient", "layer_input_gradient"],
    weightGradients,
    ["adam"],
  ]);
  assert.deepEqual(kernels(false), [
    ["gather_rows", "transpose", "transpose"],
    ["layer_forward"],
    ["layer_forward"],
    ["layer_forward"],
    ["softmax_rows"],
    ["q_samples"],
    ["loss_rows", "mean_losses"],
    ["layer_input_gradient", "layer_weight_gradient"],
    ["layer_input_gradient", "layer_weight_gradient"],
    ["layer_weight_gradient"],
    ["adam"],
  ]);
});

/** Whether one of two calls writes what the other touches, and whether both only touch their own rows of it. */
function conflictOf(
  a: Call,
  b: Call,
): { conflict: boolean; ownRows: boolean } {
  let conflict = false;
  let ownRows = true;
  for (const [i, { buffer }] of Object.entries(a.buffers)) {
    for (const [j, other] of Object.entries(b.buffers)) {
      const [first, second] = [KERNELS[a.kernel], KERNELS[b.kernel]];
      if (buffer !== other.buffer) continue;
      if (first.buffers[i] === "read" && second.buffers[j] === "read") continue;
      conflict = true;
      ownRows &&= first.ownRows?.includes(i) === true &&
        second.ownRows?.includes(j) === true;
    }
  }
  return { conflict, ownRows };
}

Deno.test("stages of random calls keep every order that matters", () => {
  const seed = 2 ** 32 * Math.random() >>> 0;
  const random = randomStream(seed, "stages");
  const names = Object.keys(KERNELS).filter((name) =>
    !KERNELS[name].ownRowsWithoutTable && !KERNELS[name].extents
  );
  for (let round = 0; round < 300; round++) {
    const buffers = 2 + random.integer(12);
    const calls = Array.from({ length: 1 + random.integer(20) }, () => {
      const kernel = KERNELS[names[random.integer(names.length)]];
      const { numbers } = kernel.example({
        inputs: 8,
        outputs: 8,
        actions: 4,
        quantiles: 2,
        batchSize: 5,
        rowCapacity: 10,
        tableRows: 20,
        choose: (values) => values[random.integer(values.length)],
      });
      const views = Object.keys(kernel.buffers).map((key) => [
        key,
        view(`b${random.integer(buffers)}`),
      ]);
      return call(kernel.name, Object.fromEntries(views), numbers);
    });
    const most = 6 + random.integer(4);
    const waits = random.integer(2) === 0;
    const all = stages(
      calls,
      planLayout(5, 10),
      (name) => Number(name.slice(1)) % 9,
      most,
      waits,
    );
    const about = `seed ${seed}, round ${round}`;
    // When each call is done: its stage, its place there, and how often the stage waited before.
    const done = new Map<number, [stage: number, waited: number]>();
    all.forEach(({ calls: staged, memories }, stage) => {
      assert.ok(memories.length <= most, about);
      let waited = 0;
      for (const { index, waits } of staged) {
        if (waits) waited++;
        assert.ok(!done.has(index), about);
        done.set(index, [stage, waited]);
      }
    });
    assert.equal(done.size, calls.length, about);
    calls.forEach((later, j) => {
      for (const [i, earlier] of calls.slice(0, j).entries()) {
        const { conflict, ownRows } = conflictOf(earlier, later);
        if (!conflict) continue;
        const [[stage, waited], [stageAfter, waitedAfter]] = [
          done.get(i)!,
          done.get(j)!,
        ];
        const isOrdered = stage < stageAfter ||
          stage === stageAfter && ownRows && waited < waitedAfter &&
            isOfRows(KERNELS[earlier.kernel]) &&
            isOfRows(KERNELS[later.kernel]);
        assert.ok(isOrdered, `${about}: ${earlier.kernel}, ${later.kernel}`);
      }
    });
  }
});

Deno.test("accesses to buffers become calls of functions", () => {
  const of = (source: string) => withFunctions(source, ["a", "values"], 3);
  assert.equal(of("let x = a[i];"), "let x = load_a_3(i);");
  assert.equal(of("a[i] = x;"), "store_a_3(i, x);");
  assert.equal(
    of("values[at[k] + a[i]] = f(values[a[0]][1], b[2]);"),
    "store_values_3(at[k] + load_a_3(i), f(load_values_3(load_a_3(0))[1], b[2]));",
  );
  assert.equal(
    of("if (a[i] == values[j]) { firstValues[1] = a[2]; }"),
    "if (load_a_3(i) == load_values_3(j)) { firstValues[1] = load_a_3(2); }",
  );
});
