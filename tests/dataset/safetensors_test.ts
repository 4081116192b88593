import { validateDataset } from "../../src/dataset/validate.ts";
import assert from "node:assert/strict";
import {
  readSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import {
  datasetFromSafetensors,
  datasetToSafetensors,
} from "../../src/dataset/formats/safetensors.ts";
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
      message: "d: action_names in its metadata is not a JSON list of texts",
    });
  }
  for (const text of ['["a","b"]', '["0","1"]']) {
    assert.throws(() => read(text), { message: "d: 2 names for 3 actions" });
  }
  assert.throws(() => read('["0","1","2","3"]'), {
    message: "d: 4 names for 3 actions",
  });
});

Deno.test("data set as safetensors: the types that NumPy makes", () => {
  const dataset = smallDataset();
  const file = readSafetensors(datasetToSafetensors(dataset), "d");
  const read = (change: Record<string, TensorToWrite>, notes: string[] = []) =>
    datasetFromSafetensors(
      writeSafetensors(
        new Map([...file.tensors, ...Object.entries(change)]),
        file.metadata,
      ),
      "d",
      { onNote: (note) => notes.push(note) },
    );
  const f64 = (data: Float32Array) => Float64Array.from(data);
  const notes: string[] = [];
  assert.deepEqual(
    read({
      observations: { shape: [9, 2], data: f64(dataset.observations) },
      actions: {
        shape: [6],
        data: BigInt64Array.from(dataset.actions, BigInt),
      },
      rewards: {
        shape: [6],
        data: Float64Array.of(-1, 50, -0.1, -1, -1, -100),
      },
    }, notes),
    dataset,
  );
  assert.deepEqual(notes, []);
  const counts = BigInt64Array.from(dataset.observations, (x) => BigInt(x | 0));
  counts.set([16_777_217n, 3n, -123_456_789n]);
  const { observations } = read({
    observations: { shape: [9, 2], data: counts },
    rewards: { shape: [6], data: new BigInt64Array(6).fill(2147483647n) },
  }, notes);
  assert.deepEqual([...observations.subarray(0, 3)], [16777216, 3, -123456792]);
  assert.deepEqual(notes, [
    "observations[:, 0]: 2 numbers rounded to 32-bit floats, the first from 16777217 to 16777216",
    "rewards: 6 numbers rounded to 32-bit floats, the first from 2147483647 to 2147483648",
  ]);
  // Halfway between two 32-bit floats, and one above; as 64-bit floats they are equal.
  const half = 2n ** 62n + 2n ** 38n;
  const { rewards } = read({
    rewards: { shape: [6], data: new BigInt64Array(6).fill(half + 1n) },
  });
  assert.deepEqual([...rewards], Array(6).fill(2 ** 62 + 2 ** 39));
  for (
    const [change, message] of [
      [
        { rewards: { shape: [6], data: new Float64Array(6).fill(1e39) } },
        "d: episode 0, step 0: the reward is Infinity",
      ],
      [
        { actions: { shape: [6], data: new BigInt64Array(6).fill(2n ** 32n) } },
        "d: action 4294967296 is out of range",
      ],
      [
        { observations: { shape: [0, 1e9], data: new Float64Array(0) } },
        "d: 0 observation numbers where 9 rows of 1000000000 " +
        "(one a transition and a final one an episode) were expected",
      ],
    ] as const
  ) {
    const notes: string[] = [];
    assert.throws(() => read(change, notes), { name: "InputError", message });
    assert.deepEqual(notes, []);
  }
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

Deno.test("propensities are kept, and must be probabilities", () => {
  const propensities = Float64Array.of(1, 0.1, 1 / 3, 0.95, 1e-300, 0.5);
  const dataset = { ...smallDataset(), propensities };
  const bytes = datasetToSafetensors(dataset);
  assert.deepEqual(datasetFromSafetensors(bytes, "d"), dataset);
  const wrong = { ...dataset, propensities: propensities.with(3, 0) };
  assert.throws(
    () => datasetFromSafetensors(datasetToSafetensors(wrong), "d"),
    /^InputError: d: episode 2, step 0: the propensity is 0, not in \(0, 1\]$/,
  );
});

Deno.test("outcomes of episodes are kept, and must have names", () => {
  const outcomes = {
    names: ["died", "home"],
    ofEpisode: Uint8Array.of(2, 0, 1),
  };
  const dataset = { ...smallDataset(), outcomes };
  const bytes = datasetToSafetensors(dataset);
  assert.deepEqual(datasetFromSafetensors(bytes, "d"), dataset);
  const message = (names: string[], ofEpisode: Uint8Array) => {
    const wrong = { ...dataset, outcomes: { names, ofEpisode } };
    try {
      datasetFromSafetensors(datasetToSafetensors(wrong), "d");
    } catch (error) {
      return (error as InputError).message;
    }
  };
  const own = outcomes.ofEpisode;
  assert.equal(message(["died"], own), "d: episode 0: outcome 2 has no name");
  assert.equal(message(["a", "a"], own), "d: two outcomes have one name");
  const short = { ...outcomes, ofEpisode: own.subarray(1) };
  assert.throws(
    () => validateDataset({ ...dataset, outcomes: short }, "d"),
    /^InputError: d: 2 outcomes for 3 episodes$/,
  );
});
