/** Ctrl-C in all its ways: once, twice in a moment, in a terminal, before `| tee`, and in earnest. */
import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { interruptAndResume } from "../../scripts/interrupt_and_resume.ts";
import { inFolder } from "../pipeline/small_run.ts";

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
      while (!asked());
      const heard = performance.now();
      while (performance.now() - heard < 300);
      console.log("alive");
      for (;;);`,
    );
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", program],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).values();
    equal((await lines.next()).value, "ready\n");
    child.kill("SIGINT");
    child.kill("SIGTERM");
    equal((await lines.next()).value, "alive\n");
    const ended = child.status;
    const again = setInterval(() => child.kill("SIGINT"), 50);
    const { signal } = await ended;
    clearInterval(again);
    equal(signal, "SIGINT");
    equal(await new Response(child.stderr).text(), "\nstopping\n");
  }),
});
