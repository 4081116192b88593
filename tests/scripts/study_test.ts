import { equal, match, ok } from "node:assert/strict";
import { join } from "node:path";

const script = join(import.meta.dirname!, "../../scripts/study.ts");

/** `deno task study`, with the permissions of the task. */
function studyCommand(...args: string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--frozen",
      "--allow-read",
      "--allow-write",
      script,
      ...args,
    ],
    stdout: "piped",
    stderr: "piped",
  });
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test({
  name:
    "Ctrl-C keeps the finished cells and says how to continue; the same command does",
  // There is no sending of SIGINT to a process on Windows.
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = Deno.makeTempDirSync();
    try {
      const config = join(folder, "config.json");
      const learner = { steps: 1_500, batchSize: 32 };
      Deno.writeTextFileSync(
        config,
        JSON.stringify({
          environment: { size: 5, maxSteps: 20 },
          network: { hidden: [16] },
          algorithms: { bc: learner, cql: learner },
        }),
      );
      const out = join(folder, "study");
      const command = () =>
        studyCommand(
          ...["--preset", "smoke", "--seeds", "0..4", "--config", config],
          ...["--out", out, "--jobs", "2", "--backend", "reference"],
        );
      const child = command().spawn();
      const output = child.output();
      // Cells of cql take longest and come first.
      while (!hasFile(join(out, "cells/smoke/cql"))) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      child.kill("SIGINT");
      const stopped = await output;
      equal(stopped.code, 130, text(stopped.stderr));
      const message =
        /(\d+) of 15 cells are finished and kept; the same command continues\n$/;
      match(text(stopped.stderr), message);
      const kept = Number(message.exec(text(stopped.stderr))![1]);
      ok(kept >= 1 && kept < 15, `${kept} kept`);

      const resumed = await command().output();
      equal(resumed.code, 0, text(resumed.stderr));
      ok(
        text(resumed.stderr).startsWith(`${kept} of 15 cells are finished\n`),
        text(resumed.stderr),
      );
      match(text(resumed.stdout), /^policy .*\nbc .*\ncql .*\nbehaviour /m);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

function hasFile(folder: string): boolean {
  try {
    return [...Deno.readDirSync(folder)].some(({ name }) =>
      name.endsWith(".json")
    );
  } catch {
    return false;
  }
}

Deno.test("wrong flags are reported in one line with exit code 2", async () => {
  for (
    const [args, line] of [
      [
        ["--preset", "tutoril"],
        'error: unknown preset "tutoril"; did you mean tutorial?',
      ],
      [
        ["--jobs", "0"],
        'error: --jobs: must be an integer from 1 to 256, not "0"',
      ],
      [
        ["--datasets", "3"],
        "error: --datasets: is of a calibration; give --calibrate",
      ],
      [
        ["--calibrate", "--preset", "safe"],
        "error: --preset: is not of a calibration",
      ],
      [
        ["--calibrate", "--sizes", "50,5"],
        'error: --sizes: must be different numbers of episodes from 10 to 1000000, such as 50,5000, not "50,5"',
      ],
      [
        ["--calibrate", "--behaviour", "optimall"],
        'error: --behaviour: unknown "optimall"; did you mean optimal?',
      ],
      [
        ["--calibrate", "--environment", "cliffWalking:maxSteps=null"],
        "error: a calibration needs a world whose episodes end: give --horizon, the steps after which they are truncated",
      ],
    ] as const
  ) {
    const { code, stderr, stdout } = await studyCommand(...args).output();
    equal(code, 2);
    equal(text(stderr), `${line}\n`);
    equal(text(stdout), "");
  }
});
