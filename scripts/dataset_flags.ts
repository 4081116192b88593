/**
 * Flags that say what a file of data may not say itself.
 *
 * @module
 */
import {
  type DatasetReadOptions,
  INPUT_FORMATS,
  type TableColumns,
} from "../mod.ts";
import { type Arguments, choiceFlag, type Flag, integerFlag } from "./cli.ts";

const COLUMN_FLAGS = [
  "episode",
  "observations",
  "next-observations",
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
    help:
      "tables, d3rlpy: the actions are 0 … N - 1 (default: those that occur)",
  },
  format: {
    value: "FORMAT",
    help: `what the file must be (default: what it is): ${
      INPUT_FORMATS.join(", ")
    }`,
  },
  decimal: {
    value: "MARK",
    help:
      "CSV: point or comma stands before decimals (default: what the numbers show)",
  },
  episode: { value: "COLUMN", help: "table: the episode (default: episode)" },
  observations: {
    value: "COLUMN,…",
    help: "table: the observation (default: observation_0,observation_1 …)",
  },
  "next-observations": {
    value: "COLUMN,…",
    help:
      "table of transitions: what followed (default: next_observation_0 … or next_ and the names)",
  },
  action: { value: "COLUMN", help: "table: the action (default: action)" },
  reward: { value: "COLUMN", help: "table: the reward (default: reward)" },
  terminated: {
    value: "COLUMN",
    help:
      "table: 1 where the episode ended by itself (default: terminated, terminal, done …)",
  },
  truncated: {
    value: "COLUMN",
    help: "table: 1 where a limit cut it (default: truncated, timeout …)",
  },
  step: {
    value: "COLUMN",
    help:
      "table: number or date of the step, to be checked (default: step, if there)",
  },
  allowed: {
    value: "COLUMN",
    help:
      "table: the allowed actions, such as 0 2 5 (default: allowed, if there)",
  },
  propensity: {
    value: "COLUMN",
    help:
      "table: with which probability the action was taken (default: propensity, if there)",
  },
  outcome: {
    value: "COLUMN",
    help:
      "table: how the episode ended, in words, in its last row (default: outcome, if there)",
  },
};

/** What the flags say that the file may not. */
export function readOptions(args: Arguments): DatasetReadOptions {
  const given = COLUMN_FLAGS.filter((flag) => flag in args.values);
  const columns = Object.fromEntries(given.map((flag) => {
    const value = args.values[flag];
    if (flag === "next-observations") return ["next", value.split(",")];
    return [flag, flag === "observations" ? value.split(",") : value];
  })) as TableColumns;
  return {
    actionCount: integerFlag(args, "actions", 1, 1e6),
    columns,
    decimal: choiceFlag(args, "decimal", ["point", "comma"]),
    format: choiceFlag(args, "format", INPUT_FORMATS),
  };
}
