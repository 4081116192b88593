import type { Cell } from "../../src/settings.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import {
  type Gridworld,
  resolveGridworld,
} from "../../src/environments/gridworld.ts";

/** The world and the data of tests/fixtures/gridworld_seed42.json. */
export function readSeed42(): { world: Gridworld; dataset: Dataset } {
  const url = new URL("../fixtures/gridworld_seed42.json", import.meta.url);
  const file = JSON.parse(Deno.readTextFileSync(url));
  const lengths: number[] = file.episodeLengths;
  const n = file.actions.length;
  const dataset = {
    observationSize: 2,
    actionCount: 4,
    observations: new Float32Array(file.x.length * 2),
    actions: Int32Array.from(file.actions, Number),
    rewards: new Float32Array(n).fill(-1),
    terminated: new Uint8Array(n),
    truncated: new Uint8Array(n),
    episodeOffsets: new Uint32Array(lengths.length + 1),
  };
  for (let row = 0; row < file.x.length; row++) {
    dataset.observations[2 * row] = parseInt(file.x[row], 15);
    dataset.observations[2 * row + 1] = parseInt(file.y[row], 15);
  }
  lengths.forEach((length, e) => {
    const end = dataset.episodeOffsets[e] + length;
    dataset.episodeOffsets[e + 1] = end;
    dataset.rewards[end - 1] = file.endings[e] === "g" ? 50 : -100;
    dataset.terminated[end - 1] = 1;
  });
  const world = resolveGridworld({
    size: file.size,
    maxSteps: 80,
    slipProbability: 0.05,
    start: [0, 0],
    goal: [14, 14],
    hazards: file.hazards as Cell[],
  }, 42);
  return { world, dataset };
}
