/** Tables of worlds as tests look at them. */
import { ok } from "node:assert/strict";
import {
  type EnvironmentConfig,
  initialSettings,
  type KnownEnvironment,
  openKnownEnvironment,
} from "../../src/environments/index.ts";
import type { FiniteMdp } from "../../src/mdp/mdp.ts";

/** A world by its name or that of a variant, with some settings. */
export function openWorld(
  name: string,
  settings: object = {},
  behaviour?: string,
  epsilon = 0,
  seed = 0,
): KnownEnvironment {
  const config = { name, ...initialSettings(name), ...settings };
  return openKnownEnvironment(
    config as EnvironmentConfig,
    seed,
    behaviour,
    epsilon,
  );
}

/** What can happen after an action, as [probability, next state, reward, name of the outcome]. */
export type Row = [
  probability: number,
  next: number,
  reward: number,
  outcome?: string,
][];

/** The row of a pair, without what cannot happen. */
export function rowOf(mdp: FiniteMdp, state: number, action: number): Row {
  const { outcomeOffsets, probability, nextState, reward, outcome } = mdp;
  const pair = state * mdp.actionCount + action;
  const row: Row = [];
  for (let i = outcomeOffsets[pair]; i < outcomeOffsets[pair + 1]; i++) {
    if (probability[i] === 0) continue;
    const name = mdp.outcomes[outcome[i] - 1]?.name;
    row.push([
      probability[i],
      nextState[i],
      reward[i],
      ...(name ? [name] : []) as [string?],
    ]);
  }
  return row;
}

/** Equal to the rounding of a few operations. */
export function close(
  actual: number | null,
  expected: number,
  tolerance = 1e-12,
) {
  ok(
    actual !== null &&
      Math.abs(actual - expected) <=
        tolerance * Math.max(1, Math.abs(expected)),
    `${actual} is not ${expected}`,
  );
}
