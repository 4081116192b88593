/**
 * How an algorithm is defined: a name, its settings, and a Program built from them. Configuration,
 * types, defaults, help and the training loop all read the definition; none knows an algorithm by name.
 *
 * @module
 */
import {
  choice,
  integer,
  number,
  type NumbersNamed,
  type SettingDefinitions,
} from "../settings.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { Program } from "./program.ts";

/** What an algorithm's networks must fit. */
export interface LearningShape {
  /** Numbers of an observation, encoded. */
  readonly observationSize: number;
  /** Units of each hidden layer. */
  readonly hidden: readonly number[];
  /** Number of discrete actions. */
  readonly actionCount: number;
  /** Rows of the table of distinct observations. */
  readonly tableRows: number;
  /** The largest absolute reward of the data; 1 where it does not matter, because nothing is trained. */
  readonly largestReward?: number;
  /** Whether the data say which actions are allowed; by default not. */
  readonly masked?: boolean;
}

/** Settings that the training loop itself reads; every algorithm has them. */
export type LearnerSettings =
  & NumbersNamed<
    "steps" | "learningRate" | "batchSize" | "logInterval" | "ensembleSize"
  >
  & { readonly learningRateSchedule: "constant" | "linear" };

/** Their definitions. */
export const learnerSettings: SettingDefinitions<LearnerSettings> = {
  steps: integer(1, 100_000_000, 25_000, "updates of the parameters"),
  learningRate: number(1e-9, 1, 3e-4, "Adam's step size"),
  learningRateSchedule: choice(
    ["constant", "linear"],
    "`constant`, or `linear`: to 0 after the last step",
  ),
  batchSize: integer(
    1,
    65_536,
    256,
    "transitions of a minibatch, drawn uniformly with replacement",
  ),
  logInterval: integer(
    1,
    100_000_000,
    250,
    "steps that a row of `training.csv` averages",
  ),
  ensembleSize: integer(
    1,
    64,
    1,
    "networks trained side by side, each from its own initial parameters and minibatches; the policy is their mean",
  ),
};

/** What is known of the data when a Program's tables are made. */
export interface KnownOfData {
  /** What is learnt from. */
  readonly dataset: Dataset;
  /** [N + E] row of each of its observations. */
  readonly rowOf: Uint32Array;
  /** Rows, of the distinct observations. */
  readonly rowCount: number;
  /** [N] 1 where the environment calls what happened unsafe; null where it calls nothing so. Absent where it is not known. */
  readonly unsafeSteps?: () => Uint8Array | null;
}

/**
 * An algorithm: what configurations, help, training and evaluation need to know of it. `index.ts`
 * lists all.
 */
export interface AlgorithmDefinition<Name extends string, Settings> {
  /** Key in configurations, and folder of its results. */
  readonly name: Name;
  /** In words, for help and reports. */
  readonly title: string;
  /** Its hyper-parameters, those of every learner among them. */
  readonly settings: SettingDefinitions<Settings>;
  /** An algorithm whose settings in a preset this one starts from, where they have the same names. */
  readonly startsFrom?: string;
  /** Refuses settings that contradict each other. @throws InputError whose message begins with the key. */
  check?(settings: Settings): void;
  /** Whether the largest absolute reward of the data decides about more than `rewardScale` does. */
  isScaledByData?(settings: Settings): boolean;
  /**
   * The Program's `tables` but for `allowed`, row by row of the distinct observations.
   *
   * @throws InputError if the data do not say what it takes.
   */
  tables?(
    settings: Settings,
    known: KnownOfData,
  ): Readonly<Record<string, Float32Array>>;
  /** What in the data leaves it without an effect, in words. */
  suspicions?(
    settings: Settings,
    known: Pick<KnownOfData, "dataset" | "unsafeSteps">,
  ): readonly string[];
  /**
   * The data that its Program trains on in place of those given, where it makes others of them.
   *
   * @param dataset Valid, with `observationCategories` where observations are names.
   * @throws InputError if it makes nothing of them.
   */
  relabel?(dataset: Dataset, settings: Settings): Dataset;
  /** The Program for these settings and this shape. */
  build(settings: Settings, shape: LearningShape): Program;
}

/** Which checkpoint training leaves, where an algorithm has the choice. */
export interface CheckpointChoice {
  /** The last, or the one worth most in a model counted from the data. */
  readonly checkpointChoice?: "last" | "model";
}

/** Settings of algorithms that learn values from rewards and a target network. */
export type ValueSettings =
  & NumbersNamed<"gamma" | "targetUpdateInterval">
  & { readonly rewardScale: number | null }
  & Required<CheckpointChoice>;

/** Their definitions. */
export const valueSettings: SettingDefinitions<ValueSettings> = {
  gamma: number(0, 1, 0.99, "discount"),
  targetUpdateInterval: integer(
    1,
    100_000_000,
    8_000,
    "steps between target updates (hard copies of the parameters)",
  ),
  rewardScale: {
    ...number(
      1e-6,
      1e6,
      1,
      "rewards are multiplied by it, action values are in its units; `null`: 1 / the largest absolute reward of the data",
    ),
    nullable: true,
  },
  checkpointChoice: choice(
    ["last", "model"],
    "`last`, or `model`: of the logging intervals in the second half, the policy worth most in a model of the data: one whose places share displacements, among the members, their mean and their mean less a deviation; where the data do not fit it, a pessimistic counted one, among the means",
  ),
};

/** What rewards are multiplied by. */
export function rewardScaleOf(
  { rewardScale }: Pick<ValueSettings, "rewardScale">,
  { largestReward = 1 }: LearningShape,
): number {
  return rewardScale ?? 1 / largestReward;
}
