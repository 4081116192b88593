/** Worlds from files: what each format gives, and that all of them give the same world. */
import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  openWorld,
  worldBytes,
  type WorldFile,
  type WorldReadOptions,
} from "../../src/environments/world.ts";
import type { NpyToWrite } from "../../src/files/npy.ts";
import { evaluateExactly } from "../../src/mdp/exact.ts";
import { optimalActions } from "../../src/mdp/optimal.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { refusal } from "../dataset/refusal.ts";
import { npz, opened } from "./world_files.ts";

const f64 = (shape: number[], ...data: number[]): NpyToWrite => ({
  shape,
  data: Float64Array.from(data),
});
const hash = (world: WorldFile) =>
  sha256Hex(worldBytes(world, "x.mdp.safetensors"));

/** A corridor 0, 1, 2 with the end in 2: action 0 stays, 1 goes on with 0.75. */
const DENSE = {
  // deno-fmt-ignore
  P: f64([3, 2, 3],
    1, 0, 0,  0.25, 0.75, 0,
    0, 1, 0,  0, 0.25, 0.75,
    0, 0, 1,  0, 0, 1,
  ),
  R: f64([3, 3], 0, 0, 0, 0, 0, 5, 0, 0, 0),
};

Deno.test("worlds: a dense table, whose absorbing state is the end", async () => {
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note.replace(/^.*?npz: /, ""));
  const { mdp, title } = await opened(npz(DENSE), "w.npz", { onNote });
  equal(title, "a world from a file");
  deepEqual(mdp, {
    stateCount: 3,
    actionCount: 2,
    outcomeOffsets: Uint32Array.of(0, 1, 3, 4, 6, 6, 6),
    probability: Float64Array.of(1, 0.25, 0.75, 1, 0.25, 0.75),
    nextState: Int32Array.of(0, 0, 1, 1, 1, 2),
    reward: Float64Array.of(0, 0, 0, 0, 0, 5),
    outcome: Uint8Array.of(0, 0, 0, 0, 0, 1),
    outcomes: [{ name: "end", ends: true, unsafe: false }],
    start: Float64Array.of(1, 0, 0),
    horizon: null,
    discount: 1,
    observations: Float32Array.of(0, 1, 2),
    observationSize: 1,
    observationCategories: [3],
  });
  deepEqual(notes, [
    "the file has no start distribution; episodes start in state 0",
    "the file has no names of ends; all are called end",
  ]);
});

Deno.test("worlds: every format keeps what it can", async () => {
  const world = await opened(
    npz({
      ...DENSE,
      start: f64([3], 0.25, 0.75, 0),
      gamma: f64([], 0.9),
      horizon: f64([], 7),
      // deno-fmt-ignore
      mask: f64([3, 2], 0, 1, 1, 1, 1, 1),
      observations: f64([3, 2], 0, 0.5, 1, 0.5, 2, 0.5),
      policy_half: f64([3, 2], 0, 1, 0.5, 0.5, 0, 0),
    }),
    "w.npz",
    { outcomes: "goal=2" },
  );
  deepEqual(world.mdp.allowed, Uint8Array.of(0, 1, 1, 1, 1, 1));
  deepEqual(world.policies, { half: Float64Array.of(0, 1, 0.5, 0.5, 0, 0) });
  equal(world.forbidden, undefined);
  for (const format of ["mdp.safetensors", "npz", "json"]) {
    const again = await opened(worldBytes(world, `w.${format}`), `v.${format}`);
    equal(hash(again), hash(world), format);
  }
  const notes: string[] = [];
  const csv = worldBytes(world, "w.csv", (note) => notes.push(note));
  deepEqual(notes, [
    "CSV holds no observations; states are read as their indices",
    "CSV holds no policies: half",
  ]);
  const again = await opened(csv, "v.csv");
  equal(
    hash({ ...world, mdp: { ...world.mdp, ...indices(3) }, policies: {} }),
    hash(again),
  );
});

function indices(stateCount: number) {
  return {
    observations: Float32Array.from({ length: stateCount }, (_, s) => s),
    observationSize: 1,
    observationCategories: [stateCount],
  };
}

Deno.test("worlds: rewards in every shape", async () => {
  const rewards = async (arrays: Record<string, NpyToWrite>) => {
    const { P } = DENSE;
    const { mdp } = await opened(
      npz({ P, gamma: f64([], 0.9), final_state: f64([], 2), ...arrays }),
      "w.npz",
    );
    return [...mdp.reward];
  };
  deepEqual(await rewards({ R: DENSE.R }), [0, 0, 0, 0, 0, 5]);
  const each = Float64Array.from({ length: 18 }, (_, i) => i);
  const R = { shape: [3, 2, 3], data: each };
  deepEqual(await rewards({ R }), [0, 3, 4, 7, 10, 11]);
  deepEqual(
    await rewards({ r: f64([3, 2], 1, 2, 3, 4, 5, 6) }),
    [1, 2, 2, 3, 4, 4],
  );
  deepEqual(await rewards({ r: f64([3], 1, 2, 3) }), [1, 1, 1, 2, 2, 2]);
  deepEqual(
    await rewards({ state_reward: f64([3], 1, 2, 3) }),
    [1, 1, 2, 2, 2, 3],
  );
  // Both: the mean of R must be r.
  deepEqual(
    await rewards({ R: DENSE.R, r: f64([3, 2], 0, 0, 0, 3.75, 0, 0) }),
    [0, 0, 0, 0, 0, 5],
  );
  equal(
    (await refusal(() =>
      rewards({ R: DENSE.R, r: f64([3, 2], 0, 0, 0, 5, 0, 0) })
    )).replace(/^.*npz: /, ""),
    "state 1, action 1: R pays 3.75 in the mean, r 5; leave one of them out",
  );
});

Deno.test("worlds: [actions, states, states] as pymdptoolbox has it", async () => {
  const P = new Float64Array(18);
  for (let s = 0; s < 3; s++) {
    for (let a = 0; a < 2; a++) {
      for (let n = 0; n < 3; n++) {
        P[(a * 3 + s) * 3 + n] =
          (DENSE.P.data as Float64Array)[(s * 2 + a) * 3 + n];
      }
    }
  }
  const world = await opened(
    npz({ ...DENSE, P: f64([2, 3, 3], ...P) }),
    "w.npz",
  );
  equal(hash(world), hash(await opened(npz(DENSE), "w.npz")));
});

Deno.test("worlds: ICU-Sepsis' names", async () => {
  const tables = npz({
    // deno-fmt-ignore
    tx_mat: f64([4, 3, 4],
      0.5, 0.25, 0.25, 0,  0.75, 0.25, 0, 0,  0.25, 0.25, 0.5, 0,
      0, 0, 0, 1,  0, 0, 0, 1,  0, 0, 0, 1,
      0, 0, 0, 1,  0, 0, 0, 1,  0, 0, 0, 1,
      0, 0, 0, 1,  0, 0, 0, 1,  0, 0, 0, 1,
    ),
    r_mat: {
      shape: [4, 3, 4],
      data: Float64Array.from({ length: 48 }, (_, i) => i % 4 === 2 ? 1 : 0),
    },
    d_0: f64([4], 1, 0, 0, 0),
    expert_policy: f64([4, 3], 0.25, 0.5, 0.25, ...new Array(9).fill(0)),
    features: f64([4, 1], 3, 2, 1, 0),
  });
  const folder = Deno.makeTempDirSync();
  const path = join(folder, "dynamics.npz");
  Deno.writeFileSync(path, tables);
  const notes: string[] = [];
  const options = {
    observations: "features",
    onNote: (note: string) => notes.push(note.replaceAll(folder, "")),
  };
  const all = await openWorld(path, options);
  equal(all.mdp.allowed, undefined);
  deepEqual(all.mdp.outcomes, [
    { name: "death", ends: true, unsafe: true },
    { name: "survival", ends: true, unsafe: false },
  ]);
  deepEqual([...all.mdp.outcome], [0, 1, 2, 0, 1, 0, 1, 2]);
  deepEqual([...all.mdp.reward], [0, 0, 1, 0, 0, 0, 0, 1]);
  deepEqual([...all.mdp.observations], [3, 2, 1, 0]);
  equal(all.mdp.observationCategories, undefined);
  deepEqual([...all.policies.expert.subarray(0, 4)], [0.25, 0.5, 0.25, 0]);
  // The first action is forbidden in state 0; its row in the file is the mean of the other two.
  Deno.writeTextFileSync(
    join(folder, "admissible_actions.txt"),
    "2 3 3 3 \n1 2 \n0 1 2 \n0 1 2 \n0 1 2 \n",
  );
  const masked = await openWorld(path, options);
  deepEqual([...masked.mdp.allowed!.subarray(0, 4)], [0, 1, 1, 1]);
  deepEqual([...masked.mdp.outcomeOffsets.subarray(0, 5)], [0, 0, 2, 5, 5]);
  equal(masked.forbidden, "uniform");
  // The expert's quarter on it goes to both in equal parts.
  deepEqual([...masked.policies.expert.subarray(0, 4)], [0, 0.625, 0.375, 0]);
  equal(hash(await openWorld(path, { ...options, allowed: "all" })), hash(all));
  Deno.removeSync(folder, { recursive: true });
  deepEqual(notes.slice(0, 3), [
    "/dynamics.npz: there is no admissible_actions.txt beside it; all actions are allowed",
    "/dynamics.npz: allowed actions are those of /admissible_actions.txt",
    "/dynamics.npz: policy expert: forbidden actions (up to 0.250 in a state) are spread over the allowed ones, as the file's rows of them are",
  ]);
});

Deno.test("worlds: gumbel-max-scm's names, with a hidden component", async () => {
  const i32 = (...data: number[]): NpyToWrite => ({
    shape: [data.length],
    data: Int32Array.from(data),
  });
  // Seen: 0 alive, 1 dead, 2 discharged. Without the component 0 the second action is worse.
  const { mdp, title } = await opened(
    npz({
      component: i32(0, 0, 0, 1, 1, 0),
      state: i32(0, 0, 0, 0, 0, 1),
      action: i32(0, 1, 1, 0, 1, 0),
      next_state: i32(2, 1, 0, 2, 2, 1),
      probability: f64([6], 1, 0.5, 0.5, 1, 1, 1),
      state_reward: f64([3], 0, -1, 1),
      initial: f64([2, 3], 1, 0, 0, 1, 0, 0),
      mixture: f64([2], 0.75, 0.25),
      projection: i32(0, 1, 1),
      horizon: f64([], 20),
    }),
    "w.npz",
    { observations: "projection" },
  );
  equal(title, "the sepsis simulator of gumbel-max-scm");
  deepEqual([mdp.stateCount, mdp.actionCount, mdp.horizon], [6, 2, 20]);
  deepEqual([...mdp.start], [0.75, 0, 0, 0.25, 0, 0]);
  deepEqual([...mdp.nextState], [2, 1, 0, 5, 5]);
  deepEqual([...mdp.reward], [1, -1, 0, 1, 1]);
  deepEqual([...mdp.outcome], [2, 1, 0, 2, 2]);
  deepEqual(mdp.outcomes.map(({ name, unsafe }) => [name, unsafe]), [
    ["death", true],
    ["discharge", false],
  ]);
  deepEqual([...mdp.observations], [0, 1, 1, 0, 1, 1]);
  deepEqual(mdp.observationCategories, [2]);
});

/** A lake of two cells: right from the first falls into a hole, the second is the goal. */
const LAKE =
  '{"0": {"0": [[0.5, 1, 1.0, true], [0.25, 0, 0, false], [0.25, 0, 0, false]], "1": [[1.0, 2, 0, true]]}, ' +
  '"1": {"0": [[1.0, 1, 0, true]], "1": [[1.0, 1, 0, true]]}, ' +
  '"2": {"0": [[1.0, 2, 0, true]], "1": [[1.0, 2, 0, true]]}}';

Deno.test("worlds: a dictionary P of Gymnasium, bare and wrapped", async () => {
  const { mdp } = await opened(LAKE, "w.json");
  deepEqual([...mdp.probability], [0.5, 0.5, 1]);
  deepEqual([...mdp.nextState], [1, 0, 2]);
  deepEqual([...mdp.outcome], [2, 0, 1]);
  deepEqual([...mdp.outcomeOffsets], [0, 2, 3, 3, 3, 3, 3]);
  const names = async (more: object, options: WorldReadOptions = {}) => {
    const text = JSON.stringify({ P: JSON.parse(LAKE), ...more });
    const world = await opened(text, "w.json", options);
    return world.mdp.outcomes.map(({ name, unsafe }) =>
      unsafe ? `${name}!` : name
    );
  };
  deepEqual(await names({}), ["endReward0", "endReward1"]);
  deepEqual(await names({ environment: "FrozenLake-v1" }), ["hole!", "goal"]);
  deepEqual(await names({ environment: "Taxi-v4" }), ["delivered"]);
  deepEqual(await names({ labels: { 1: "goal", 2: "hole" } }), [
    "goal",
    "hole!",
  ]);
  const by = { outcomes: "hole=2,goal=1" };
  deepEqual(await names({}, by), ["hole!", "goal"]);
  deepEqual(await names({}, { ...by, unsafe: [] }), ["hole", "goal"]);
  deepEqual(
    await names({}, { outcomes: "hole=endReward0,goal=endReward1" }),
    ["hole!", "goal"],
  );
  const wrapped = await opened(
    JSON.stringify({
      P: JSON.parse(LAKE),
      initial_state_distrib: [1, 0, 0],
      registered_max_episode_steps: 100,
      action_mask: [[1, 0], [1, 1], [1, 1]],
    }),
    "w.json",
    { allowed: "mask" },
  );
  equal(wrapped.mdp.horizon, 100);
  deepEqual([...wrapped.mdp.allowed!], [1, 0, 1, 1, 1, 1]);
});

Deno.test("worlds: CSV with a start, names and remarks", async () => {
  const text = `# my lake, by hand
# horizon: 30
# discount: 0.95
state,action,next_state,probability,reward,end
,,0,0.75,0,
,,1,0.25,0,
0,0,1,0.5,0,
0,0,2,0.5,-1,hole
1,0,3,1,1,goal
`;
  const { mdp } = await opened(text, "w.csv");
  deepEqual(mdp.outcomes, [
    { name: "hole", ends: true, unsafe: true },
    { name: "goal", ends: true, unsafe: false },
  ]);
  deepEqual([mdp.horizon, mdp.discount], [30, 0.95]);
  deepEqual([...mdp.start], [0.75, 0.25, 0, 0]);
  deepEqual([...mdp.outcome], [0, 1, 2]);
});

Deno.test("worlds: start, horizon, discount and names given beside the file", async () => {
  const world = await opened(npz(DENSE), "w.npz", {
    outcomes: "top=2",
    unsafe: ["top"],
    start: "uniform",
    horizon: 9,
    discount: 0.5,
  });
  deepEqual([...world.mdp.start], [0.5, 0.5, 0]);
  deepEqual([world.mdp.horizon, world.mdp.discount], [9, 0.5]);
  deepEqual(world.mdp.outcomes, [{ name: "top", ends: true, unsafe: true }]);
  // The suite's own file may be changed in the same ways.
  const own = worldBytes(world, "w.mdp.safetensors");
  const changed = await opened(own, "w.mdp.safetensors", {
    start: 1,
    horizon: null,
    unsafe: [],
  });
  deepEqual([...changed.mdp.start], [0, 1, 0]);
  equal(changed.mdp.horizon, null);
  deepEqual(changed.mdp.outcomes, [{ name: "top", ends: true, unsafe: false }]);
});

Deno.test("worlds: the ward of docs/worlds.md", async () => {
  const path = fileURLToPath(
    new URL("../fixtures/numpy/ward.npz", import.meta.url),
  );
  const { title, mdp, policies } = await openWorld(path);
  equal(title, "a small ward");
  deepEqual([mdp.horizon, mdp.discount], [50, 0.99]);
  deepEqual([...mdp.allowed!.subarray(0, 9)], [1, 1, 0, 1, 1, 0, 1, 1, 1]);
  deepEqual(mdp.outcomes, [
    { name: "death", ends: true, unsafe: true },
    { name: "recovery", ends: true, unsafe: false },
  ]);
  // The two figures of the page.
  const { outcomes } = evaluateExactly(mdp, policies.cautious);
  equal(outcomes.death.toFixed(3), "0.163");
  equal(outcomes.recovery.toFixed(3), "0.836");
  const best = evaluateExactly(mdp, optimalActions(mdp));
  equal(best.outcomes.death.toFixed(3), "0.065");
  equal(best.outcomes.recovery.toFixed(3), "0.935");
});

Deno.test("worlds: which states of a table end, and their names", async () => {
  // 1 and 2 absorb; 0 leads to both.
  // deno-fmt-ignore
  const P = f64([3, 1, 3],
    0, 0.5, 0.5,
    0, 1, 0,
    0, 0, 1,
  );
  const ends = async (
    arrays: Record<string, NpyToWrite>,
    options: WorldReadOptions = {},
  ) => {
    const R = f64([3, 3], 0, -1, 1, 0, 0, 0, 0, 0, 0);
    const { mdp } = await opened(npz({ P, R, ...arrays }), "w.npz", options);
    return Array.from(mdp.outcome, (n) => mdp.outcomes[n - 1]?.name ?? "");
  };
  const names = (...data: string[]) => ({ shape: [data.length], data });
  const i32 = (...data: number[]): NpyToWrite => ({
    shape: [data.length],
    data: Int32Array.from(data),
  });
  deepEqual(await ends({}), ["endReward-1", "endReward1"]);
  deepEqual(await ends({ labels: names("over") }), ["over", "over"]);
  deepEqual(
    await ends({ end: i32(0, 2, 1), labels: names("home", "death") }),
    ["death", "home"],
  );
  deepEqual(
    await ends({ final_state: i32(2, 1), labels: names("home", "death") }),
    ["death", "home"],
  );
  // Only the named state ends it; the other is a trap for ever.
  const gamma = f64([], 0.5);
  deepEqual(await ends({ final_state: i32(2), gamma }), ["", "goal", ""]);
  deepEqual(await ends({}, { outcomes: "home=2" }), ["end", "home"]);
  equal(
    (await refusal(() => ends({ labels: names("home", "death") })))
      .replace(/^.*(?=w.npz)/, ""),
    "w.npz: has 2 labels; say which state ends with which: end [S], 0 or the number of the label",
  );
});

Deno.test("worlds: what is left of one that others made", async () => {
  // Equal outcomes are one, those that cannot happen none, and a negative zero is a zero.
  const { mdp } = await opened(
    '{"P": [[[[0.25, 1, -0.0, true], [0, 0, 3, false], [0.5, 0, 2, false], [0.25, 1, 0, true]]], [[[1, 0, 9, false]]]]}',
    "w.json",
  );
  deepEqual([...mdp.probability], [0.5, 0.5]);
  deepEqual([...mdp.nextState], [1, 0]);
  deepEqual([...mdp.reward], [0, 2]);
  // State 1 is entered by ends alone: its row is dropped.
  deepEqual([...mdp.outcomeOffsets], [0, 2, 2]);
});
