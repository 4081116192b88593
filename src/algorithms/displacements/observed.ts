/**
 * What a data set shows of displacements: by how much each action changed the observation, where, and what
 * entering an observation brought.
 *
 * @module
 */
import type { Dataset } from "../../dataset/dataset.ts";
import {
  type DistinctRows,
  distinctRows,
} from "../../dataset/distinct_rows.ts";
import { learntRows } from "../../dataset/ends.ts";

/** More different displacements than this are no step of a few kinds. */
const MOST_DISPLACEMENTS = 32;
/** Numbers of the table of counts that are still made. */
const MOST_COUNTS = 2 ** 24;

/** Counts of displacements. U distinct observations are acted in, S ≥ U are seen, K displacements. */
export interface ObservedDisplacements {
  /** The U distinct observations that policies act in. */
  readonly rows: DistinctRows;
  /** A */
  readonly actionCount: number;
  /** K */
  readonly displacementCount: number;
  /** [U, A, K] how often an action led to the place that a displacement leads to; see `groups`. */
  readonly counts: Uint32Array;
  /**
   * [U, K] the observation (0 … S - 1) that a displacement leads to, held within the range of the data
   * column by column; -1 where it was never seen.
   */
  readonly landing: Int32Array;
  /** [U] which of `groups` holds: places at the same edges of the range have the same. */
  readonly patternOf: Uint32Array;
  /** Patterns: for each displacement the first that leads to the same place. */
  readonly groups: readonly Uint32Array[];
  /** [S] the row of `rows`; -1 where nothing was done. */
  readonly rowOf: Int32Array;
  /** [N] for each transition the observation, by its row, and that which it entered. */
  readonly from: Uint32Array;
  /** [N] see `from` */
  readonly entered: Uint32Array;
}

/**
 * Counts the displacements of a data set.
 *
 * @param dataset A valid one.
 * @returns Or why they mean nothing, as the end of a sentence.
 */
export function observedDisplacements(
  dataset: Dataset,
): ObservedDisplacements | string {
  const { observationSize: size, actionCount, observations, actions } = dataset;
  const { episodeOffsets, observationCategories } = dataset;
  if (observationCategories) return "observations are names, not quantities";
  const transitions = actions.length;
  const rows = learntRows(dataset);
  // -0 is no other place than 0.
  const seen = distinctRows(observations.map((x) => x + 0), size);
  const rowOf = new Int32Array(seen.count).fill(-1);
  const from = new Uint32Array(transitions);
  const entered = new Uint32Array(transitions);
  // In f64, so that they are exact where the numbers are of like size; as pairs of f32 to be compared.
  const changes = new Float64Array(transitions * size);
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      const row = rows.rowOf[i + e];
      const state = seen.rowOf[i + e];
      if (rowOf[state] >= 0 && rowOf[state] !== row) {
        return "the same observation allows other actions at other times";
      }
      rowOf[state] = row;
      from[i] = row;
      entered[i] = seen.rowOf[i + e + 1];
      for (let d = 0; d < size; d++) {
        const at = (i + e) * size + d;
        changes[i * size + d] = observations[at + size] - observations[at];
      }
    }
  }
  // Observations that only a cut episode ended in: a policy acts there too.
  for (let row = 0; row < seen.rowOf.length; row++) {
    const state = seen.rowOf[row];
    const u = rows.rowOf[row];
    if (rowOf[state] < 0 && isSame(observations, row, rows, u, size)) {
      rowOf[state] = u;
    }
  }
  const kinds = distinctRows(new Float32Array(changes.buffer), 2 * size);
  const displacementCount = kinds.count;
  if (displacementCount > MOST_DISPLACEMENTS) {
    return `the data have ${displacementCount} different displacements, more than ${MOST_DISPLACEMENTS}`;
  }
  const width = Math.max(actionCount, size);
  if (rows.count * displacementCount * width > MOST_COUNTS) {
    return "there are too many distinct observations";
  }
  const landing = landings(rows, seen, size, kinds.observations);
  const { patternOf, groups } = patterns(landing, displacementCount);
  const counts = new Uint32Array(rows.count * actionCount * displacementCount);
  for (let i = 0; i < transitions; i++) {
    const pair = from[i] * actionCount + actions[i];
    const group = groups[patternOf[from[i]]][kinds.rowOf[i]];
    counts[pair * displacementCount + group]++;
  }
  return {
    rows,
    actionCount,
    displacementCount,
    counts,
    landing: landing.map((place) => place < seen.count ? place : -1),
    patternOf,
    groups,
    rowOf,
    from,
    entered,
  };
}

function isSame(
  observations: Float32Array,
  row: number,
  rows: DistinctRows,
  u: number,
  size: number,
): boolean {
  for (let d = 0; d < size; d++) {
    if (observations[row * size + d] !== rows.observations[u * size + d]) {
      return false;
    }
  }
  return true;
}

/**
 * Where displacements lead.
 *
 * @param displacements [K, D] f64, as pairs of f32.
 * @returns [U, K] equal where the place is; from S on, places that were never seen.
 */
function landings(
  { count, observations }: DistinctRows,
  seen: DistinctRows,
  size: number,
  displacements: Float32Array,
): Int32Array {
  const changes = new Float64Array(
    displacements.buffer,
    displacements.byteOffset,
    displacements.length / 2,
  );
  const low = new Float32Array(size).fill(Infinity);
  const high = new Float32Array(size).fill(-Infinity);
  seen.observations.forEach((x, i) => {
    low[i % size] = Math.min(low[i % size], x);
    high[i % size] = Math.max(high[i % size], x);
  });
  const kinds = changes.length / size;
  const places = new Float32Array((seen.count + count * kinds) * size);
  places.set(seen.observations);
  let at = seen.observations.length;
  for (let u = 0; u < count; u++) {
    for (let c = 0; c < changes.length; c++) {
      const d = c % size;
      const x = observations[u * size + d] + changes[c];
      places[at++] = Math.max(low[d], Math.min(high[d], x)) + 0;
    }
  }
  const { rowOf } = distinctRows(places, size);
  return Int32Array.from(rowOf.subarray(seen.count));
}

/** Which displacements lead to the same place, once for all observations of which that holds. */
function patterns(
  landing: Int32Array,
  kinds: number,
): Pick<ObservedDisplacements, "patternOf" | "groups"> {
  const groups: Uint32Array[] = [];
  const known = new Map<string, number>();
  const patternOf = new Uint32Array(landing.length / kinds);
  for (let u = 0; u < patternOf.length; u++) {
    const places = landing.subarray(u * kinds, (u + 1) * kinds);
    const group = Uint32Array.from(places, (place) => places.indexOf(place));
    const key = group.join();
    if (!known.has(key)) known.set(key, groups.push(group) - 1);
    patternOf[u] = known.get(key)!;
  }
  return { patternOf, groups };
}
