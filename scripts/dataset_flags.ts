/**
 * Flags that say what a file of data may not say itself.
 *
 * @module
 */
import type { CsvColumns, DatasetReadOptions } from "../mod.ts";
import { type Arguments, type Flag, integerFlag } from "./cli.ts";

const COLUMN_FLAGS = [
  "episode",
  "observations",
  "action",
  "reward",
  "terminated",
  "truncated",
  "step",
  "allowed",
  "propensity",
  "outcome",
] as const;

/** For the help. */
export const datasetFlags: Readonly<Record<string, Flag>> = {
  actions: {
    value: "N",
    help: "CSV, d3rlpy: the actions are 0 … N - 1 (default: those that occur)",
  },
  episode: { value: "COLUMN", help: "CSV: the episode (default: episode)" },
  observations: {
    value: "COLUMN,…",
    help: "CSV: the observation (default: observation_0,observation_1 …)",
  },
  action: { value: "COLUMN", help: "CSV: the action (default: action)" },
  reward: { value: "COLUMN", help: "CSV: the reward (default: reward)" },
  terminated: {
    value: "COLUMN",
    help:
      "CSV: 1 where the episode ended by itself (default: terminated, terminal, done …)",
  },
  truncated: {
    value: "COLUMN",
    help: "CSV: 1 where a limit cut it (default: truncated, timeout …)",
  },
  step: {
    value: "COLUMN",
    help:
      "CSV: number or date of the step, to be checked (default: step, if there)",
  },
  allowed: {
    value: "COLUMN",
    help:
      "CSV: the allowed actions, such as 0 2 5 (default: allowed, if there)",
  },
  propensity: {
    value: "COLUMN",
    help:
      "CSV: with which probability the action was taken (default: propensity, if there)",
  },
  outcome: {
    value: "COLUMN",
    help:
      "CSV: how the episode ended, in words, in its last row (default: outcome, if there)",
  },
};

/** What the flags say that the file may not. */
export function readOptions(args: Arguments): DatasetReadOptions {
  const given = COLUMN_FLAGS.filter((flag) => flag in args.values);
  const columns = Object.fromEntries(given.map((flag) => {
    const value = args.values[flag];
    return [flag, flag === "observations" ? value.split(",") : value];
  })) as CsvColumns;
  return { actionCount: integerFlag(args, "actions", 1, 1e6), columns };
}
