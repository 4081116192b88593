import { deepEqual, equal, throws } from "node:assert/strict";
import {
  type DatasetArrays,
  datasetFromArrays,
} from "../../src/dataset/formats/arrays.ts";
import { openDataset } from "../../src/dataset/formats/dataset_file.ts";

const arrays: DatasetArrays = {
  observations: [[0, 1], [2, 3], [4, 5], [6, 7]],
  actions: [1, 0, 1, 1],
  rewards: [0.5, -1, 2, 3],
  terminated: [false, true, false, false],
  truncated: [0, 0, 0, 1],
  finalObservations: [[8, 9], [10, 11]],
};

Deno.test("arrays: two episodes with final observations", () => {
  deepEqual(datasetFromArrays(arrays), {
    observationSize: 2,
    actionCount: 2,
    observations: Float32Array.of(0, 1, 2, 3, 8, 9, 4, 5, 6, 7, 10, 11),
    actions: Int32Array.of(1, 0, 1, 1),
    rewards: Float32Array.of(0.5, -1, 2, 3),
    terminated: Uint8Array.of(0, 1, 0, 0),
    truncated: Uint8Array.of(0, 0, 0, 1),
    episodeOffsets: Uint32Array.of(0, 2, 4),
  });
});

Deno.test("arrays: flat and nested, plain and typed are the same", () => {
  deepEqual(
    datasetFromArrays({
      ...arrays,
      observations: Float64Array.of(0, 1, 2, 3, 4, 5, 6, 7),
      actions: Int8Array.of(1, 0, 1, 1),
      terminated: Uint8Array.of(0, 1, 0, 0),
      finalObservations: [Float32Array.of(8, 9), Float32Array.of(10, 11)],
    }),
    datasetFromArrays(arrays),
  );
});

Deno.test("arrays: without final observations they are read as a CSV file is", async () => {
  const { finalObservations: _, ...rest } = arrays;
  const notes: string[] = [];
  const dataset = datasetFromArrays({
    ...rest,
    onNote: (note) => notes.push(note),
  });
  const path = Deno.makeTempFileSync({ suffix: ".csv" });
  try {
    Deno.writeTextFileSync(
      path,
      "episode,observation_0,observation_1,action,reward,terminated,truncated\n" +
        "0,0,1,1,0.5,0,0\n0,2,3,0,-1,1,0\n1,4,5,1,2,0,0\n1,6,7,1,3,0,1\n",
    );
    deepEqual(dataset, await openDataset(path));
  } finally {
    Deno.removeSync(path);
  }
  deepEqual(notes, [
    "1 of 2 episodes are cut without a final observation: the last one of each " +
    "counts as final, and its action is left out",
  ]);
});

Deno.test("arrays: a cut episode of one step holds nothing", () => {
  const notes: string[] = [];
  const { episodeOffsets } = datasetFromArrays({
    observations: [1, 2],
    actions: [0, 0],
    rewards: [0, 0],
    terminated: [1, 0],
    onNote: (note) => notes.push(note),
  });
  deepEqual(episodeOffsets, Uint32Array.of(0, 1));
  equal(notes[0].endsWith("left out, which leaves nothing of 1"), true);
});

Deno.test("arrays: codes and numbers of the source", () => {
  const notes: string[] = [];
  const dataset = datasetFromArrays({
    ...arrays,
    actions: [10, -3, 10, 10],
    rewards: [16777217, 0, 0, 0],
    onNote: (note) => notes.push(note),
  });
  deepEqual(dataset.actionNames, ["-3", "10"]);
  deepEqual(dataset.actions, Int32Array.of(1, 0, 1, 1));
  deepEqual(notes, [
    "reward: 1 number rounded to 32-bit floats, the first from 16777217 to 16777216",
  ]);
  equal(datasetFromArrays({ ...arrays, actionCount: 5 }).actionCount, 5);
});

const wrong: [change: Partial<DatasetArrays>, line: string][] = [
  [{ actions: [] }, "the arrays hold no transition"],
  [{ rewards: [1] }, "1 rewards for 4 actions"],
  [{ truncated: [0] }, "1 truncated for 4 actions"],
  [{ observations: [[0, 1]] }, "1 rows of observations where 4 were expected"],
  [
    { observations: [1, 2, 3] },
    "3 numbers of observations are not 4 rows",
  ],
  [
    { observations: [[0, 1], [2], [4, 5], [6, 7]] },
    "observations[1] has 1 numbers, observations[0] has 2",
  ],
  [
    { finalObservations: [[8, 9]] },
    "1 rows of finalObservations where 2 were expected",
  ],
  [
    { finalObservations: [8, 9] },
    "a final observation has 1 numbers, the others have 2",
  ],
  [
    { actions: [0, 0.5, 1, 1] },
    "actions[1] is 0.5: give a whole number or a name",
  ],
  [
    { terminated: [0, 2, 0, 0] },
    "terminated[1] is 2: give true or false, 1 or 0",
  ],
  [
    { rewards: [0, NaN, 0, 0] },
    "the arrays: episode 0, step 1: the reward is NaN",
  ],
  [
    { observations: [[0, 1], [2, 1e39], [4, 5], [6, 7]] },
    "the arrays: episode 0, observation 1: number 1 is Infinity",
  ],
  [
    { actionCount: 1 },
    "the arrays: episode 0, step 0: action 1 is outside 0 … 0",
  ],
];

Deno.test("arrays: what makes no sense is refused in one line", () => {
  for (const [change, message] of wrong) {
    throws(() => datasetFromArrays({ ...arrays, ...change }), {
      name: "InputError",
      message,
    });
  }
});
