/** A random world of our own in which actions are forbidden. */
import { mdpRows, pointStart } from "../../src/mdp/build.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";
import { randomStream } from "../../src/numerics/random.ts";

/**
 * Twelve states with two random features each, seven actions of which one to seven are allowed, two
 * outcomes an action, and a last state that ends the episode.
 */
export function maskedWorld(seed: number): FiniteMdp {
  const random = randomStream(seed, "masked-world");
  const [stateCount, actionCount] = [12, 7];
  const allowed = new Uint8Array(stateCount * actionCount);
  const rows = mdpRows(stateCount, actionCount);
  for (let s = 0; s < stateCount; s++) {
    const kept = random.integer(actionCount);
    for (let a = 0; a < actionCount; a++) {
      if (a !== kept && random.uniform() < 0.6) continue;
      allowed[s * actionCount + a] = 1;
      if (s === stateCount - 1) continue;
      for (const probability of [0.75, 0.25]) {
        const nextState = random.integer(stateCount);
        const outcome = nextState === stateCount - 1 ? 1 : 0;
        const reward = 2 * random.uniform() - 1;
        rows.add(s, a, { probability, nextState, reward, outcome });
      }
    }
  }
  return {
    ...rows.finish(),
    stateCount,
    actionCount,
    allowed,
    outcomes: [{ name: "end", ends: true, unsafe: false }],
    start: pointStart(stateCount, 0),
    horizon: 20,
    discount: 1,
    observations: Float32Array.from(
      { length: 2 * stateCount },
      () => 2 * random.uniform() - 1,
    ),
    observationSize: 2,
  };
}
