/**
 * What a policy is worth in a pessimistic model counted from the data: a criterion for choosing a
 * checkpoint that never looks at the true environment.
 *
 * @module
 */
import type { Dataset } from "../dataset/dataset.ts";
import type { DistinctRows } from "../dataset/distinct_rows.ts";
import { isTerminal, learntRows } from "../dataset/ends.ts";
import { validateDataset } from "../dataset/validate.ts";
import { requireActions, requireLength } from "../numerics/arrays.ts";

/** Imaginary visits of each pair that end with the lowest reward in the data. */
const IMAGINARY_VISITS = 0.5;
/** Sweeps end when no value changes by more. */
const TOLERANCE = 1e-9;

/** A model counted from data. */
export interface DataModel {
  /** The distinct observations; policies are given as an action for each. */
  readonly rows: DistinctRows;
  /**
   * Mean discounted return over the data's first observations.
   * @param actions One for each distinct observation.
   */
  value(actions: Int32Array): number;
}

/**
 * Counts the model: outcomes of (observation, action) with their frequencies, and half an imaginary
 * visit of each pair that ends with the lowest reward in the data, so that a pair is worth that
 * where nothing is known and little less than its mean where much is. Memory and time of a sweep are
 * linear in the data; it is meant for data whose observations repeat.
 *
 * @param discount γ
 * @param bootstrapOnTruncation Whether the return goes beyond the last step of an episode that was cut.
 * @throws InputError if the data are not valid.
 */
export function dataModel(
  dataset: Dataset,
  discount: number,
  bootstrapOnTruncation: boolean,
): DataModel {
  validateDataset(dataset, "the data set");
  const { actionCount, episodeOffsets, actions, rewards } = dataset;
  const rows = learntRows(dataset);
  const transitions = actions.length;
  const next = new Int32Array(transitions);
  const pair = new Uint32Array(transitions);
  const offsets = new Uint32Array(rows.count * actionCount + 1);
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      pair[i] = rows.rowOf[i + e] * actionCount + actions[i];
      offsets[pair[i] + 1]++;
      const ends = isTerminal(dataset, e, i, bootstrapOnTruncation);
      next[i] = ends ? -1 : rows.rowOf[i + e + 1];
    }
  }
  for (let p = 1; p < offsets.length; p++) offsets[p] += offsets[p - 1];
  const order = new Uint32Array(transitions);
  const cursor = offsets.slice();
  for (let i = 0; i < transitions; i++) order[cursor[pair[i]]++] = i;
  const worst = rewards.reduce((low, r) => Math.min(low, r), Infinity);

  function value(policy: Int32Array): number {
    requireLength(policy.length, rows.count, "actions");
    requireActions(policy, actionCount);
    const values = new Float64Array(rows.count);
    let change = Infinity;
    while (change > TOLERANCE) {
      change = 0;
      for (let u = 0; u < rows.count; u++) {
        const p = u * actionCount + policy[u];
        let sum = IMAGINARY_VISITS * worst;
        for (let k = offsets[p]; k < offsets[p + 1]; k++) {
          const i = order[k];
          sum += rewards[i] + (next[i] < 0 ? 0 : discount * values[next[i]]);
        }
        sum /= offsets[p + 1] - offsets[p] + IMAGINARY_VISITS;
        change = Math.max(change, Math.abs(sum - values[u]));
        values[u] = sum;
      }
    }
    const episodes = episodeOffsets.length - 1;
    let total = 0;
    for (let e = 0; e < episodes; e++) {
      total += values[rows.rowOf[episodeOffsets[e] + e]];
    }
    return total / episodes;
  }
  return { rows, value };
}
