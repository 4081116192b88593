/**
 * Conservative Q-learning under a budget of unsafe steps: a constrained Markov decision process (Altman,
 * 1999) by its Lagrangian. A second critic learns how likely an unsafe step is, discounted; actions are
 * chosen by Q - λ · hazard; and the multiplier λ rises while the policy's hazard exceeds the budget where
 * episodes start (dual ascent, as in Le, Voloshin and Yue, 2019, algorithm 2, and in the offline method
 * of Xu, Zhan and Zhu, 2022, "Constraints penalized Q-learning").
 *
 * Deviations: both critics and λ are updated in each step, where Le et al. solve for a policy between two
 * updates of λ and return a mixture of the policies; the policy is the last one, with 1.5 times the multiplier,
 * because a mixture of such policies may be what meets the budget, and the last one above it. Q is CQL's, and so what
 * keeps to the data's actions; Xu et al. raise the cost of unseen actions with a density model in place
 * of that.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { planLayout } from "../../kernels/plan.ts";
import { InputError } from "../errors.ts";
import { number, type NumbersNamed } from "../settings.ts";
import {
  type AlgorithmDefinition,
  type KnownOfData,
  type LearnerSettings,
  rewardScaleOf,
  type ValueSettings,
} from "./define.ts";
import {
  backwardCalls,
  batchBuffers,
  forwardCalls,
  gatherCalls,
  lastLayer,
  lossRowsCall,
  maskTables,
  meanLossesCall,
  networkBuffers,
  qSamplesCall,
  softmaxBuffers,
  softmaxCall,
  targetCalls,
  trainedNetwork,
} from "./network_calls.ts";
import { call, stateOf, view } from "./program.ts";
import { conservativeQLearning } from "./q_learning.ts";

/** Settings of CQL with a budget. */
export type BudgetedCqlSettings =
  & LearnerSettings
  & ValueSettings
  & NumbersNamed<
    | "alpha"
    | "temperature"
    | "targetActionNoise"
    | "budget"
    | "multiplierRate"
    | "largestMultiplier"
  >
  & { readonly unsafeReward: number | null };

const {
  steps,
  learningRate,
  learningRateSchedule,
  batchSize,
  gamma,
  alpha,
  temperature,
  targetUpdateInterval,
  logInterval,
  ensembleSize,
  rewardScale,
  targetActionNoise,
  checkpointChoice,
} = conservativeQLearning.settings;

/** Where the multiplier is. */
const MULTIPLIER = "multiplier";

/**
 * By how much the policy multiplies it. At the multiplier that training finds, policies above and below the
 * budget are equally good, and the last one may be either.
 */
const CAUTION = 1.5;

/**
 * With the values Q of CQL and the hazard H of a network of its own, of which what is below 0 counts as 0
 * and above 1 as 1, the next action of both targets is a' = argmax Q(s',·) - λ · H(s',·), and of H
 * `hazardLoss` = mean(Huber(H(s,a) - y)), y = u(s,a) + γ · ((1 - n) · H'(s',a') + n · mean H'(s',·)), where
 * u(s,a) is the share of the data's transitions with (s, a) that are unsafe. `tdLoss` and
 * `conservativeLoss` are CQL's.
 *
 * `hazardExcess` is the mean over start observations of H(s, a') - budget, estimated from the minibatch.
 * After each step λ gains multiplierRate / targetUpdateInterval times as much, and stays from 0 to
 * largestMultiplier, both in units of the largest absolute reward of the data. The policy acts by
 * Q - 1.5 · λ · H.
 */
export const budgetedConservativeQLearning: AlgorithmDefinition<
  "budgetedCql",
  BudgetedCqlSettings
> = {
  name: "budgetedCql",
  title: "conservative Q-learning with a hazard budget",
  settings: {
    steps,
    learningRate,
    learningRateSchedule,
    batchSize,
    gamma,
    alpha,
    temperature,
    budget: number(
      0,
      1,
      0.01,
      "discounted probability of an unsafe step, from where episodes start, above which the multiplier rises",
    ),
    unsafeReward: {
      ...number(
        -1e30,
        1e30,
        0,
        "a step with this reward or less is unsafe; `null`: a step that the environment calls so",
      ),
      nullable: true,
      default: null,
    },
    multiplierRate: number(
      0,
      1_000,
      0.5,
      "by how much the multiplier rises from one target update to the next, in units of the data's largest absolute reward, for each unit above the budget",
    ),
    largestMultiplier: number(
      0,
      1e6,
      100,
      "what an unsafe step may cost at most, in the same units",
    ),
    targetUpdateInterval,
    logInterval,
    ensembleSize,
    rewardScale,
    targetActionNoise,
    checkpointChoice,
  },
  startsFrom: "cql",
  // The multiplier is in units of it.
  isScaledByData: () => true,
  tables: budgetTables,
  suspicions(settings, known) {
    const unsafe = unsafeOf(settings, known);
    const count = unsafe?.reduce((sum, is) => sum + is, 0);
    if (unsafe === null || count !== 0 && count !== unsafe.length) return [];
    const which = settings.unsafeReward === null
      ? "the environment calls"
      : `unsafeReward ${settings.unsafeReward} makes`;
    return [
      `${which} ${
        count === 0 ? "no step" : "every step"
      } of the data unsafe: the budget of budgetedCql tells no action from another`,
    ];
  },
  build(settings, shape) {
    const { batchSize, alpha, targetUpdateInterval } = settings;
    const { actionCount: actions, tableRows, largestReward = 1 } = shape;
    const value = trainedNetwork("value", shape, actions, { hasTarget: true });
    const hazard = trainedNetwork("hazard", shape, actions, {
      isFirst: false,
      hasTarget: true,
    });
    const networks = [value, hazard];
    const { outputStride: stride } = lastLayer(value);
    const rowCapacity = 2 * batchSize;
    const plan = planLayout(batchSize, rowCapacity);
    const [target, targetHazard] = networks.map((network) =>
      targetCalls(network, plan, tableRows, targetUpdateInterval, ROWS.next)
    );
    const scale = rewardScaleOf(settings, shape);
    const noise = settings.targetActionNoise;
    const unit = largestReward * scale;
    const rate = settings.multiplierRate * unit / targetUpdateInterval;
    const hazards = view("hazard.onlineValues");
    const multiplier = view(MULTIPLIER);
    const preferences = view("preferences");
    const sampleLosses = view("sampleLosses");
    return {
      networks,
      state: [...stateOf(networks), MULTIPLIER],
      outputs: "qValues",
      decision: {
        hazard: { network: "hazard", multiplier: MULTIPLIER, factor: CAUTION },
      },
      discount: settings.gamma,
      rewardScale: scale,
      plan,
      tableRows,
      tables: [
        ...maskTables(value, tableRows),
        { name: "unsafeShares", length: tableRows * actions },
        { name: "startWeights", length: tableRows },
      ],
      buffers: [
        ...networks.flatMap((network) => networkBuffers(network, rowCapacity)),
        ...batchBuffers(value, plan, 5),
        ...softmaxBuffers(value, rowCapacity),
        { name: MULTIPLIER, length: 4 },
        { name: "preferences", length: rowCapacity * stride },
        { name: "nextPolicy", length: rowCapacity * stride },
        { name: "sampleGradient", length: batchSize },
        { name: "hazard.sampleGradient", length: batchSize },
        ...target.buffers,
        ...targetHazard.buffers,
      ],
      step: [
        ...gatherCalls(value),
        ...networks.flatMap((network) =>
          forwardCalls(network, "online", ROWS.all)
        ),
        ...target.step,
        ...targetHazard.step,
        call("less_hazard", {
          values: view("onlineValues"),
          hazards,
          multiplier,
          preferences,
        }, { stride }),
        softmaxCall(value, settings.temperature),
        qSamplesCall(value, target, preferences, {
          ...settings,
          doubleQ: true,
        }),
        call("greedy_policy", {
          values: preferences,
          policy: view("nextPolicy"),
        }, {
          actions,
          stride,
          table: 0,
          greedyShare: 1 - noise,
          noise,
          uniformShare: noise / actions,
        }),
        call("hazard_samples", {
          policy: view("nextPolicy"),
          targetHazards: targetHazard.values,
          hazards,
          unsafeShares: view("unsafeShares"),
          sampleLosses,
          sampleGradient: view("hazard.sampleGradient"),
        }, {
          actions,
          stride,
          table: targetHazard.table,
          term: 2,
          inverseBatch: 1 / batchSize,
        }),
        call("start_samples", {
          preferences,
          hazards,
          startWeights: view("startWeights"),
          multiplier,
          sampleLosses,
        }, { actions, stride, term: 3, budget: settings.budget }),
        call("raise_multiplier", { sampleLosses, multiplier }, {
          term: 3,
          rate: rate / batchSize,
          largest: settings.largestMultiplier * unit,
        }),
        lossRowsCall(value, "probabilities", alpha / batchSize),
        // Nothing but a sample's own action has a gradient: any finite rowTerms serve.
        lossRowsCall(hazard, hazards.buffer, 0),
        meanLossesCall(5, batchSize),
        ...networks.flatMap((network) => backwardCalls(network)),
      ],
      targetUpdate: [...target.targetUpdate, ...targetHazard.targetUpdate],
      sweep: [...target.sweep, ...targetHazard.sweep],
      targetUpdateInterval,
      lossTerms: [
        { name: "tdLoss", weight: 1 },
        { name: "conservativeLoss", weight: alpha },
        { name: "hazardLoss", weight: 1 },
        { name: "hazardExcess", weight: 0 },
        { name: "multiplier", weight: 0 },
      ],
    };
  },
};

/**
 * `unsafeShares` [rows, actions], the share of the transitions with an observation and action that are
 * unsafe, 0 where there are none; and `startWeights` [rows], in proportion to the share of an
 * observation's transitions that begin an episode, 1 in the mean over all transitions.
 *
 * @throws InputError if it is not known which steps are unsafe.
 */
function budgetTables(
  settings: BudgetedCqlSettings,
  known: KnownOfData,
): Record<string, Float32Array> {
  const { dataset, rowOf, rowCount } = known;
  const { actions, episodeOffsets, actionCount } = dataset;
  const unsafe = unsafeOf(settings, known);
  if (unsafe === null) {
    throw new InputError(
      "algorithms.budgetedCql.unsafeReward: the environment calls nothing unsafe, or is not known: " +
        "give the reward at or below which a step is unsafe",
    );
  }
  const unsafeCounts = new Float64Array(rowCount * actionCount);
  const counts = new Float64Array(rowCount * actionCount);
  const rowCounts = new Float64Array(rowCount);
  const startCounts = new Float64Array(rowCount);
  const episodes = episodeOffsets.length - 1;
  for (let e = 0; e < episodes; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      const row = rowOf[i + e];
      const pair = row * actionCount + actions[i];
      unsafeCounts[pair] += unsafe[i];
      counts[pair]++;
      rowCounts[row]++;
      if (i === episodeOffsets[e]) startCounts[row]++;
    }
  }
  const perStart = actions.length / episodes;
  return {
    unsafeShares: Float32Array.from(
      unsafeCounts,
      (count, pair) => count / Math.max(1, counts[pair]),
    ),
    startWeights: Float32Array.from(
      startCounts,
      (count, row) => perStart * count / Math.max(1, rowCounts[row]),
    ),
  };
}

/** [N] 1 where a step is unsafe; null where that is not known. */
function unsafeOf(
  { unsafeReward }: BudgetedCqlSettings,
  { dataset, unsafeSteps }: Pick<KnownOfData, "dataset" | "unsafeSteps">,
): Uint8Array | null {
  return unsafeReward === null ? unsafeSteps?.() ?? null : Uint8Array.from(
    dataset.rewards,
    (reward) => reward <= Math.fround(unsafeReward) ? 1 : 0,
  );
}
