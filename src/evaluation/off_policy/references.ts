/**
 * Reference policies of a log whose world is not known, to evaluate like any other.
 *
 * @module
 */
import { mdpRows } from "../../mdp/build.ts";
import { greedyPolicy } from "../../mdp/policy.ts";
import {
  type CountedModel,
  shares,
} from "../../algorithms/tabular/counted_model.ts";
import { maximumLikelihoodActions } from "../../algorithms/tabular/maximum_likelihood.ts";
import {
  SPIBB_THRESHOLD,
  spibbPolicy,
} from "../../algorithms/tabular/spibb.ts";
import { mostFrequentActions, REFERENCE_GAMMA } from "../references.ts";
import { episodeCount, type Log } from "./log.ts";
import type { Pairs } from "./pairs.ts";
import { countedModel } from "./plug_in.ts";
import type { Quantity } from "./quantity.ts";

/** Their names. */
export const LOG_REFERENCES = [
  "behaviour",
  "mostFrequentAction",
  "maximumLikelihoodModel",
  "spibb",
] as const;

/** A name of a reference policy. */
export type LogReference = typeof LOG_REFERENCES[number];

/**
 * A reference policy in the states of a log: what was done there, counted; its most frequent action; the plan
 * in the counted model; SPIBB.
 *
 * @param quantity What the plans maximise.
 * @returns [U, A]
 */
export function referenceTarget(
  log: Log,
  pairs: Pairs,
  quantity: Quantity,
  name: LogReference,
): Float64Array {
  const counted = modelOf(log, pairs, quantity);
  switch (name) {
    case "behaviour":
      return counted.baseline;
    case "mostFrequentAction":
      return greedyPolicy(mostFrequentActions(counted), log.actionCount);
    case "maximumLikelihoodModel":
      return greedyPolicy(
        maximumLikelihoodActions(counted, REFERENCE_GAMMA),
        log.actionCount,
      );
    case "spibb":
      return spibbPolicy(counted, REFERENCE_GAMMA, SPIBB_THRESHOLD);
  }
}

function modelOf(log: Log, pairs: Pairs, quantity: Quantity): CountedModel {
  const { stateCount, actionCount } = log;
  const once = new Float64Array(episodeCount(log)).fill(1);
  const { visits, probability, reward, start } = countedModel(
    log,
    pairs,
    quantity,
    once,
  );
  const counts = new Uint32Array(stateCount * actionCount);
  const rows = mdpRows(stateCount, actionCount);
  for (let s = 0; s < stateCount; s++) {
    for (let k = pairs.stateOffsets[s]; k < pairs.stateOffsets[s + 1]; k++) {
      const action = pairs.actions[k];
      counts[s * actionCount + action] = visits[k];
      const end = pairs.outcomeOffsets[k + 1];
      for (let m = pairs.outcomeOffsets[k]; m < end; m++) {
        rows.add(s, action, {
          probability: probability[m],
          nextState: Math.max(0, pairs.next[m]),
          reward: reward[k],
          outcome: pairs.next[m] < 0 ? 1 : 0,
        });
      }
    }
  }
  const model = {
    ...rows.finish(),
    stateCount,
    actionCount,
    outcomes: [{ name: "end", ends: true, unsafe: false }],
    start,
    horizon: null,
    discount: 1,
    observations: log.observations,
    observationSize: log.observationSize,
    ...(log.allowed && { allowed: log.allowed }),
  };
  const baseline = shares(counts, model);
  return { counts, model, baseline, baselineWeights: counts };
}
