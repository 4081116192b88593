/**
 * The alarms of a problem's policies.
 *
 * @module
 */
import type { Config } from "../config/config.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { type AlarmBell, alarmBell } from "../evaluation/alarms.ts";
import { MOST_BYTES } from "../files/most_bytes.ts";
import { modelledData } from "./policy_choice.ts";
import type { LearningProblem } from "./problem.ts";

/** The discount of a run's alarms. */
const DISCOUNT = 0.99;

/** The alarms from the data that a problem's policies learnt from; null where these have no room in memory. */
export function problemBell(
  { network, dataset }: Pick<Config, "network" | "dataset">,
  problem: LearningProblem,
): AlarmBell | null {
  const modelled = modelledInMemory(problem.dataset);
  return modelled && alarmBell(
    modelledData({ ...problem, dataset: modelled }, network.encoder),
    DISCOUNT,
    dataset.bootstrapOnTruncation,
  );
}

/**
 * The data from which alarms are: in memory. Null where they have no room there; what has is read, so that
 * nothing depends on whether data stay on disk.
 */
function modelledInMemory(dataset: Dataset): Dataset | null {
  const { stored, episodeOffsets } = dataset;
  if (!stored) return dataset;
  if (stored.bytes > MOST_BYTES) return null;
  return stored.take(
    Uint32Array.from({ length: episodeOffsets.length - 1 }, (_, e) => e),
  );
}
