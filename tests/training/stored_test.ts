/** Training on data that stay on disk gives the bits of training on the same data in memory. */
import { equal, ok, throws } from "node:assert/strict";
import {
  algorithmNamed,
  configureAlgorithm,
  NETWORK_NAMES,
} from "../../src/algorithms/index.ts";
import type { Backend } from "../../src/backends/backend.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { openStoredDataset } from "../../src/dataset/formats/stored_safetensors.ts";
import { episodesWhere, heldOutEpisodes } from "../../src/dataset/part.ts";
import { InputError } from "../../src/errors.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { prepareTask } from "../../src/training/task.ts";
import { gpuBackend, gpuTest } from "../backends/backends.ts";
import { randomDataset } from "../../src/backends/random_task.ts";
import { assertEqualBits, type Result, trained } from "../backends/results.ts";

/** The same data in memory and on disk. */
function both(dataset: Dataset): { dataset: Dataset; stored: Dataset } {
  const path = Deno.makeTempFileSync({ suffix: ".safetensors" });
  Deno.writeFileSync(path, datasetToSafetensors(dataset));
  return { dataset, stored: openStoredDataset(path) };
}

const STEPS = 40;

/** Those that know of observations what a block of them does not say, or learn from what is made of all data. */
const needsAll = (name: string) => {
  const { tables, relabel } = algorithmNamed(name);
  return (tables ?? relabel) !== undefined;
};

for (const name of NETWORK_NAMES.filter((name) => !needsAll(name))) {
  for (
    const masked of name === "cql" || name === "bc" ? [false, true] : [false]
  ) {
    const seed = 2 ** 32 * Math.random() >>> 0;
    const shape = { inputs: 3, actions: 4, episodes: 60, masked };
    const { dataset, stored } = both(
      randomDataset(shape, randomStream(seed, "data")),
    );
    const algorithm = configureAlgorithm(name, {
      steps: STEPS,
      batchSize: 8,
      logInterval: STEPS,
      ...(name === "bc" ? {} : { targetUpdateInterval: 9, rewardScale: null }),
    });
    const encoder = masked ? "minmax" : "none";
    const task = (of: Dataset) => () =>
      prepareTask(
        { hidden: [8], encoder },
        algorithm,
        [0, 1].map((member) => ({ seed, member, dataset: of })),
        !masked,
      ).task;
    let inMemory: Promise<Result> | undefined;
    const expected = () =>
      inMemory ??= trained(referenceBackend, task(dataset), [STEPS]);
    const compare = async (backend: Backend) => {
      for (const stops of [[STEPS], [1, 19, STEPS]]) {
        const actual = await trained(backend, task(stored), stops);
        assertEqualBits(actual, await expected(), `seed ${seed}, ${stops}`);
      }
    };
    const what = `${name}${masked ? ", masked" : ""}, on disk`;
    for (const threads of [1, 3]) {
      const backend = wasmBackend({ threads });
      Deno.test(`wasm, ${threads} threads: ${what}`, () => compare(backend));
    }
    gpuTest(what, () => compare(gpuBackend));
  }
}

Deno.test("reference: on disk, a part of the episodes", async () => {
  const seed = 2 ** 32 * Math.random() >>> 0;
  const shape = { inputs: 2, actions: 3, episodes: 50 };
  const { dataset, stored } = both(
    randomDataset(shape, randomStream(seed, "data")),
  );
  const isChosen = heldOutEpisodes(50, 0.6, seed);
  const part = episodesWhere(stored, isChosen);
  ok(part.stored);
  const algorithm = configureAlgorithm("cql", { steps: STEPS, batchSize: 8 });
  const task = (of: Dataset) => () =>
    prepareTask(
      { hidden: [8], encoder: "minmax" },
      algorithm,
      [{ seed, member: 0, dataset: of }],
      true,
    ).task;
  assertEqualBits(
    await trained(referenceBackend, task(part), [STEPS]),
    await trained(
      referenceBackend,
      task(episodesWhere(dataset, isChosen)),
      [STEPS],
    ),
    `seed ${seed}`,
  );
});

Deno.test("learners that need all data in memory say so", () => {
  const { stored } = both(
    randomDataset(
      { inputs: 2, actions: 3, episodes: 5 },
      randomStream(1, "data"),
    ),
  );
  throws(
    () =>
      prepareTask(
        { hidden: [8], encoder: "none" },
        configureAlgorithm("budgetedCql", { unsafeReward: -5 }),
        [{ seed: 1, member: 0, dataset: stored }],
        true,
      ),
    new InputError(
      "algorithms.budgetedCql: needs all data in memory, and these stay on disk: take another learner; see docs/large-data.md",
    ),
  );
});

Deno.test("a file that changes while it is used is refused", () => {
  const { stored } = both(
    randomDataset(
      { inputs: 2, actions: 3, episodes: 5 },
      randomStream(1, "data"),
    ),
  );
  Deno.writeTextFileSync(stored.stored!.path, "x", { append: true });
  throws(
    () => stored.stored!.transitions(Uint32Array.of(0)),
    (error) => {
      ok(error instanceof InputError);
      equal(
        error.message,
        `${stored.stored!.path}: was changed or removed while it was in use; ` +
          "put it back as it was, and let nothing write there",
      );
      return true;
    },
  );
});
