import { configureAlgorithm } from "../../src/algorithms/index.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import { evaluate } from "../../src/evaluation/evaluate.ts";
import { mdpRows, pointStart } from "../../src/mdp/build.ts";
import type { ExactEvaluation } from "../../src/mdp/exact.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";
import { mixedWithUniform } from "../../src/mdp/mix.ts";
import { optimalStationaryActions } from "../../src/mdp/optimal.ts";
import { greedyPolicy } from "../../src/mdp/policy.ts";
import { learn } from "../../src/run/learn.ts";

const WIDTH = 6;
const HEIGHT = 4;
const GOAL = WIDTH - 1;
const END = WIDTH * HEIGHT;
/** Up, right, down, left. */
const MOVES = [[0, 1], [1, 0], [0, -1], [-1, 0]];
const SLIP = 0.2;

/**
 * A grid of 6 x 4 cells from one corner to the next, both at the lower edge, below which lies an abyss:
 * the nearer to the edge one walks, the sooner one is there, and the likelier one slips off. A fall costs
 * no more than two steps, so that nothing but a budget makes a policy take the way round.
 */
export function ledgeWorld(): FiniteMdp {
  const rows = mdpRows(END + 1, MOVES.length);
  for (let state = 0; state < END; state++) {
    const [x, y] = [state % WIDTH, Math.floor(state / WIDTH)];
    if (state === GOAL) continue;
    MOVES.forEach((_, action) =>
      MOVES.forEach(([dx, dy], moved) => {
        const probability = SLIP / MOVES.length +
          (action === moved ? 1 - SLIP : 0);
        const nextX = Math.min(WIDTH - 1, Math.max(0, x + dx));
        const nextY = Math.min(HEIGHT - 1, y + dy);
        // The two corners have a rail.
        const falls = nextY < 0 && x > 0;
        const to = falls ? END : Math.max(0, nextY) * WIDTH + nextX;
        rows.add(state, action, {
          probability,
          nextState: to,
          reward: falls ? -3 : to === GOAL ? 9 : -1,
          outcome: falls ? 1 : to === GOAL ? 2 : 0,
        });
      })
    );
  }
  return {
    stateCount: END + 1,
    actionCount: MOVES.length,
    ...rows.finish(),
    outcomes: [
      { name: "fall", ends: true, unsafe: true },
      { name: "goal", ends: true, unsafe: false },
    ],
    start: pointStart(END + 1, 0),
    horizon: 60,
    discount: 1,
    observations: Float32Array.from(
      { length: 2 * (END + 1) },
      (_, i) => {
        const state = i >> 1;
        return i % 2 === 0 ? state % WIDTH : Math.floor(state / WIDTH);
      },
    ),
    observationSize: 2,
  };
}

/** Exact values of what is learnt under a budget from 400 episodes of the best policy, half of its actions uniform. */
export async function learntUnder(
  budget: number,
  seed: number,
): Promise<ExactEvaluation> {
  const mdp = ledgeWorld();
  const best = greedyPolicy(optimalStationaryActions(mdp), mdp.actionCount);
  const { policy } = await learn({
    config: {
      seed,
      network: { hidden: [32, 32], encoder: "minmax" },
      dataset: { bootstrapOnTruncation: true },
    },
    problem: {
      dataset: collectDataset(mdp, mixedWithUniform(mdp, best, 0.5), 400, seed),
      // Nothing of it but the world is looked at.
      environment: { mdp } as never,
    },
    algorithm: configureAlgorithm("budgetedCql", {
      steps: 4_000,
      batchSize: 64,
      learningRate: 3e-3,
      learningRateSchedule: "linear",
      targetUpdateInterval: 50,
      alpha: 0.1,
      temperature: 0.02,
      rewardScale: null,
      budget,
    }),
    backend: wasmBackend({ threads: 1 }),
  });
  return evaluate(policy, mdp);
}
