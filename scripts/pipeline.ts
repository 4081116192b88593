/**
 * `deno task pipeline`: the main job, start to end.
 *
 * @module
 */
import { join } from "node:path";
import {
  ALGORITHM_NAMES,
  type ChosenWorld,
  type Config,
  type Dataset,
  INPUT_FORMATS,
  InputError,
  InterruptedError,
  type Metrics,
  readJsonFile,
  resolveConfig,
  runPipeline,
} from "../mod.ts";
import {
  alarmBasis,
  alarmSentences,
  datasetSha256,
  exactColumns,
  formatHeldOut,
  isBegun,
  isFinished,
  openProblem,
  recordedConfig,
  referenceLabel,
  requireNewRun,
  requireSameConfig,
  staysOnDisk,
} from "../runs.ts";
import {
  duration,
  formatTable,
  type Output,
  processOutput,
  STDIN,
  style,
  visible,
} from "../tools.ts";
import { chosenBackend } from "./backend_at_work.ts";
import {
  type Arguments,
  artifactsFolder,
  choiceFlag,
  integerFlag,
  LONGEST_PATH,
  noteOn,
  readDataset,
  readStoredDataset,
  runScript,
  taskCommand,
  type Usage,
} from "./cli.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { settingsHelp } from "./settings_help.ts";
import { stageProgress } from "./stage_progress.ts";
import { chosenWorld, worldFlags } from "./world_at_work.ts";

const usage: Usage = {
  command: "deno task pipeline",
  about:
    "Collects an offline data set in an environment, trains behaviour cloning and conservative\n" +
    "Q-learning, evaluates both exactly and by rollouts, and leaves a run directory.",
  flags: {
    preset: { value: "NAME", help: "tutorial (default), safe or smoke" },
    config: { value: "FILE.json", help: "keys that differ from the preset's" },
    algorithms: {
      value: "A,…",
      help: `${
        ALGORITHM_NAMES.join(", ")
      } (default: those of the preset and of FILE.json)`,
    },
    seed: {
      value: "N",
      help: "names every random stream of the run (default 42)",
    },
    "training-seed": {
      value: "N",
      help:
        "names the streams of initial networks and minibatches (default: the seed)",
    },
    backend: {
      value: "NAME",
      help: "auto (default), wasm, reference or webgpu: same bits, other speed",
    },
    threads: {
      value: "N",
      help:
        "most threads of the wasm backend (default: the machine's cores); how many work is measured",
    },
    dataset: {
      value: "FILE",
      help:
        "train on this data set in place of collecting one; - is a file on stdin",
    },
    format: {
      value: "FORMAT",
      help: `what the data set must be (default: what it is): ${
        INPUT_FORMATS.join(", ")
      }`,
    },
    require: {
      value: "CONDITION,…",
      help:
        'such as "hazard<=0.01,return>=0.3", asked on the held-out episodes: ends with 1 unless it is shown of every policy',
    },
    "from-disk": {
      help:
        "leave the data set in its file and read what each step needs: same bits, less memory (always, above 2 GiB)",
    },
    environment: {
      value: "W",
      help:
        "a world's file, or NAME:key=value,… of one that is built in (default: gridworld)",
    },
    ...worldFlags,
    out: {
      value: "DIR",
      help: "the run directory (default: a new one under artifacts/)",
    },
    tensorboard: { help: "also write TensorBoard event files" },
    resume: { help: "resume the run in --out" },
    "checkpoint-every": {
      value: "N",
      help: "steps between checkpoints (default: about ten seconds)",
    },
    explain: {
      value: "NAME",
      help: "show the settings of an algorithm or environment, and end",
    },
  },
  leavesFiles: true,
};

const MAX_STEPS = 100_000_000;

await runScript(usage, async (args) => {
  const { values, switches } = args;
  if (values.explain) {
    processOutput("stdout").write(settingsHelp(values.explain));
    return 0;
  }
  const screen = processOutput("stderr");
  const resume = switches.has("resume");
  if (resume && !values.out) {
    throw new InputError("--resume: needs the run's folder, --out DIR");
  }
  const checkpointInterval = integerFlag(
    args,
    "checkpoint-every",
    1,
    MAX_STEPS,
  );
  const dataset = values.dataset
    ? await givenDataset(args, values.dataset, screen)
    : undefined;
  if (!values.dataset && values.format) {
    throw new InputError(
      "--format: says what --dataset FILE must be: give one",
    );
  }
  if (!values.dataset && !resume && switches.has("from-disk")) {
    throw new InputError("--from-disk: needs --dataset FILE");
  }
  const chosen = await chosenWorld(args, screen);
  const config = wantedConfig(args, resume, dataset, chosen);
  const out = values.out ??
    newRunDirectory(values.preset ?? "tutorial", config);
  if (!resume) requireNewRun(out);
  if (resume && isFinished(out)) {
    screen.write(`${out}: this run is finished\n`);
    return 0;
  }
  const interrupt = await listenForInterrupt(
    "stopping; what is done is kept. Ctrl-C again stops at once",
  );
  const backend = await chosenBackend(args, screen);
  screen.write(`backend: ${backend.name} (${backend.description})\n`);
  const goOn = `go on with: ${
    taskCommand("pipeline", "--resume", "--out", out)
  }`;
  // A log outlives the run, and `| tee` does not live to take its last line after a Ctrl-C.
  if (!screen.isTerminal) screen.write(`if it is stopped, ${goOn}\n`);
  const begun = performance.now();
  try {
    const metrics = await runPipeline({
      config,
      backend,
      out,
      dataset,
      world: chosen.world,
      resume,
      fromDisk: switches.has("from-disk"),
      checkpointInterval,
      tensorboard: switches.has("tensorboard"),
      stop: interrupt.asked,
      events: stageProgress(screen),
    });
    const usage = backend.usage?.();
    if (usage) screen.write(`${backend.name}: ${usage}\n`);
    printSummary(metrics);
    const took = duration((performance.now() - begun) / 1000);
    processOutput("stdout").write(
      `\n${
        visible(join(out, "report.html"), LONGEST_PATH)
      }: the report of the run, made in ${took}\n`,
    );
    return isShown(metrics) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    const next = isBegun(out) ? goOn : "nothing was written";
    screen.write(`\n${error.message}; ${next}\n`);
    return 130;
  }
});

/** The data, in memory or, where they are large or are to, left on disk. */
async function givenDataset(
  args: Arguments,
  path: string,
  screen: Output,
): Promise<Dataset> {
  const format = choiceFlag(args, "format", INPUT_FORMATS);
  const fromDisk = args.switches.has("from-disk");
  if (fromDisk && path === STDIN) {
    throw new InputError(
      "--from-disk: stdin is on no disk; write it to a file with " +
        taskCommand("dataset", "convert", STDIN, "--to", "safetensors") +
        " --out FILE",
    );
  }
  if (!fromDisk && !staysOnDisk(path)) {
    return await readDataset(path, { format }, screen);
  }
  const dataset = readStoredDataset(path, screen);
  if (format === undefined || format === "safetensors") return dataset;
  throw new InputError(`${path}: is safetensors, not ${format}`);
}

function wantedConfig(
  { values, ...args }: Arguments,
  resume: boolean,
  dataset: Dataset | undefined,
  { environment, world }: Partial<ChosenWorld>,
): Config {
  const flags = [
    "preset",
    "config",
    "seed",
    "training-seed",
    "algorithms",
    "require",
    "dataset",
    "environment",
  ];
  if (resume && !flags.some((flag) => values[flag])) {
    return recordedConfig(values.out);
  }
  const seedFlag = (name: string) =>
    integerFlag({ values, ...args }, name, 0, 2 ** 32 - 1);
  const config = resolveConfig(
    values.preset ?? "tutorial",
    values.config ? readJsonFile(values.config) : {},
    {
      seed: seedFlag("seed"),
      trainingSeed: seedFlag("training-seed"),
      algorithms: values.algorithms?.split(","),
      require: values.require,
      datasetSha256: dataset && datasetSha256(dataset),
      environment,
      isCategorical: [dataset, world?.mdp].some((observed) =>
        observed?.observationCategories !== undefined
      ),
      onNote: noteOn(processOutput("stderr"), values.config),
    },
    values.config,
  );
  if (resume) requireSameConfig(values.out, config);
  // Data that do not fit are refused in one line, before a device is looked for.
  if (dataset) openProblem(config, { dataset, world });
  return config;
}

/**
 * `PRESET-seedN` in the folder of artifacts, with the training seed where it is another; or with a number
 * behind it where that is taken.
 */
function newRunDirectory(
  preset: string,
  { seed, trainingSeed }: Config,
): string {
  const training = trainingSeed === undefined ? "" : `-training${trainingSeed}`;
  const base = join(artifactsFolder(), `${preset}-seed${seed}${training}`);
  for (let i = 1;; i++) {
    const path = i === 1 ? base : `${base}-${i}`;
    try {
      Deno.statSync(path);
    } catch {
      return path;
    }
  }
}

/** Whether nothing was asked of the policies, or the data show it of all. */
function isShown({ policies }: Metrics): boolean {
  return Object.values(policies).every(({ offPolicy }) =>
    offPolicy?.decision.verdict !== "not shown by these data"
  );
}

function printSummary(metrics: Metrics): void {
  const output = processOutput("stdout");
  output.write(formatHeldOut(output, metrics));
  const columns = exactColumns(metrics).filter(({ isBrief }) => isBrief);
  const rows = [
    ...Object.entries(metrics.policies).flatMap(([name, { exact }]) =>
      exact ? [{ name, exact }] : []
    ),
    ...Object.entries(metrics.references ?? {}).map(([name, exact]) => ({
      name: referenceLabel(name, Object.keys(metrics.policies)),
      exact,
    })),
  ].map(({ name, exact }) => [name, ...columns.map(({ of }) => of(exact))]);
  if (rows.length > 0) {
    const head = ["policy", ...columns.map(({ head }) => head)];
    output.write("\n" + formatTable(output, head, rows));
  }
  if (metrics.displacementMisfit) {
    output.write(`\nalarms: ${alarmBasis(metrics)}\n`);
  }
  const alarms = alarmSentences(metrics).map((alarm) => `\n${alarm}`);
  if (alarms.length > 0) {
    output.write(style(output, "red", `${alarms.join("")}\n`));
  }
}
