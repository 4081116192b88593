/**
 * `deno task verify`: whether a run is what its manifest and its configuration say.
 *
 * @module
 */
import { isVerified, type Verification, verifyRun } from "../checks.ts";
import { InputError, InterruptedError } from "../mod.ts";
import { isStudy, readManifest } from "../runs.ts";
import { processOutput, style, visible } from "../tools.ts";
import { chosenBackend } from "./backend_at_work.ts";
import { runScript, type Usage } from "./cli.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { stageProgress } from "./stage_progress.ts";
import { verifyStudyScript } from "./verify_study.ts";

/** How many lines of a list are shown; a folder may hold a million strange files. */
const SHOWN = 50;

/** Characters of a line; a message of a damaged file may be long. */
const LINE = 400;

const usage: Usage = {
  command: "deno task verify",
  about:
    "Compares a finished run or study with the hashes of its manifest, runs its configuration again\n" +
    "in a temporary folder, and compares the results byte for byte. Nothing in it is changed.\n" +
    "Exit code 0: all is as it should be; 1: something differs; 2: there is nothing to check.",
  operands: "RUN_DIR|STUDY_DIR",
  flags: {
    backend: {
      value: "NAME",
      help:
        "auto (default), wasm, reference or webgpu: the run's own or another",
    },
    threads: {
      value: "N",
      help:
        "most threads of the wasm backend (default: the machine's cores); how many work is measured",
    },
    "from-disk": {
      help:
        "leave the run's data set in its file, as pipeline --from-disk does (always, above 2 GiB)",
    },
    quick: {
      help:
        "train only the first logging interval again (of a study: nothing); make all else from what is there",
    },
    cells: {
      value: "K",
      help: "of a study: how many trainings to run again (default: all)",
    },
    seed: {
      value: "N",
      help: "with --cells: chooses which trainings (default: 0)",
    },
  },
};

await runScript(usage, async (args) => {
  const { operands, switches } = args;
  if (operands.length !== 1) {
    throw new InputError("give one run directory: deno task verify RUN_DIR");
  }
  // Before a backend is looked for, which takes time and may print notices.
  readManifest(operands[0]);
  if (isStudy(operands[0])) return await verifyStudyScript(args, operands[0]);
  for (const flag of ["cells", "seed"].filter((flag) => args.values[flag])) {
    throw new InputError(`--${flag}: is for a study; ${operands[0]} is a run`);
  }
  const screen = processOutput("stderr");
  const interrupt = await listenForInterrupt("stopping");
  const backend = await chosenBackend(args, screen);
  screen.write(`backend: ${backend.name} (${backend.description})\n`);
  const quick = switches.has("quick");
  try {
    const found = await verifyRun({
      directory: operands[0],
      backend,
      quick,
      fromDisk: switches.has("from-disk"),
      stop: interrupt.asked,
      events: stageProgress(screen),
    });
    print(operands[0], found, quick);
    return isVerified(found) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof InterruptedError)) throw error;
    screen.write(`\n${error.message}; nothing was changed\n`);
    return 130;
  }
});

function print(directory: string, found: Verification, quick: boolean): void {
  const output = processOutput("stdout");
  const { files, claims, software, manifest, replay } = found;
  const lines = (label: string, texts: readonly string[]) => {
    for (const text of texts.slice(0, SHOWN)) {
      output.write(`${label} ${visible(text, LINE)}\n`);
    }
    const more = texts.length - SHOWN;
    if (more > 0) output.write(`${label} … and ${more} more\n`);
  };
  lines("note:", software);
  lines("as claimed, which nothing here can show:", claims);
  const differences = [...manifest, ...replay?.differences ?? []];
  lines(
    style(output, "red", "differs:"),
    differences.map(({ path, what }) => `${visible(path)}: ${what}`),
  );
  if (replay === null) {
    output.write("not run again: its configuration or data are not sound\n");
  }
  if (!isVerified(found)) {
    const n = differences.length;
    output.write(
      `${visible(directory)}: ${n} difference${n === 1 ? "" : "s"}\n`,
    );
    return;
  }
  const again = quick
    ? "all but the trainings beyond their first interval was made again: "
    : "run again, ";
  output.write(
    `${style(output, "green", "verified:")} ${
      visible(directory)
    }: all ${files} files have the hashes of ` +
      `the manifest; ${again}${
        replay!.compared.length
      } files are equal bit for bit\n`,
  );
}
