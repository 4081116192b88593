/**
 * How algorithms and environments are defined, the programs of kernels that algorithms are, and
 * training one step after another.
 *
 * @module
 */

// Definitions: a name, settings with ranges and meaning, and what follows from them. The two indexes
// are taken whole, so that they are the only lists.
export * from "./src/algorithms/index.ts";
export * from "./src/algorithms/define.ts";
export * from "./src/algorithms/tabular/define.ts";
export type { CriticSettings } from "./src/algorithms/critics.ts";
export * from "./src/environments/index.ts";
export * from "./src/environments/define.ts";
export type {
  AnySettings,
  BooleanSetting,
  CellSetting,
  CellsSetting,
  ChoiceSetting,
  HashSetting,
  NumberSetting,
  NumbersNamed,
  RowsSetting,
  Setting,
  SettingDefinitions,
} from "./src/settings.ts";

// Programs as data.
export type {
  BufferSpec,
  Call,
  Decision,
  LossTerm,
  OutputMeaning,
  Program,
  ProgramNetwork,
  View,
} from "./src/algorithms/program.ts";

// Training.
export {
  initialState,
  type TrainingState,
} from "./src/algorithms/training_state.ts";
export type {
  TaskSize,
  TrainingSession,
  TrainingTask,
} from "./src/backends/backend.ts";
export type { PlanSource, TableRows } from "./src/dataset/minibatch_plan.ts";
export {
  type NetworkSettings,
  type PreparedTask,
  prepareTask,
  type TaskRun,
} from "./src/training/task.ts";
export {
  type Cursor,
  runTraining,
  startCursor,
  type TrainingOptions,
} from "./src/training/train.ts";
export { networkAlgorithms } from "./src/run/learn.ts";
