/**
 * `deno task soak`: whether runs that are killed at any moment end as if nothing had happened.
 *
 * @module
 */
import { formatTable, processOutput, surveyDevice } from "../mod.ts";
import { cannotWrite } from "../src/files/atomic.ts";
import { integerFlag, runScript, type Usage } from "./cli.ts";
import { killAndResume } from "./kill_and_resume.ts";

const usage: Usage = {
  command: "deno task soak",
  about:
    "Kills small pipelines at random moments (SIGKILL) and resumes them, each time on a backend and\n" +
    "with a number of threads drawn at random, until they are finished. Compares what they leave,\n" +
    "after each kill and at the end, with a run that was never stopped. Exit code 1 if they differ.",
  flags: {
    kills: { value: "N", help: "kills in all (default 50)" },
    seed: { value: "S", help: "names the random moments (default 0)" },
  },
};

await runScript(usage, async (args) => {
  const kills = integerFlag(args, "kills", 1, 1_000_000) ?? 50;
  const seed = integerFlag(args, "seed", 0, 2 ** 32 - 1) ?? 0;
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
  let folder: string;
  try {
    folder = Deno.makeTempDirSync({ prefix: "holdfast-" });
  } catch (error) {
    throw cannotWrite("a temporary folder", error);
  }
  try {
    const result = await killAndResume({
      kills,
      seed,
      backends,
      folder,
      onKill: (n, where) => screen.write(`kill ${n} of ${kills}: ${where}\n`),
    });
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
      `${result.runs} runs: ${
        equal
          ? "every file is whole after each kill, and at the end equal to the run that was never stopped"
          : `${result.differences.length} differences`
      }\n`,
    );
    return equal ? 0 : 1;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
