/**
 * Shows what data sets hold, or writes them in another format. Takes about a second for a
 * million transitions in the flat formats, and about ten in the HDF5 ones.
 *
 * Needs read access for `info`, and write access for `convert`.
 *
 * @module
 */

import { extname } from "node:path";
import {
  type CsvColumns,
  DATASET_FORMATS,
  type DatasetFormat,
  type DatasetReadOptions,
  InputError,
  inspectDataset,
  openDataset,
  writeDataset,
} from "../mod.ts";
import { keepsActionNames } from "../runs.ts";
import { formatReport, group, processOutput, visible } from "../tools.ts";
import {
  type Arguments,
  choiceFlag,
  integerFlag,
  noteOn,
  runScript,
  type Usage,
} from "./cli.ts";

const COLUMN_FLAGS = [
  "episode",
  "observations",
  "action",
  "reward",
  "terminated",
  "truncated",
  "step",
  "allowed",
] as const;

const usage: Usage = {
  command: "deno task dataset",
  about:
    "Shows what data sets hold (info) or writes them in another format (convert).\n" +
    "Reads safetensors files of this suite, d3rlpy dumps, Minari directories and CSV.",
  operands: "info|convert FILE…",
  flags: {
    to: { value: "FORMAT", help: `convert to: ${DATASET_FORMATS.join(", ")}` },
    out: {
      value: "PATH",
      help: "where to (default: beside FILE, with the format's ending)",
    },
    actions: {
      value: "N",
      help:
        "CSV, d3rlpy: the actions are 0 … N - 1 (default: those that occur)",
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
  },
};

const ENDINGS: Readonly<Record<DatasetFormat, string>> = {
  safetensors: ".safetensors",
  d3rlpy: ".h5",
  minari: "-minari",
  csv: ".csv",
};

/** What the flags say that the file may not. */
function readOptions(args: Arguments): DatasetReadOptions {
  const given = COLUMN_FLAGS.filter((flag) => flag in args.values);
  const columns = Object.fromEntries(given.map((flag) => {
    const value = args.values[flag];
    return [flag, flag === "observations" ? value.split(",") : value];
  })) as CsvColumns;
  return { actionCount: integerFlag(args, "actions", 1, 1e6), columns };
}

await runScript(usage, async (args) => {
  const [command, ...files] = args.operands;
  const to = choiceFlag(args, "to", DATASET_FORMATS);
  const { out } = args.values;
  if (command !== "info" && command !== "convert") {
    throw new InputError(
      `${
        command ? `unknown command ${JSON.stringify(command)}` : "no command"
      }; ` +
        `${usage.command} --help shows the two`,
    );
  }
  if (files.length === 0) throw new InputError(`${command}: no file is given`);
  if (command === "convert" && to === undefined) {
    throw new InputError(
      `convert: say the format, --to ${DATASET_FORMATS.join("|")}`,
    );
  }
  if (command === "info" && (to ?? out) !== undefined) {
    throw new InputError("info: takes neither --to nor --out");
  }
  if (out !== undefined && files.length > 1) {
    throw new InputError("--out: names one path, but several files are given");
  }
  const options = readOptions(args);
  const output = processOutput("stdout");
  const screen = processOutput("stderr");
  for (const file of files) {
    const dataset = await openDataset(file, {
      ...options,
      onNote: noteOn(screen, file),
    });
    if (to === undefined) {
      output.write(formatReport(output, file, inspectDataset(dataset)));
      continue;
    }
    const bare = file.replace(/[\\/]+$/, "");
    const stem = bare.slice(0, bare.length - extname(bare).length);
    const target = out ?? `${stem}${ENDINGS[to]}`;
    await writeDataset(target, dataset, to);
    if (!keepsActionNames(dataset, to)) {
      noteOn(screen, target)(
        `the format has no place for the actions' names: they are 0 … ${
          dataset.actionCount - 1
        } in it`,
      );
    }
    if (dataset.allowed && to === "d3rlpy") {
      noteOn(screen, target)(
        "the format has no place for the allowed actions: they are left out",
      );
    }
    output.write(
      `${visible(target)}: ${group(dataset.actions.length)} transitions\n`,
    );
  }
  return 0;
});
