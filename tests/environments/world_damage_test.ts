/**
 * Damaged worlds: each is refused with one line, or is a sound world; a damaged npz file is never
 * another world than the whole one.
 */
import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import { openWorld, worldBytes } from "../../src/environments/world.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { mutate } from "../dataset/mutate.ts";
import { npz, opened } from "./world_files.ts";

const SEED = 13;
const MUTATIONS = 400;

const f64 = (shape: number[], ...data: number[]) => ({
  shape,
  data: Float64Array.from(data),
});
const hash = (world: Awaited<ReturnType<typeof openWorld>>) =>
  sha256Hex(worldBytes(world, "w.mdp.safetensors"));

/** Three states and two actions, with everything that a world can have. */
const whole = await opened(
  npz({
    // deno-fmt-ignore
    P: f64([3, 2, 3],
      1, 0, 0,  0.25, 0.75, 0,
      0, 1, 0,  0, 0.25, 0.75,
      0, 0, 1,  0, 0, 1,
    ),
    R: f64([3, 3], 0, 0, 0, 0, 0, 5, 0, 0, 0),
    start: f64([3], 0.5, 0.5, 0),
    gamma: f64([], 0.9),
    horizon: f64([], 7),
    mask: f64([3, 2], 0, 1, 1, 1, 1, 1),
    observations: f64([3, 2], 0, 0.5, 1, 0.5, 2, 0.5),
    policy_half: f64([3, 2], 0, 1, 0.5, 0.5, 0, 0),
  }),
  "w.npz",
  { outcomes: "goal=2", unsafe: [] },
);

/** What any world keeps, written apart from the suite's own check. */
function assertSound({ mdp, policies }: typeof whole): void {
  const { stateCount: S, actionCount: A, outcomeOffsets, probability } = mdp;
  assert.equal(outcomeOffsets.length, S * A + 1);
  for (let pair = 0; pair < S * A; pair++) {
    const row = probability.subarray(
      outcomeOffsets[pair],
      outcomeOffsets[pair + 1],
    );
    assert(row.every((p) => p >= 0 && p <= 1 + 1e-9));
    const sum = row.reduce((total, p) => total + p, 0);
    assert(row.length === 0 || Math.abs(sum - 1) <= 1e-9);
    if (mdp.allowed?.[pair] === 0) assert.equal(row.length, 0);
  }
  assert(mdp.nextState.every((s) => s >= 0 && s < S));
  assert(mdp.outcome.every((n) => n <= mdp.outcomes.length));
  assert(mdp.reward.every(Number.isFinite));
  assert(Math.abs(mdp.start.reduce((sum, p) => sum + p, 0) - 1) <= 1e-9);
  assert(mdp.horizon === null || mdp.horizon >= 1);
  assert(mdp.discount > 0 && mdp.discount <= 1);
  assert.equal(mdp.observations.length, S * mdp.observationSize);
  for (const table of Object.values(policies)) {
    assert.equal(table.length, S * A);
  }
}

for (const format of ["mdp.safetensors", "npz", "json", "csv"]) {
  Deno.test(`worlds: damaged files, ${format}`, async () => {
    const original = worldBytes(whole, `w.${format}`);
    const expected = hash(await opened(original, `w.${format}`));
    const stream = randomStream(SEED, `test/worlds/${format}`);
    const path = Deno.makeTempFileSync({ suffix: `.${format}` });
    let accepted = 0;
    for (let i = 0; i < MUTATIONS; i++) {
      const { bytes, what } = mutate(original, stream);
      const label = `${format}, seed ${SEED}, mutation ${i}: ${what}`;
      Deno.writeFileSync(path, bytes);
      let world: typeof whole;
      try {
        world = await openWorld(path);
      } catch (error) {
        assert(error instanceof InputError, `${label}: ${error}`);
        assert.match(error.message, /^[^\n]+$/, label);
        assert(error.message.length < 4000, label);
        assert(error.message.includes(path), `${label}: ${error.message}`);
        continue;
      }
      accepted++;
      try {
        assertSound(world);
        if (format === "npz") assert.equal(hash(world), expected);
      } catch (error) {
        throw new Error(`${label}: ${(error as Error).message}`);
      }
    }
    Deno.removeSync(path);
    console.log(
      `${format}: seed ${SEED}, ${accepted} of ${MUTATIONS} accepted`,
    );
  });
}
