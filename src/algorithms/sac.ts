/**
 * Discrete soft actor-critic (Christodoulou, 2019): two critics of the policy with its entropy as a
 * reward, and a policy and a temperature that keep the entropy near a share of the largest. It is an
 * algorithm for learning from fresh experience: nothing in it keeps to the actions of the data.
 *
 * Deviations from the paper, shared with d3rlpy's `DiscreteSAC`: a Huber loss at 1 of the critics, and
 * target networks that are copied at an interval in place of a moving average.
 *
 * @module
 */
import { ROWS } from "../../kernels/kernel.ts";
import { planLayout } from "../../kernels/plan.ts";
import { log } from "../../kernels/portable.ts";
import { number, type NumbersNamed } from "../settings.ts";
import {
  type AlgorithmDefinition,
  type LearnerSettings,
  learnerSettings,
  rewardScaleOf,
  type ValueSettings,
  valueSettings,
} from "./define.ts";
import {
  adamCall,
  backwardCalls,
  batchBuffers,
  forwardCalls,
  gatherCalls,
  lastLayer,
  lossRowsCall,
  maskTables,
  meanLossesCall,
  networkBuffers,
  outputGradientName,
  targetCalls,
  trainedNetwork,
} from "./network_calls.ts";
import { call, type ProgramNetwork, stateOf, view } from "./program.ts";

/** Settings of discrete SAC. */
export type SacSettings =
  & LearnerSettings
  & ValueSettings
  & NumbersNamed<
    "criticLearningRate" | "temperatureLearningRate" | "initialTemperature"
  >;

/** The entropy that the temperature aims at, as a share of that of equally likely actions. */
const ENTROPY_SHARE = 0.98;

/** The log temperature: a network without inputs, whose one output is its bias. */
function temperatureNetwork(start: number): ProgramNetwork {
  const layer = {
    inputs: 0,
    outputs: 1,
    inputStride: 0,
    outputStride: 4,
    offset: 0,
  };
  return {
    name: "temperature",
    layout: { layers: [layer], parameterCount: 4 },
    prefix: "temperature.",
    hasTarget: false,
    masked: false,
    start,
  };
}

/**
 * With the policy's probabilities p and a temperature T, in this order: both critics by
 * `criticLoss` = Σ_c mean(Huber(Q_c(s,a) - y)), y = r + γ · Σ_b p(b|s') · (min_c Q'_c(s',b) - T · log p(b|s'));
 * log T by `temperatureLoss` = T · mean(H(p(·|s)) - 0.98 · log n), H the entropy, n the actions allowed;
 * the policy by `policyLoss` = mean(Σ_b p(b|s) · (T · log p(b|s) - min_c Q_c(s,b))), where critics and
 * temperature are the updated ones. What stands in another's loss is held fixed.
 */
export const softActorCritic: AlgorithmDefinition<"sac", SacSettings> = {
  name: "sac",
  title: "soft actor-critic",
  settings: {
    steps: { ...learnerSettings.steps, default: 80_000 },
    learningRate: {
      ...learnerSettings.learningRate,
      meaning: "Adam's step size for the policy",
    },
    criticLearningRate: number(1e-9, 1, 3e-4, "the same for the critics"),
    temperatureLearningRate: number(
      0,
      1,
      3e-4,
      "the same for the logarithm of the temperature: 0 keeps it",
    ),
    learningRateSchedule: learnerSettings.learningRateSchedule,
    batchSize: learnerSettings.batchSize,
    gamma: valueSettings.gamma,
    initialTemperature: number(
      1e-6,
      1e6,
      1,
      "what entropy is worth, in units of the data's rewards, to begin with",
    ),
    targetUpdateInterval: valueSettings.targetUpdateInterval,
    logInterval: { ...learnerSettings.logInterval, default: 1_000 },
    ensembleSize: learnerSettings.ensembleSize,
    rewardScale: valueSettings.rewardScale,
    checkpointChoice: valueSettings.checkpointChoice,
  },
  startsFrom: "cql",
  build(settings, shape) {
    const { batchSize, learningRate, targetUpdateInterval } = settings;
    const rewardScale = rewardScaleOf(settings, shape);
    const policy = trainedNetwork("policy", shape, shape.actionCount);
    const critics = ["critic1", "critic2"].map((name) =>
      trainedNetwork(name, shape, shape.actionCount, {
        isFirst: false,
        hasTarget: true,
      })
    );
    const temperature = temperatureNetwork(
      log(Math.fround(settings.initialTemperature * rewardScale)),
    );
    const networks = [policy, ...critics, temperature];
    const { outputs: actions, outputStride: stride } = lastLayer(policy);
    const rowCapacity = 2 * batchSize;
    const plan = planLayout(batchSize, rowCapacity);
    const targets = critics.map((critic) =>
      targetCalls(
        critic,
        plan,
        shape.tableRows,
        targetUpdateInterval,
        ROWS.next,
      )
    );
    const logProbabilities = view("logProbabilities");
    const logTemperature = view("temperature.parameters");
    const softValues = view("softValues");
    const sampleLosses = view("sampleLosses");
    const [firstValues, secondValues] = critics.map(({ prefix }) =>
      view(`${prefix}onlineValues`)
    );
    const criticForward = critics.flatMap((critic) =>
      forwardCalls(critic, "online", ROWS.gradient)
    );
    const inverseBatch = 1 / batchSize;
    const criticCalls = [
      call("soft_values", {
        logProbabilities,
        firstValues: targets[0].values,
        secondValues: targets[1].values,
        logTemperature,
        values: softValues,
      }, { actions, stride, table: targets[0].table }),
      ...criticForward,
      call("twin_samples", {
        firstValues,
        secondValues,
        values: softValues,
        sampleLosses,
        firstGradient: view("critic1.sampleGradient"),
        secondGradient: view("critic2.sampleGradient"),
      }, { stride, term: 1, inverseBatch }),
      ...critics.flatMap((critic) => [
        // Nothing but a sample's own action has a gradient: any finite rowTerms serve.
        lossRowsCall(critic, `${critic.prefix}onlineValues`, 0),
        ...backwardCalls(critic, {
          rateScale: settings.criticLearningRate / learningRate,
        }),
      ]),
    ];
    const temperatureCalls = [
      call("temperature_samples", {
        logProbabilities,
        logTemperature,
        sampleLosses,
      }, { actions, stride, term: 0, entropyShare: ENTROPY_SHARE }),
      // The loss is its own derivative with respect to log T.
      call("mean_losses", {
        sampleLosses,
        losses: view("temperature.parameterGradient"),
      }, { terms: 1, inverseBatch }),
      adamCall(temperature, settings.temperatureLearningRate / learningRate),
    ];
    const policyCalls = [
      ...criticForward,
      call("soft_policy_rows", {
        logProbabilities,
        firstValues,
        secondValues,
        logTemperature,
        sampleLosses,
        gradient: view(outputGradientName(policy)),
      }, { actions, stride, term: 2, inverseBatch }),
      ...backwardCalls(policy),
    ];
    return {
      networks,
      state: stateOf(networks),
      outputs: "logits",
      discount: settings.gamma,
      rewardScale,
      plan,
      tableRows: shape.tableRows,
      tables: maskTables(policy, shape.tableRows),
      buffers: [
        ...[policy, ...critics].flatMap((network) =>
          networkBuffers(network, rowCapacity)
        ),
        ...["parameters", "firstMoment", "secondMoment", "parameterGradient"]
          .map((name) => ({ name: `temperature.${name}`, length: 4 })),
        ...batchBuffers(policy, plan, 3),
        { name: "logProbabilities", length: rowCapacity * stride },
        { name: "softValues", length: rowCapacity * 4 },
        ...critics.map(({ prefix }) => ({
          name: `${prefix}sampleGradient`,
          length: batchSize,
        })),
        ...targets.flatMap(({ buffers }) => buffers),
      ],
      step: [
        ...gatherCalls(policy),
        ...forwardCalls(policy, "online", ROWS.all),
        call("log_softmax_rows", {
          logits: view("onlineValues"),
          logProbabilities,
        }, { rows: ROWS.all, actions, stride }),
        ...targets.flatMap(({ step }) => step),
        ...criticCalls,
        ...temperatureCalls,
        ...policyCalls,
        meanLossesCall(3, batchSize),
      ],
      targetUpdate: targets.flatMap(({ targetUpdate }) => targetUpdate),
      sweep: targets.flatMap(({ sweep }) => sweep),
      targetUpdateInterval,
      lossTerms: [
        { name: "temperatureLoss", weight: 1 },
        { name: "criticLoss", weight: 1 },
        { name: "policyLoss", weight: 1 },
      ],
    };
  },
};
