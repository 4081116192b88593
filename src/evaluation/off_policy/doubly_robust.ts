/**
 * Doubly robust estimates: a model's value, corrected by what the log's episodes did otherwise.
 *
 * @module
 */
import type { Log } from "./log.ts";
import type { Pairs } from "./pairs.ts";
import {
  type Model,
  plugInValue,
  type TargetOnPairs,
  type Unseen,
} from "./plug_in.ts";
import type { Quantity } from "./quantity.ts";
import type { Weights } from "./weights.ts";

/** A model's values at the steps of a log, with as many steps to go as the horizon leaves. */
export interface Baseline {
  /** [N] of the state and the action taken. */
  readonly actionValues: Float64Array;
  /** [N] of the state, under the target policy. */
  readonly values: Float64Array;
}

/**
 * The values of a model at the steps of some episodes.
 *
 * @param into Where they are written.
 * @param isWanted [E] 1 where an episode's steps are wanted; all if it is not given.
 */
export function baseline(
  log: Log,
  pairs: Pairs,
  model: Model,
  policy: TargetOnPairs,
  discount: number,
  horizon: number,
  unseen: Exclude<Unseen, "mask">,
  into: Baseline,
  isWanted?: Uint8Array,
): void {
  const at = stepsByTime(log, isWanted);
  plugInValue(
    log,
    pairs,
    model,
    policy,
    discount,
    horizon,
    unseen,
    (togo, q, values) => {
      for (const i of at(horizon - togo)) {
        const pair = pairs.pairOf[i];
        into.actionValues[i] = model.visits[pair] > 0 ? q[pair] : unseen[togo];
        into.values[i] = values[log.states[i]];
      }
    },
  );
}

/** The transitions of each step number. */
function stepsByTime({ offsets, longest, states }: Log, isWanted?: Uint8Array) {
  const starts = new Uint32Array(longest + 2);
  const each = (visit: (i: number, t: number) => void) => {
    for (let e = 0; e + 1 < offsets.length; e++) {
      if (isWanted?.[e] === 0) continue;
      for (let i = offsets[e]; i < offsets[e + 1]; i++) {
        visit(i, i - offsets[e]);
      }
    }
  };
  each((_, t) => starts[t + 1]++);
  for (let t = 0; t < longest; t++) starts[t + 1] += starts[t];
  const order = new Uint32Array(states.length);
  const cursor = starts.slice();
  each((i, t) => order[cursor[t]++] = i);
  return (t: number): Uint32Array =>
    t < longest
      ? order.subarray(starts[t], starts[t + 1])
      : order.subarray(0, 0);
}

/**
 * [E] the recursion x_t = V_t + ρ_t (r_t + γ x_{t+1} - Q_t) of each episode, x = 0 after its last step; the
 * doubly robust estimate (DR) is their mean (Jiang and Li 2016, section 4, equation 10).
 */
export function doublyRobustTerms(
  { offsets }: Log,
  { rewards, discount }: Quantity,
  { ratio }: Weights,
  { actionValues, values }: Baseline,
): Float64Array {
  return Float64Array.from({ length: offsets.length - 1 }, (_, e) => {
    let x = 0;
    for (let i = offsets[e + 1] - 1; i >= offsets[e]; i--) {
      x = values[i] + ratio[i] * (rewards[i] + discount * x - actionValues[i]);
    }
    return x;
  });
}
