/**
 * `deno task study` on several machines: shards, gathering them, and what is going on.
 *
 * @module
 */
import { join, resolve } from "node:path";
import suite from "../deno.json" with { type: "json" };
import {
  BACKEND_NAMES,
  beginStudy,
  forecastStudy,
  InputError,
  mergeStudy,
  studyCells,
  type StudyOptions,
  studyStatus,
  type StudyWorker,
} from "../mod.ts";
import { missingShards } from "../runs.ts";
import {
  duration,
  environmentVariable,
  processOutput,
  visible,
} from "../tools.ts";
import {
  type Arguments,
  choiceFlag,
  type Flag,
  integerFlag,
  LONGEST_PATH,
  taskCommand,
} from "./cli.ts";
import { arrayScript, mergeScript, type SlurmJob, submit } from "./slurm.ts";
import { printStudy } from "./study_table.ts";
import { verifyStudyScript } from "./verify_study.ts";

/** Flags of a study on several machines. */
export const shardFlags: Readonly<Record<string, Flag>> = {
  shard: {
    value: "I/N",
    help:
      "compute the I-th (from 0) of N shares of the cells and derive nothing",
  },
  merge: {
    value: "DIR,…",
    help: "gather the cells of these folders in --out, and derive the study",
  },
  audit: {
    value: "P",
    help:
      "compute this share of the trainings of a finished study again and compare",
  },
  status: { value: "DIR", help: "say how far a study is, and end" },
  submit: {
    value: "slurm",
    help: "compute it as an array job of Slurm, followed by a job that gathers",
  },
  tasks: {
    value: "N",
    help: "tasks of that array (default: one a cell, 100 at most)",
  },
  sbatch: {
    value: "OPTIONS",
    help: 'further options of sbatch, such as "--time=60 --partition=batch"',
    takesOptions: true,
  },
  print: { help: "with --submit: show the scripts and submit nothing" },
};

/** What these commands have in common. */
export interface SharedStudy extends
  Pick<
    StudyOptions,
    "study" | "dataset" | "world" | "out" | "onNote"
  > {
  /** The arguments. */
  readonly args: Arguments;
}

/** What these may have beside them: the folder says what the study is. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  status: [],
  audit: ["out", "seed", "backend", "jobs"],
};

/**
 * Refuses flags of two commands.
 *
 * @throws InputError if there are any.
 */
export function requireOneCommand({ values, switches }: Arguments): void {
  const given = [...Object.keys(values), ...switches];
  const [command, other] = given.filter((name) =>
    ["shard", "merge", "submit", "audit", "status", "calibrate"].includes(name)
  );
  if (other !== undefined) {
    throw new InputError(`--${command} and --${other}: give one of them`);
  }
  const surplus = given.find((name) =>
    TAKES[command] && name !== command && !TAKES[command].includes(name)
  );
  if (surplus !== undefined) {
    throw new InputError(
      `--${surplus}: is not of --${command}; the folder says what the study is`,
    );
  }
}

/** `--status`: prints how far a study is. */
export function printStatus(directory: string): number {
  const { cells, finished, perHour, hoursLeft, workers } = studyStatus(
    directory,
  );
  const output = processOutput("stdout");
  const rate = perHour === null
    ? ""
    : `, ${
      perHour.toLocaleString("en", { maximumSignificantDigits: 3 })
    } an hour`;
  const left = hoursLeft === null || hoursLeft === 0
    ? ""
    : `, about ${duration(hoursLeft * 3600)} left`;
  output.write(
    `${finished} of ${cells} cells are finished, ${
      cells - finished
    } missing${rate}${left}\n`,
  );
  const counts = new Set(
    workers.flatMap(({ name }) => name.split("/").slice(1)),
  );
  for (const count of counts) {
    const own = workers.filter(({ name }) => name.endsWith(`/${count}`));
    const sum = (of: (worker: StudyWorker) => number) =>
      own.reduce((all, worker) => all + of(worker), 0);
    output.write(
      `${own.length} of ${count} shards began here: ${
        sum(({ finished }) => finished)
      } of their ${
        sum(({ cells }) => cells)
      } cells are finished; at work on this machine: ${
        sum(({ isRunning }) => isRunning ? 1 : 0)
      }\n`,
    );
  }
  for (const { name, isRunning } of workers) {
    if (isRunning && !name.includes("/")) {
      output.write(`${name} is at work on this machine\n`);
    }
  }
  for (const { name, failure } of workers) {
    if (failure === null) continue;
    output.write(`${name} failed: ${visible(failure, 300)}\n`);
  }
  return 0;
}

/** `--audit`: computes a share of a finished study's trainings again and compares. */
export async function runAudit(args: Arguments): Promise<number> {
  const share = Number(args.values.audit);
  if (!(share > 0 && share <= 1)) {
    throw new InputError(
      `--audit: must be a share above 0 and at most 1, not ${
        JSON.stringify(args.values.audit)
      }`,
    );
  }
  if (args.values.out === undefined) {
    throw new InputError("--audit: give the finished study with --out DIR");
  }
  const threads = integerFlag(args, "jobs", 1, 256);
  const values = threads === undefined
    ? args.values
    : { ...args.values, threads: `${threads}` };
  return await verifyStudyScript({ ...args, values }, args.values.out, share);
}

/** `--merge`: gathers cells and derives the study, or says what is missing. */
export async function runMerge(
  { args, ...options }: SharedStudy,
): Promise<number> {
  const from = args.values.merge.split(",").map((path) => {
    if (path !== "") return resolve(path);
    throw new InputError("--merge: a folder has no name; give DIR,DIR,…");
  });
  const found = await mergeStudy({ ...options, from });
  const { missing, differing, taken, result } = found;
  const output = processOutput("stdout");
  const all = studyCells(options.study).length;
  output.write(
    `${
      all - missing.length
    } of ${all} cells are there, ${taken} of them taken now\n`,
  );
  for (const line of differing) {
    output.write(`differs: ${visible(line, 1000)}\n`);
  }
  if (missing.length > 0) {
    output.write(
      `${missing.length} cell${
        missing.length === 1 ? " is" : "s are"
      } missing:\n`,
    );
    for (
      const { shard, directory, cells } of missingShards(
        options.study,
        missing,
        from,
      )
    ) {
      const own = shard === null
        ? ["--out", options.out]
        : ["--out", directory, "--shard", shard];
      const words = withoutFlags(Deno.args, ["merge", "out"]);
      output.write(`  ${cells}: ${taskCommand("study", ...words, ...own)}\n`);
    }
  }
  if (result === null) return 1;
  printStudy(output, result);
  output.write(
    `\n${
      visible(join(options.out, "report.html"), LONGEST_PATH)
    }: the report of the study\n`,
  );
  return 0;
}

/** `--submit`: hands the study to a scheduler, with a forecast. */
export async function runSubmit(
  { args, ...options }: SharedStudy,
): Promise<number> {
  choiceFlag(args, "submit", ["slurm"]);
  const { study, out, dataset, world } = options;
  const output = processOutput("stdout");
  const cells = studyCells(study).length;
  const asked = integerFlag(args, "tasks", 1, 100_000) ?? 100;
  // More have nothing to do.
  const tasks = Math.min(asked, cells);
  const { hours, longest } = await forecastStudy(study, { dataset, world }, {
    backend: choiceFlag(args, "backend", BACKEND_NAMES),
    shards: tasks,
  });
  const words = (hours: number) => duration(hours * 3600);
  output.write(
    `${cells} cells, about ${words(hours)} of one thread of this machine, ${
      words(longest)
    } for the longest of ${tasks} tasks\n`,
  );
  const job: SlurmJob = {
    command: studyCommand(out),
    project: resolve(import.meta.dirname!, ".."),
    user: environmentVariable("INIT_CWD") ?? Deno.cwd(),
    out: resolve(out),
    tasks,
    options: args.values.sbatch ?? "",
  };
  if (args.switches.has("print")) {
    output.write(`\n${arrayScript(job)}\n${mergeScript(job)}`);
    return 0;
  }
  beginStudy(options);
  const [array, merge] = await submit(job);
  output.write(
    `job ${array}: ${tasks} tasks; job ${merge} gathers what they leave in ${out}\n`,
  );
  return 0;
}

/** The command of the study itself, in a folder. */
function studyCommand(out: string): string[] {
  // The right to submit is of no use there.
  const [deno, ...words] = suite.tasks.study.command
    .replace(/"--allow-run=[^"]*" /, "").split(" ");
  if (deno !== "deno") throw new Error("the task does not run deno");
  const own = withoutFlags(Deno.args, [
    "submit",
    "tasks",
    "sbatch",
    "print",
    "jobs",
    "out",
  ]);
  return [Deno.execPath(), ...words, ...own, "--out", resolve(out)];
}

/** Arguments without some flags and their values. */
function withoutFlags(
  args: readonly string[],
  names: readonly string[],
): string[] {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const name = names.find((name) => args[i].split("=")[0] === `--${name}`);
    if (name === undefined) kept.push(args[i]);
    // A switch has no value behind it.
    else if (name !== "print" && !args[i].includes("=")) i++;
  }
  return kept;
}
