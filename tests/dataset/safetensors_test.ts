import assert from "node:assert/strict";
import {
  readSafetensors,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import {
  datasetFromSafetensors,
  datasetToSafetensors,
} from "../../src/dataset/safetensors.ts";
import { InputError } from "../../src/errors.ts";
import { smallDataset } from "./small.ts";

Deno.test("data set as safetensors: a round trip gives equal arrays and equal bytes", () => {
  const dataset = smallDataset();
  const bytes = datasetToSafetensors(dataset);
  const read = datasetFromSafetensors(bytes, "d");
  assert.deepEqual(read, dataset);
  assert.deepEqual(datasetToSafetensors(read), bytes);
});

Deno.test("data set as safetensors: names of actions, where the source has some", () => {
  const plain = readSafetensors(datasetToSafetensors(smallDataset()), "d");
  assert.equal(plain.metadata.action_names, undefined);
  const named = { ...smallDataset(), actionNames: ["-1", "4", "9007"] };
  const bytes = datasetToSafetensors(named);
  const { metadata, tensors } = readSafetensors(bytes, "d");
  assert.equal(metadata.action_names, '["-1","4","9007"]');
  assert.deepEqual(datasetFromSafetensors(bytes, "d"), named);
  const read = (action_names: string) =>
    datasetFromSafetensors(
      writeSafetensors(tensors, { ...metadata, action_names }),
      "d",
    );
  // Names that say nothing are not kept: equal data sets give equal bytes.
  assert.deepEqual(read('["0","1","2"]'), smallDataset());
  for (const text of ["", "{}", "[0,1,2]"]) {
    assert.throws(() => read(text), {
      name: "InputError",
      message: "d: action_names in its metadata is no JSON list of texts",
    });
  }
  assert.throws(() => read('["a","b"]'), {
    message: "d: 2 names for 3 actions",
  });
});

Deno.test("data set as safetensors: other files are refused", () => {
  const file = readSafetensors(datasetToSafetensors(smallDataset()), "d");
  const message = (
    metadata: Record<string, string>,
    change: (
      tensors: Map<string, { shape: number[]; data: Int32Array }>,
    ) => void = () => {},
  ) => {
    // deno-lint-ignore no-explicit-any
    const tensors = new Map<string, any>(file.tensors);
    change(tensors);
    try {
      datasetFromSafetensors(
        writeSafetensors(tensors, { ...file.metadata, ...metadata }),
        "d",
      );
    } catch (error) {
      assert(error instanceof InputError, String(error));
      return error.message;
    }
    return "accepted";
  };
  assert.equal(message({}), "accepted");
  assert.equal(
    message({ format: "pt" }),
    'd: a safetensors file, but not a data set (its metadata say no format "holdfast.dataset")',
  );
  assert.equal(
    message({ version: "2" }),
    "d: data set version 2, but this suite reads 1",
  );
  for (const count of ["", "0", "-1", "1e3", "03", "4.0"]) {
    assert.equal(
      message({ action_count: count }),
      "d: its metadata hold no valid action_count",
    );
  }
  assert.equal(
    message({ action_count: "2" }),
    "d: episode 0, step 1: action 2 is outside 0 … 1",
  );
  assert.equal(
    message({}, (tensors) => tensors.delete("rewards")),
    'd: tensor "rewards" is missing',
  );
  assert.equal(
    message(
      {},
      (tensors) =>
        tensors.set("rewards", { shape: [6], data: new Int32Array(6) }),
    ),
    'd: tensor "rewards" is I32 [6], but F32 [any] is needed',
  );
  assert.equal(
    message(
      {},
      (tensors) =>
        tensors.set("actions", { shape: [1, 6], data: new Int32Array(6) }),
    ),
    'd: tensor "actions" is I32 [1, 6], but I32 [any] is needed',
  );
});
