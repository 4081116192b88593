/**
 * `deno task study`: the same training over many seeds, and what it shows.
 *
 * @module
 */
import { join } from "node:path";
import {
  ALGORITHM_NAMES,
  BACKEND_NAMES,
  datasetToSafetensors,
  InputError,
  parseSeeds,
  parseShard,
  readJsonFile,
  resolveStudy,
  runShard,
  runStudy,
  type StudyOptions,
  StudyStoppedError,
} from "../mod.ts";
import {
  duration,
  processOutput,
  type Progress,
  sha256Hex,
  showProgress,
  visible,
} from "../tools.ts";
import { noteSurplus } from "./backend_at_work.ts";
import { calibrationFlags, runCalibration } from "./calibration.ts";
import {
  artifactsFolder,
  choiceFlag,
  integerFlag,
  LONGEST_PATH,
  noteOn,
  readDataset,
  runScript,
  type Usage,
} from "./cli.ts";
import { listenForInterrupt } from "./interrupt.ts";
import {
  printStatus,
  requireOneCommand,
  runAudit,
  runMerge,
  runSubmit,
  shardFlags,
} from "./study_shards.ts";
import { printStudy } from "./study_table.ts";
import { chosenWorld, worldFlags } from "./world_at_work.ts";

const usage: Usage = {
  command: "deno task study",
  about:
    "Trains the algorithms of some presets for each seed, which draws its own hazards, data and\n" +
    "initial network, evaluates all policies exactly, and compares them with the statistics that\n" +
    "few seeds need. With --dataset the data are the same for every seed, and where no world is\n" +
    "known policies are evaluated off-policy. With --calibrate it draws data sets in a world instead,\n" +
    "and compares what off-policy evaluation says of policies with what is exact. The same command\n" +
    "resumes an interrupted study.",
  flags: {
    preset: { value: "P,…", help: "presets (default: tutorial)" },
    algorithms: {
      value: "A,…",
      help: `${ALGORITHM_NAMES.join(", ")} (default: those of the presets)`,
    },
    seeds: {
      value: "LIST",
      help:
        "of layouts and data: such as 0..9 (default) or 0,3,7..9; one (0) with --dataset and --training-seeds",
    },
    "training-seeds": {
      value: "LIST",
      help:
        "of initial networks and minibatches: all of them on the data of each seed (default: the seed itself)",
    },
    jobs: {
      value: "N",
      help: "trainings at the same time (default: the machine's cores)",
    },
    config: {
      value: "FILE.json",
      help: "keys that differ from those of the presets",
    },
    dataset: {
      value: "FILE",
      help: "train every seed on this data set in place of collecting one",
    },
    resample: {
      help: "each seed draws its episodes from the data with replacement",
    },
    environment: {
      value: "W",
      help:
        "a world's file, or NAME:key=value,… of one that is built in (default: gridworld)",
    },
    ...worldFlags,
    out: {
      value: "DIR",
      help: "the study's folder (default: artifacts/study-PRESETS)",
    },
    backend: {
      value: "NAME",
      help: "wasm (default), reference or webgpu: same bits, other speed",
    },
    ...shardFlags,
    calibrate: { help: "calibrate off-policy evaluation; it has these flags:" },
    ...calibrationFlags,
  },
  leavesFiles: true,
};

await runScript(usage, async (args) => {
  const { values, switches } = args;
  requireOneCommand(args);
  if (switches.has("calibrate")) return await runCalibration(args);
  if (values.status !== undefined) return printStatus(values.status);
  if (values.audit !== undefined) return await runAudit(args);
  const foreign = Object.keys(calibrationFlags).find((name) => values[name]);
  if (foreign !== undefined) {
    throw new InputError(`--${foreign}: is of a calibration; give --calibrate`);
  }
  const presets = (values.preset ?? "tutorial").split(",");
  const screen = processOutput("stderr");
  const { environment, world } = await chosenWorld(args, screen);
  const dataset = values.dataset
    ? await readDataset(values.dataset, {}, screen)
    : undefined;
  const again = values["training-seeds"];
  const isFixed = dataset !== undefined && !switches.has("resample");
  const study = resolveStudy({
    presets,
    algorithms: values.algorithms?.split(","),
    seeds: parseSeeds(values.seeds ?? (isFixed && again ? "0" : "0..9")),
    trainingSeeds: again === undefined
      ? undefined
      : parseSeeds(again, "--training-seeds"),
    overrides: values.config ? readJsonFile(values.config) : {},
    source: values.config,
    environment,
    datasetSha256: dataset && sha256Hex(datasetToSafetensors(dataset)),
    resample: switches.has("resample"),
    isCategorical: [dataset, world?.mdp].some((observed) =>
      observed?.observationCategories !== undefined
    ),
    onNote: noteOn(processOutput("stderr"), values.config),
  });
  const jobs = integerFlag(args, "jobs", 1, 256);
  const backend = choiceFlag(args, "backend", BACKEND_NAMES);
  const out = values.out ??
    join(artifactsFolder(), `study-${presets.join("-")}`);

  const onNote = (note: string) => screen.write(`note: ${note}\n`);
  const shared = { args, study, dataset, world, out, onNote };
  const own = ["tasks", "sbatch", "print"]
    .find((name) => name in values || switches.has(name));
  if (own !== undefined && !("submit" in values)) {
    throw new InputError(`--${own}: is of --submit`);
  }
  if (values.merge !== undefined) return await runMerge(shared);
  if (values.submit !== undefined) return await runSubmit(shared);
  const shard = values.shard === undefined ? null : parseShard(values.shard);
  if (jobs !== undefined) noteSurplus(screen, "--jobs", jobs);
  const interrupt = await listenForInterrupt(
    "stopping; Ctrl-C again stops at once",
  );
  const begun = performance.now();
  let progress: Progress | undefined;
  try {
    const options: StudyOptions = {
      study,
      dataset,
      world,
      out,
      jobs,
      backend,
      signal: interrupt.signal,
      onProgress({ cells, allCells, steps, allSteps }) {
        if (cells === allCells) return progress?.finish();
        if (!progress) {
          screen.write(`${cells} of ${allCells} cells are finished\n`);
          progress = showProgress(screen, "study", allSteps, "steps", steps);
        }
        progress.update(steps);
      },
      onNote,
    };
    if (shard !== null) {
      const { cells } = await runShard(options, shard);
      processOutput("stdout").write(
        `${out}: ${cells} cells of shard ${values.shard} are finished\n`,
      );
      return 0;
    }
    const result = await runStudy(options);
    printStudy(processOutput("stdout"), result);
    const took = duration((performance.now() - begun) / 1000);
    processOutput("stdout").write(
      `\n${
        visible(join(out, "report.html"), LONGEST_PATH)
      }: the report of the study, made in ${took}\n`,
    );
    return 0;
  } catch (error) {
    if (!(error instanceof StudyStoppedError)) throw error;
    screen.write(
      `\n${error.cells} of ${error.allCells} cells are finished and kept; the same command continues\n`,
    );
    return 130;
  }
});
