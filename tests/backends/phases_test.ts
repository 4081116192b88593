import assert from "node:assert/strict";
import {
  buildProgram,
  configureAlgorithm,
} from "../../src/algorithms/index.ts";
import { call, view } from "../../src/algorithms/program.ts";
import { phases } from "../../src/backends/phases.ts";

const SHAPE = {
  observationSize: 2,
  hidden: [64, 64],
  actionCount: 4,
  tableRows: 20,
};

Deno.test("a step of behaviour cloning waits four times", () => {
  const { step } = buildProgram(
    configureAlgorithm("bc", { batchSize: 8 }),
    SHAPE,
  );
  assert.deepEqual(phases(step).map((p) => p.map((c) => step[c].kernel)), [
    [
      "gather_rows",
      "layer_forward",
      "layer_forward",
      "layer_forward",
      "softmax_rows",
      "clone_rows",
      "clone_samples",
      "loss_rows",
      "transpose",
      "transpose",
    ],
    [
      "mean_losses",
      "layer_input_gradient",
      "layer_weight_gradient",
      "layer_input_gradient",
    ],
    ["layer_weight_gradient", "layer_weight_gradient"],
    ["adam"],
  ]);
});

Deno.test("a step of conservative Q-learning waits four times", () => {
  const { step, targetUpdate, sweep } = buildProgram(
    configureAlgorithm("cql", { batchSize: 8, targetUpdateInterval: 10 }),
    SHAPE,
  );
  assert.deepEqual(phases(step).map((p) => p.map((c) => step[c].kernel)), [
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
    [
      "mean_losses",
      "layer_weight_gradient",
      "layer_weight_gradient",
      "layer_weight_gradient",
    ],
    ["adam"],
  ]);
  assert.equal(phases(targetUpdate).length, 1);
  assert.equal(phases(sweep).length, 1);
});

Deno.test("calls that write or read what another wrote keep their order", () => {
  const copy = (input: string, output: string) =>
    call("copy", { input: view(input), output: view(output) }, { count: 8 });
  // Read after write, write after read, write after write; then nothing in common.
  assert.deepEqual(phases([copy("a", "b"), copy("b", "c")]), [[0], [1]]);
  assert.deepEqual(phases([copy("a", "b"), copy("c", "a")]), [[0], [1]]);
  assert.deepEqual(phases([copy("a", "b"), copy("c", "b")]), [[0], [1]]);
  assert.deepEqual(phases([copy("a", "b"), copy("a", "c")]), [[0, 1]]);
  assert.deepEqual(phases([]), []);
});
