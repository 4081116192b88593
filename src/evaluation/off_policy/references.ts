/**
 * Reference policies of a log whose world is not known, to evaluate like any other.
 *
 * @module
 */
import { mdpRows } from "../../mdp/build.ts";
import { greedyPolicy } from "../../mdp/policy.ts";
import {
  maximumLikelihoodActions,
  mostFrequentActions,
  REFERENCE_GAMMA,
  SPIBB_THRESHOLD,
  spibbPolicy,
} from "../references.ts";
import type { CountedModel } from "../counted_model.ts";
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
      return frequencies(counted);
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

/** n(s, a) / n(s); uniform where nothing was done, as after a last step that was cut. */
function frequencies({ counts, model }: CountedModel): Float64Array {
  const { actionCount } = model;
  const policy = new Float64Array(counts.length);
  for (let row = 0; row < counts.length; row += actionCount) {
    const own = counts.subarray(row, row + actionCount);
    const visits = own.reduce((sum, n) => sum + n, 0);
    for (let a = 0; a < actionCount; a++) {
      policy[row + a] = visits > 0 ? own[a] / visits : 1 / actionCount;
    }
  }
  return policy;
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
  return {
    counts,
    model: {
      ...rows.finish(),
      stateCount,
      actionCount,
      outcomes: [{ name: "end", ends: true, unsafe: false }],
      start,
      horizon: null,
      discount: 1,
      observations: log.observations,
      observationSize: log.observationSize,
    },
  };
}
