/** What scripts do when a screen takes nothing, and where they look for files. */
import { deepEqual, equal, match } from "node:assert/strict";
import { join, resolve } from "node:path";
import { isFinished } from "../../src/run/resume.ts";
import { inFolder, scriptResult, smallOverrides } from "../run/small_run.ts";

const suite = resolve(import.meta.dirname!, "../..");
const ignore = Deno.build.os === "windows";

/** A shell's line, with the name of this Deno in `$DENO` and the folder of the suite in `$SUITE`. */
async function shell(line: string, cwd: string) {
  const command = new Deno.Command("sh", {
    args: ["-c", line],
    cwd,
    env: { DENO: Deno.execPath(), SUITE: suite, NO_COLOR: "1" },
    stdin: "null",
  });
  return scriptResult(await command.output());
}

const SCRIPT =
  "$DENO run --frozen --no-prompt --allow-read --allow-write $SUITE/scripts";

Deno.test({
  name: "no failed write to a screen ends a run; a lost answer is an error",
  ignore,
  fn: inFolder(async (folder) => {
    Deno.writeTextFileSync(
      join(folder, "c.json"),
      JSON.stringify(smallOverrides),
    );
    const run =
      `${SCRIPT}/pipeline.ts --preset smoke --config c.json --backend reference`;
    const full = Deno.build.os === "linux";
    const cases = [
      [`(${run} --out a; echo $? >&3) 3>code 2>&1 | true`, "a"],
      ...(full ? [[`${run} --out b >/dev/full 2>&1; echo $? >code`, "b"]] : []),
    ];
    for (const [line, out] of cases) {
      deepEqual(await shell(line, folder), { code: 0, stdout: "", stderr: "" });
      equal(Deno.readTextFileSync(join(folder, "code")), "0\n", line);
      equal(isFinished(join(folder, out)), true, line);
    }
    if (!full) return;
    const policy = "a/bc/policy.safetensors --observation 1,1";
    deepEqual(
      await shell(`${SCRIPT}/predict.ts ${policy} >/dev/full`, folder),
      {
        code: 2,
        stdout: "",
        stderr:
          "error: cannot write stdout: the disk is full; free some space\n",
      },
    );
  }),
});

Deno.test({
  name: "under deno task, paths are those of where the user stands",
  ignore,
  fn: inFolder(async (folder) => {
    Deno.writeTextFileSync(
      join(folder, "c.json"),
      JSON.stringify(smallOverrides),
    );
    // npx and a task around this test have set it for their own place.
    const task = "env -u INIT_CWD $DENO task --quiet --config $SUITE/deno.json";
    const run =
      `${task} pipeline --preset smoke --config c.json --backend wasm --threads 1`;
    const { code, stdout, stderr } = await shell(run, folder);
    equal(code, 0, stderr);
    match(
      stdout,
      /\nartifacts\/smoke-seed42\/report\.html: the report of the run, made in /,
    );
    equal(isFinished(join(folder, "artifacts/smoke-seed42")), true);
    const missing = await shell(`${task} dataset info no.csv`, folder);
    deepEqual(missing, {
      code: 2,
      stdout: "",
      stderr: "error: no.csv: does not exist\n",
    });
  }),
});
