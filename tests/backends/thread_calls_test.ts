import assert from "node:assert/strict";
import {
  buildProgram,
  configureAlgorithm,
} from "../../src/algorithms/index.ts";
import {
  type Call,
  call,
  type Program,
  view,
} from "../../src/algorithms/program.ts";
import { phases } from "../../src/backends/phases.ts";
import { threadCalls } from "../../src/backends/thread_calls.ts";

const SHAPE = {
  observationSize: 2,
  hidden: [64, 64],
  actionCount: 4,
  tableRows: 20,
};

/** What threads run of a program's step, phase by phase. */
function phasesOf({ step, state }: Program): string[][] {
  const calls = threadCalls(step, state);
  return phases(calls).map((p) => p.map((c) => calls[c].exported));
}

Deno.test("a step of behaviour cloning waits three times", () => {
  const program = buildProgram(
    configureAlgorithm("bc", { batchSize: 8 }),
    SHAPE,
  );
  assert.deepEqual(phasesOf(program), [
    [
      "gather_rows",
      "layer_forward",
      "layer_forward",
      "layer_forward",
      "softmax_rows",
      "clone_rows",
      "clone_samples",
      "loss_rows",
      "untransposed_input_gradient",
      "untransposed_input_gradient",
    ],
    [
      "mean_losses",
      "layer_weight_gradient",
      "layer_weight_gradient",
      "layer_weight_gradient",
    ],
    ["adam"],
  ]);
});

Deno.test("a step of conservative Q-learning waits four times", () => {
  const program = buildProgram(
    configureAlgorithm("cql", { batchSize: 8, targetUpdateInterval: 10 }),
    SHAPE,
  );
  assert.deepEqual(phasesOf(program), [
    [
      "gather_rows",
      "layer_forward",
      "layer_forward",
      "layer_forward",
      "softmax_rows",
    ],
    [
      "q_samples",
      "loss_rows",
      "untransposed_input_gradient",
      "untransposed_input_gradient",
    ],
    [
      "mean_losses",
      "layer_weight_gradient",
      "layer_weight_gradient",
      "layer_weight_gradient",
    ],
    ["adam"],
  ]);
  assert.equal(phases(program.targetUpdate).length, 1);
  assert.equal(phases(program.sweep).length, 1);
});

Deno.test("transposed weights are made where more than input gradients read them", () => {
  const shape = { inputs: 8, outputs: 8, inputStride: 8, outputStride: 8 };
  const transposed = call("transpose", {
    parameters: view("w", 16),
    output: view("t"),
  }, shape);
  const gradient = call("layer_input_gradient", {
    outputGradient: view("g"),
    transposed: view("t"),
    activation: view("a"),
    gradient: view("i"),
  }, { outputs: 8, inputStride: 8, outputStride: 8 });
  const copied = call("copy", { input: view("t"), output: view("b") }, {
    count: 8,
  });
  const run = (calls: readonly Call[], state: readonly string[] = []) =>
    threadCalls(calls, state).map(({ exported }) => exported);
  const names = ["transpose", "layer_input_gradient"];
  assert.deepEqual(run([transposed, gradient]), [
    "untransposed_input_gradient",
  ]);
  assert.deepEqual(
    threadCalls([transposed, gradient], [])[0].buffers.transposed,
    view("w", 16),
  );
  assert.deepEqual(run([transposed, gradient], ["t"]), names);
  assert.deepEqual(run([transposed, gradient, copied]), [...names, "copy"]);
  assert.deepEqual(run([transposed, transposed, gradient]), [
    "transpose",
    ...names,
  ]);
});
