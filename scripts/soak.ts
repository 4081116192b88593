/**
 * `deno task soak`: whether runs that are killed at any moment end as if nothing had happened.
 *
 * @module
 */
import { surveyDevice } from "../checks.ts";
import { cannotWrite, formatTable, processOutput } from "../tools.ts";
import { integerFlag, runScript, type Usage } from "./cli.ts";
import {
  interruptAndResume,
  type InterruptOptions,
} from "./interrupt_and_resume.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { killAndResume, type SoakOptions } from "./kill_and_resume.ts";

const usage: Usage = {
  command: "deno task soak",
  about:
    "Kills small pipelines at random moments (SIGKILL) and resumes them, each time on a backend and\n" +
    "with a number of threads drawn at random, until they are finished. Compares what they leave,\n" +
    "after each kill and at the end, with a run that was never stopped. Exit code 1 if they differ.",
  flags: {
    kills: { value: "N", help: "kills in all (default 50)" },
    interrupts: {
      value: "N",
      help:
        "instead: a Ctrl-C in a pseudo-terminal for each of N runs, every fifth before | tee",
    },
    seed: { value: "S", help: "names the random moments (default 0)" },
  },
};

await runScript(usage, async (args) => {
  const kills = integerFlag(args, "kills", 1, 1_000_000) ?? 50;
  const seed = integerFlag(args, "seed", 0, 2 ** 32 - 1) ?? 0;
  const interrupts = integerFlag(args, "interrupts", 1, 1_000_000);
  const { asked } = await listenForInterrupt("stopping");
  let folder: string;
  try {
    folder = Deno.makeTempDirSync({ prefix: "holdfast-" });
  } catch (error) {
    throw cannotWrite("a temporary folder", error);
  }
  try {
    const isWell = interrupts === undefined
      ? await checkKills({ kills, seed, folder, stop: asked })
      : await checkInterrupts({ runs: interrupts, seed, folder, stop: asked });
    return asked() ? 130 : isWell ? 0 : 1;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

async function checkKills(
  options: Omit<SoakOptions, "backends">,
): Promise<boolean> {
  const { failure } = await surveyDevice();
  const backends = [
    ["--backend", "wasm", "--threads", "1"],
    ["--backend", "wasm", "--threads", "2"],
    ["--backend", "wasm", "--threads", "3"],
    ["--backend", "reference"],
    ...(failure === null ? [["--backend", "webgpu"]] : []),
  ];
  const screen = processOutput("stderr");
  screen.write(
    `backends: ${
      backends.map(([, name, , threads]) =>
        threads ? `${name} ${threads}` : name
      )
        .join(", ")
    }${failure === null ? "" : ` (${failure})`}\n`,
  );
  const result = await killAndResume({
    ...options,
    backends,
    onKill: (n, where) =>
      screen.write(`kill ${n} of ${options.kills}: ${where}\n`),
  });
  if (options.stop?.()) return false;
  const output = processOutput("stdout");
  const rows = Object.entries(result.where).sort(([, a], [, b]) => b - a);
  output.write(
    formatTable(output, ["killed at", "kills"], [
      ...rows.map(([where, count]) => [where, String(count)]),
      ["in all", String(result.kills)],
    ]),
  );
  for (const line of result.differences) output.write(`differs: ${line}\n`);
  const equal = result.differences.length === 0;
  output.write(
    `${result.runs} ${result.runs === 1 ? "run" : "runs"}: ${
      equal
        ? "every file is whole after each kill, and at the end equal to the run that was never stopped"
        : `${result.differences.length} differences`
    }\n`,
  );
  return equal;
}

async function checkInterrupts(options: InterruptOptions): Promise<boolean> {
  const screen = processOutput("stderr");
  const { stopped, faults } = await interruptAndResume({
    ...options,
    onRun: (kind, where) => screen.write(`${kind}: stopped at ${where}\n`),
  });
  if (options.stop?.()) return false;
  const output = processOutput("stdout");
  for (const fault of faults) output.write(`fault: ${fault}\n`);
  const counts = Map.groupBy(stopped, (where) => where);
  output.write(formatTable(output, ["stopped at", "runs"], [
    ...[...counts].map(([where, { length }]) => [where, String(length)]),
    ["in all", String(stopped.length)],
  ]));
  output.write(
    faults.length === 0
      ? "each left what it had done, said how to resume, and then gave the policies of the run that was never stopped\n"
      : `${faults.length} faults\n`,
  );
  return faults.length === 0;
}
