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
  DATASET_FORMATS,
  type DatasetFormat,
  InputError,
  inspectDataset,
  writeDataset,
} from "../mod.ts";
import {
  keepsActionNames,
  keepsObservationNames,
  lostToEvaluation,
} from "../runs.ts";
import {
  formatReport,
  group,
  processOutput,
  STDIN,
  visible,
} from "../tools.ts";
import {
  choiceFlag,
  noteOn,
  readDataset,
  runScript,
  type Usage,
} from "./cli.ts";
import { datasetFlags, readOptions } from "./dataset_flags.ts";

const usage: Usage = {
  command: "deno task dataset",
  about:
    "Shows what data sets hold (info) or writes them in another format (convert).\n" +
    "Reads safetensors files of this suite, HDF5 (d3rlpy, D4RL), Minari directories, and tables (CSV,\n" +
    "Parquet, .npz), packed with gzip or not; - is a file on stdin.",
  operands: "info|convert FILE…",
  flags: {
    to: { value: "FORMAT", help: `convert to: ${DATASET_FORMATS.join(", ")}` },
    out: {
      value: "PATH",
      help: "where to (default: beside FILE, with the format's ending)",
    },
    ...datasetFlags,
  },
};

const ENDINGS: Readonly<Record<DatasetFormat, string>> = {
  safetensors: ".safetensors",
  d3rlpy: ".h5",
  minari: "-minari",
  csv: ".csv",
};

/** Where a file is converted to that is given no place. */
function besideOf(file: string, to: DatasetFormat): string {
  if (file === STDIN) {
    throw new InputError("convert: say where to put stdin's data, --out PATH");
  }
  const bare = file.replace(/[\\/]+$/, "").replace(/\.gz$/, "");
  return bare.slice(0, bare.length - extname(bare).length) + ENDINGS[to];
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
    const target = to && (out ?? besideOf(file, to));
    // Written while it is read, where that can be: it may be larger than memory.
    const into = to === "safetensors" ? target : undefined;
    const dataset = await readDataset(file, { ...options, into }, screen);
    if (to === undefined || target === undefined) {
      const name = file === STDIN ? "stdin" : file;
      output.write(formatReport(output, name, inspectDataset(dataset)));
      continue;
    }
    if (!dataset.stored) await writeDataset(target, dataset, to);
    if (!keepsActionNames(dataset, to)) {
      noteOn(screen, target)(
        `the format has no place for the actions' names: they are 0 … ${
          dataset.actionCount - 1
        } in it`,
      );
    }
    if (to === "d3rlpy" && dataset.allowed) {
      noteOn(screen, target)(
        "the format has no place for the allowed actions: they are left out",
      );
    }
    const lost = lostToEvaluation(dataset, to);
    if (lost.length > 0) {
      noteOn(screen, target)(
        `the format has no place for ${lost.join(" and ")}: they are left out`,
      );
    }
    if (!keepsObservationNames(dataset, to)) {
      noteOn(screen, target)(
        "the format has no place for the names of the observation's numbers: they are " +
          "observation_0 … in it",
      );
    }
    output.write(
      `${visible(target)}: ${
        group(dataset.episodeOffsets[dataset.episodeOffsets.length - 1])
      } transitions\n`,
    );
  }
  return 0;
});
