/** Worlds from files: what each format gives, and that all of them give the same world. */
import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import {
  openWorld,
  worldBytes,
  type WorldFile,
  type WorldReadOptions,
} from "../../src/environments/world.ts";
import type { NpyToWrite } from "../../src/files/npy.ts";
import { writeNpz } from "../../src/files/npz.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";

/** Opens a file of this content. */
export async function opened(
  content: string | Uint8Array,
  fileName: string,
  options: WorldReadOptions = {},
): Promise<WorldFile> {
  const folder = Deno.makeTempDirSync();
  const path = join(folder, fileName);
  try {
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    return await openWorld(path, options);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Arrays from nested lists. */
export function npz(
  arrays: Record<string, NpyToWrite>,
): Uint8Array<ArrayBuffer> {
  return writeNpz(new Map(Object.entries(arrays)));
}

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
