/** Ctrl-C in all its ways: once, twice in a moment, in a terminal, before `| tee`, and in earnest. */
import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { interruptAndResume } from "../../scripts/interrupt_and_resume.ts";
import { inFolder } from "../run/small_run.ts";

const SEED = 1;
const RUNS = 3;

function hasScript(): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const command = new Deno.Command("script", { args: ["--version"] });
    return new TextDecoder().decode(command.outputSync().stdout)
      .includes("util-linux");
  } catch {
    return false;
  }
}

Deno.test({
  name:
    `one Ctrl-C in a terminal under deno task loses nothing, before | tee neither (seed ${SEED})`,
  // Where `script` of util-linux is missing, there is no pseudo-terminal.
  ignore: !hasScript(),
  fn: inFolder(async (folder) => {
    const { stopped, faults } = await interruptAndResume({
      runs: RUNS,
      seed: SEED,
      folder,
    });
    deepEqual(faults, []);
    equal(stopped.length, RUNS);
  }),
});

Deno.test({
  name:
    "a thread that computes hears Ctrl-C; two within 300 ms are one, a later one ends it",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    const module = new URL("../../scripts/interrupt.ts", import.meta.url);
    const program = join(folder, "busy.ts");
    Deno.writeTextFileSync(
      program,
      `import { listenForInterrupt } from ${JSON.stringify(module.href)};
      const { asked } = await listenForInterrupt("stopping");
      console.log("ready");
      const isLate = () => performance.now() > 60_000;
      while (!asked() && !isLate());
      const heard = performance.now();
      while (performance.now() - heard < 300);
      console.log("alive");
      while (!isLate());`,
    );
    let child: Deno.ChildProcess;
    let apart: number;
    do {
      child = new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", "--allow-read", program],
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const lines = child.stdout.pipeThrough(new TextDecoderStream()).values();
      equal((await lines.next()).value, "ready\n");
      const printed = child.stderr.pipeThrough(new TextDecoderStream())
        .values();
      const first = performance.now();
      child.kill("SIGINT");
      equal((await printed.next()).value, "\nstopping\n");
      child.kill("SIGTERM");
      apart = performance.now() - first;
      // A machine at its limit may take longer between the two, which then are two.
      if (apart < 300) equal((await lines.next()).value, "alive\n");
    } while (apart >= 300);
    const ended = child.status;
    const again = setInterval(() => child.kill("SIGINT"), 50);
    const { signal } = await ended;
    clearInterval(again);
    equal(signal, "SIGINT");
  }),
});

Deno.test({
  name: "a terminal that calls itself dumb gets no escapes, another does",
  ignore: !hasScript(),
  fn: inFolder(async (folder) => {
    const shown = async (TERM: string) => {
      const command = new Deno.Command("script", {
        args: [
          "-qec",
          "$DENO run --no-prompt --allow-read --allow-env=TERM program.ts",
          "/dev/null",
        ],
        cwd: folder,
        env: { DENO: Deno.execPath(), TERM, SHELL: "/bin/sh", NO_COLOR: "" },
        stdin: "null",
      });
      return new TextDecoder().decode((await command.output()).stdout);
    };
    const module = new URL("../../src/report/terminal.ts", import.meta.url);
    Deno.writeTextFileSync(
      join(folder, "program.ts"),
      `import { processOutput, showProgress, style } from ${
        JSON.stringify(module.href)
      };
      const screen = processOutput("stdout");
      showProgress(screen, "bc", 10, "steps").finish();
      screen.write(style(screen, "red", "red") + "\\n");`,
    );
    const dumb = await shown("dumb");
    match(dumb, /^bc: 10 steps in .*\r\nred\r\n$/);
    equal(dumb.includes("\x1b"), false);
    const other = await shown("xterm");
    equal(other.slice(0, 7), "\r\x1b[2Kbc");
    equal(other.slice(-15), "\x1b[31mred\x1b[39m\r\n");
  }),
});
