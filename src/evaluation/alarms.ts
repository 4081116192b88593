/**
 * What the data say against a policy that was learnt from them, whether or not their world is known.
 *
 * @module
 */
import type { Plan } from "../algorithms/displacements/model.ts";
import { displacementModel } from "../algorithms/displacements/model.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { isTerminal, learntRows } from "../dataset/ends.ts";
import {
  actionCountOf,
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
} from "../network/policy.ts";

/** A gap of more than this share of the largest reward, or of the plan's value where that is larger. */
const WIDE_GAP = 0.05;
/** Action values may exceed what the rewards allow by this share of the larger of the two. */
const TOO_HIGH = 0.1;

/** What can be wrong: `modelValue` far below `planValue`, `largestActionValue` far above `largestReturn`. */
export type AlarmName = "modelValue" | "largestActionValue";

/** All of them, in their order. */
export const ALARM_NAMES: readonly AlarmName[] = [
  "modelValue",
  "largestActionValue",
];

/** Of one policy. */
export interface Alarms {
  /**
   * Its mean discounted return from the data's first observations in the model with shared displacements; null
   * where the data do not fit it.
   */
  readonly modelValue: number | null;
  /** The same of the model's own plan. */
  readonly planValue: number | null;
  /** The largest action value in the data's observations, in units of the rewards; null for logits. */
  readonly largestActionValue: number | null;
  /** The largest discounted return that the rewards of the data allow; null where there is no largest. */
  readonly largestReturn: number | null;
  /** What is wrong. */
  readonly raised: readonly AlarmName[];
}

/** Says what is wrong with policies learnt from a data set. */
export interface AlarmBell {
  /** Why the model with shared displacements does not fit, as the end of a sentence; null where it does. */
  readonly misfit: string | null;
  /** @param rewardScale What rewards were multiplied by. */
  alarms(policy: NetworkPolicy, rewardScale: number): Alarms;
}

/**
 * Prepares the alarms of a data set.
 *
 * @param dataset Valid, with `observationCategories` where observations are names.
 * @param discount γ
 * @param bootstrapOnTruncation Whether the return goes beyond the last step of an episode that was cut.
 */
export function alarmBell(
  dataset: Dataset,
  discount: number,
  bootstrapOnTruncation: boolean,
): AlarmBell {
  const model = displacementModel(dataset, discount);
  const rows = learntRows(dataset);
  const largestReward = dataset.rewards.reduce(
    (most, r) => Math.max(most, Math.abs(r)),
    0,
  );
  const largestReturn = largestReturnOf(
    dataset,
    discount,
    bootstrapOnTruncation,
  );
  let plan: Plan | undefined;
  return {
    misfit: typeof model === "string" ? model : null,
    alarms(policy, rewardScale) {
      const { observations, allowed } = rows;
      const values = evaluatePolicy(policy, observations, allowed);
      const raised: AlarmName[] = [];
      let modelValue: number | null = null;
      if (typeof model !== "string") {
        plan ??= model.plan();
        const actions = greedyActions(values, actionCountOf(policy), allowed);
        modelValue = model.value(actions);
        const most = WIDE_GAP * Math.max(largestReward, Math.abs(plan.value));
        if (plan.value - modelValue > most) raised.push("modelValue");
      }
      let largestActionValue: number | null = null;
      if (policy.outputs === "qValues") {
        largestActionValue = values.reduce(
          (most, value, i) => allowed?.[i] === 0 ? most : Math.max(most, value),
          -Infinity,
        ) / rewardScale;
        const most = largestReturn === null ? Infinity : largestReturn +
          TOO_HIGH * Math.max(largestReward, Math.abs(largestReturn));
        // Where nothing was ever paid, any value is too high, and none does harm.
        if (largestReward > 0 && largestActionValue > most) {
          raised.push("largestActionValue");
        }
      }
      return {
        modelValue,
        planValue: plan?.value ?? null,
        largestActionValue,
        largestReturn,
        raised,
      };
    },
  };
}

/** B = max(largest reward that ends, largest other reward / (1 - γ)): then r + γ · B is never above B. */
function largestReturnOf(
  dataset: Dataset,
  discount: number,
  bootstrapOnTruncation: boolean,
): number | null {
  const { rewards, episodeOffsets } = dataset;
  let ending = -Infinity;
  let going = -Infinity;
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      if (isTerminal(dataset, e, i, bootstrapOnTruncation)) {
        ending = Math.max(ending, rewards[i]);
      } else going = Math.max(going, rewards[i]);
    }
  }
  // Without a discount, rewards above 0 allow any return, and those below what an end brings.
  if (discount < 1) going /= 1 - discount;
  else if (going !== 0) going *= Infinity;
  const largest = Math.max(ending, going);
  return Number.isFinite(largest) ? largest : null;
}
