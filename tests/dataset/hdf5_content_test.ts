import assert from "node:assert/strict";
import { openWorker } from "../../src/dataset/formats/worker.ts";
import { pack, unpack } from "../../src/dataset/formats/worker_message.ts";
import { buildHdf5, type Entry, i64 } from "./hdf5_build.ts";
import { refusal } from "./refusal.ts";

const f32 = (...numbers: number[]) => Float32Array.from(numbers);

Deno.test("d3rlpy: contents that make no sense", async () => {
  const dump: Record<string, Entry> = {
    columns: ["observations", "actions", "rewards", "terminated"],
    num_episodes: [i64(2), []],
    version: "2.1",
    observations_0: [f32(1, 2, 3, 4), [2, 2]],
    actions_0: [i64(0, 1), [2, 1]],
    rewards_0: [f32(5, 6), [2, 1]],
    terminated_0: [Int8Array.of(1), []],
    observations_1: [f32(1, 2), [1, 2]],
    actions_1: [i64(1), [1, 1]],
    rewards_1: [f32(7), [1, 1]],
    terminated_1: [Int8Array.of(1), []],
  };
  const cases: [Record<string, Entry | undefined>, string][] = [
    [{}, "accepted"],
    [
      { actions_1: [Int32Array.of(1), [1]], rewards_1: [f32(7), [1]] },
      "accepted",
    ],
    [{ observations_1: [Float64Array.of(0.1, 0.2), [1, 2]] }, "accepted"],
    [{ extra_0: [f32(1), []] }, "accepted"],
    [
      { version: "2.0" },
      'd: a d3rlpy dump of version "2.0", but 2.1 is read here; ' +
      "load and dump it again with a recent d3rlpy",
    ],
    [
      { version: undefined },
      'd: an HDF5 file, but not a d3rlpy dump (no "version" and "columns") nor ' +
      "one of arrays (observations, actions, rewards, terminals, timeouts)",
    ],
    [{ version: [f32(1), []] }, 'd: "version" holds no text'],
    [
      { columns: ["observations"] },
      "d: column actions, rewards, terminated is missing",
    ],
    [
      { observations_0_0: [f32(1), []] },
      "d: tuple observations are not supported",
    ],
    [{ num_episodes: [i64(1), []] }, 'd: 2 "observations" for 1 episodes'],
    [{ num_episodes: [i64(3), []] }, 'd: 2 "observations" for 3 episodes'],
    [{ num_episodes: [i64(0), []] }, 'd: "num_episodes" must be at least 1'],
    [{ rewards_1: undefined }, 'd: 1 "rewards" for 2 episodes'],
    [
      { rewards_1: undefined, rewards_7: [f32(7), [1, 1]] },
      'd: "rewards_1" is missing or damaged',
    ],
    [
      { observations_1: [f32(1, 2, 3), [1, 3]] },
      'd: "observations_1" has 3 numbers an observation, but "observations_0" has 2',
    ],
    [
      { observations_0: [f32(1, 2, 3, 4), [2, 1, 2]] },
      'd: "observations_0" has shape [2, 1, 2]: only flat observations are supported',
    ],
    [
      { observations_0: [BigInt64Array.of(1n, 2n, 3n, 2n ** 60n), [2, 2]] },
      "accepted",
    ],
    [
      { observations_0: [f32(1, 2, NaN, 4), [2, 2]] },
      "d: episode 0, observation 1: number 0 is NaN",
    ],
    [{ actions_0: [f32(0, 1), [2, 1]] }, "accepted"],
    [
      { actions_0: [f32(0, 0.5), [2, 1]] },
      'd: "actions_0" has 0.5 at step 1: only discrete actions, whole numbers, are supported; ' +
      "bin continuous ones first",
    ],
    [
      { actions_0: [i64(0, 1, 1, 0), [2, 2]] },
      'd: "actions_0" holds one-hot actions, 2 numbers a step of which one is 1: ' +
      "write the index of the 1 instead (NumPy: argmax(axis=1))",
    ],
    [
      { actions_0: [f32(0, 1, 0.5, 0.5), [2, 2]] },
      'd: "actions_0" has 2 numbers a step, continuous actions or several at once: ' +
      "only one discrete action a step is supported",
    ],
    [
      { actions_0: [i64(0, 1, 0, 1), [1, 2, 2]] },
      'd: "actions_0" has shape [1, 2, 2] where 2 numbers were expected',
    ],
    [
      { actions_0: [i64(0, 1, 0), [3, 1]] },
      'd: "actions_0" has shape [3, 1] where 2 numbers were expected',
    ],
    [
      { actions_0: [i64(0, 2 ** 53), [2, 1]] },
      'd: "actions_0" has 9007199254740992 at step 1: no integer beyond 2^53 can be an action',
    ],
    [{ actions_0: [i64(0, -1), [2, 1]] }, "accepted"],
    [
      { rewards_0: [Float64Array.of(0, 1e300), [2, 1]] },
      "d: episode 0, step 1: the reward is Infinity",
    ],
    [{ rewards_0: "text" }, 'd: "rewards_0" holds no numbers'],
    [
      { terminated_0: [Int8Array.of(2), []] },
      'd: "terminated_0" is neither true nor false',
    ],
    [
      { terminated_0: [Int8Array.of(1, 0), [2]] },
      'd: "terminated_0" is neither true nor false',
    ],
    [{ terminated_1: [Int8Array.of(0), []] }, "accepted"],
    [
      {
        observations_0: [f32(1, 2), [1, 2]],
        actions_0: [i64(1), [1, 1]],
        rewards_0: [f32(7), [1, 1]],
        terminated_0: [Int8Array.of(0), []],
        terminated_1: [Int8Array.of(0), []],
      },
      "d: it holds no transition",
    ],
  ];
  const hdf5 = openWorker();
  try {
    for (const [change, expected] of cases) {
      const bytes = await buildHdf5({ ...dump, ...change });
      assert.equal(
        await refusal(() => hdf5.run("readD3rlpy", "d", bytes, "d", undefined)),
        expected,
      );
    }
  } finally {
    hdf5.close();
  }
});

Deno.test("Minari: contents that make no sense", async () => {
  const data: Record<string, Entry> = {
    "episode_0/observations": [f32(1, 2, 3), [3, 1]],
    "episode_0/actions": [i64(0, 1), [2]],
    "episode_0/rewards": [f32(5, 6), [2]],
    "episode_0/terminations": [Int8Array.of(0, 1), [2]],
    "episode_0/truncations": [Int8Array.of(0, 0), [2]],
  };
  const spec = {
    episodes: 1,
    steps: 2,
    observationSize: 1,
    parts: [{ path: "", size: 1, names: [] }],
    actionCount: 2,
    actionStart: 0,
  };
  const cases: [Record<string, Entry | undefined>, string][] = [
    [{}, "accepted"],
    [{ "episode_0/observations": [i64(1, 2, 3), [3]] }, "accepted"],
    [
      { "episode_0/observations": [f32(1, 2), [2, 1]] },
      'm: "episode_0/actions" has shape [2] where 1 numbers were expected',
    ],
    [
      { "episode_0/observations": [f32(1), [1, 1]] },
      'm: "episode_0/observations" has 1 rows of 1 numbers; at least 2 rows of 1 were expected',
    ],
    [
      { "episode_0/terminations": [Int8Array.of(1, 0), [2]] },
      'm: "episode_0/terminations" has 1 at step 0 of 2; only the last step may be 1',
    ],
    [
      { "episode_0/truncations": [Int8Array.of(0, 2), [2]] },
      'm: "episode_0/truncations" has 2 at step 1 of 2; only the last step may be 1',
    ],
    [
      { "episode_0/truncations": [f32(0, 1), [2]] },
      'm: "episode_0/truncations" holds neither true nor false',
    ],
    [
      { "episode_0/truncations": undefined },
      'm: "episode_0/truncations" is missing or damaged',
    ],
    [
      { "episode_2/actions": [i64(0), [1]] },
      "m: 2 episodes, but metadata.json says 1",
    ],
  ];
  const hdf5 = openWorker();
  try {
    for (const [change, expected] of cases) {
      const bytes = await buildHdf5({ ...data, ...change });
      assert.equal(
        await refusal(() => hdf5.run("readMinari", "m", bytes, "m", spec)),
        expected,
      );
    }
    const bytes = await buildHdf5({ "episode_1/actions": [i64(0), [1]] });
    assert.equal(
      await refusal(() => hdf5.run("readMinari", "m", bytes, "m", spec)),
      'm: "episode_0" is missing',
    );
  } finally {
    hdf5.close();
  }
});

Deno.test("HDF5 messages: typed arrays pass as their bytes, views too", () => {
  const whole = Uint32Array.of(1, 2, 3);
  const value = {
    list: [whole, whole.subarray(1, 2), "text", undefined],
    inner: { none: null, flags: new Uint8Array(0) },
  };
  const packed = pack(value) as { list: { buffer: ArrayBuffer }[] };
  assert.equal(packed.list[0].buffer, whole.buffer);
  assert.equal(packed.list[1].buffer.byteLength, 4);
  assert.deepEqual(unpack(structuredClone(packed)), value);
});
