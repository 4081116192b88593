import type { NetworkPolicy } from "../../src/network/policy.ts";
import { actionLayout } from "../../src/network/decision_rule.ts";
import {
  type NetworkLayout,
  networkLayout,
  packParameters,
} from "../../src/network/layout.ts";
import type { RandomStream } from "../../src/numerics/random.ts";

/** Parameters of which half of the outputs' sizes lie around 1. */
export function randomParameters(
  network: NetworkLayout,
  { uniform }: RandomStream,
): Float32Array {
  const draw = (bound: number) => () => (2 * uniform() - 1) * bound;
  return packParameters(
    network,
    network.layers.map(({ inputs, outputs }) => ({
      inputs,
      outputs,
      weight: new Float32Array(inputs * outputs).map(draw(2 / inputs ** 0.5)),
      bias: new Float32Array(outputs).map(draw(1)),
    })),
  );
}

/** A policy of two to five actions whose rule has each part half of the time. */
export function randomRule(random: RandomStream): NetworkPolicy {
  const { integer, uniform } = random;
  const often = () => integer(2) === 1;
  const quantiles = often() ? 1 + integer(9) : undefined;
  const actions = 2 + integer(4);
  const hidden = often() ? [3 + integer(6), 2 + integer(6)] : [4 + integer(5)];
  const network = networkLayout([2, ...hidden, actions * (quantiles ?? 1)]);
  const beside = actionLayout(network, actions);
  const networks = (layout: NetworkLayout, count: number) =>
    Array.from({ length: count }, () => randomParameters(layout, random));
  const count = 1 + integer(3);
  return {
    network,
    members: networks(network, count),
    outputs: "qValues",
    encoder: null,
    ...(quantiles && { quantiles }),
    ...(quantiles && often() && { risk: integer(5) === 0 ? 1 : 1 - uniform() }),
    ...(often() && { spread: 2 * uniform() }),
    ...(often() && {
      imitator: {
        members: networks(beside, 1 + integer(2)),
        flexibility: integer(4) === 0 ? 0 : uniform(),
      },
    }),
    ...(often() && {
      hazard: {
        members: networks(beside, count),
        multipliers: Array.from(
          { length: count },
          () => Math.fround(3 * uniform()),
        ),
      },
    }),
    ...(often() && { masked: true }),
  };
}

/** [rows, actions] with something allowed in each row. */
export function randomMask(
  rows: number,
  actions: number,
  { integer }: RandomStream,
): Uint8Array {
  const allowed = new Uint8Array(rows * actions).map(() => integer(2));
  for (let row = 0; row < rows; row++) {
    allowed[row * actions + integer(actions)] = 1;
  }
  return allowed;
}
