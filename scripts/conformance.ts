/**
 * `deno task conformance`: replays recorded updates of d3rlpy.
 *
 * @module
 */
import { checkConformance, type ConformanceResult } from "../checks.ts";
import { BACKEND_NAMES, chooseBackend, InputError } from "../mod.ts";
import { formatTable, processOutput, readFile, visible } from "../tools.ts";
import { choiceFlag, runScript, type Usage } from "./cli.ts";

const usage: Usage = {
  command: "deno task conformance",
  about:
    "Replays recorded updates of d3rlpy and compares losses and parameters.\n" +
    "Exit code 1 when a difference is larger than the tolerance, 2 when a file is not a fixture.",
  flags: {
    backend: {
      value: "NAME",
      help: "auto (default), wasm, reference or webgpu",
    },
    json: { help: "print JSON" },
  },
  operands: "FILE…",
};

await runScript(usage, async (args) => {
  if (args.operands.length === 0) {
    throw new InputError(
      "give the fixtures, e.g. tests/fixtures/d3rlpy/*.safetensors",
    );
  }
  const backend = await chooseBackend(
    choiceFlag(args, "backend", BACKEND_NAMES) ?? "auto",
  );
  const results: ({ file: string } & ConformanceResult)[] = [];
  const refused: { file: string; error: string }[] = [];
  for (const file of args.operands) {
    try {
      const result = await checkConformance(readFile(file), file, backend);
      results.push({ file, ...result });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      refused.push({ file, error: error.message });
    }
  }
  const output = processOutput("stdout");
  if (args.switches.has("json")) {
    const all = { backend: backend.name, results, refused };
    output.write(`${JSON.stringify(all, null, 2)}\n`);
  } else if (results.length > 0) {
    const short = (x: number) => x.toExponential(2);
    output.write(formatTable(
      output,
      [
        "file",
        "algorithm",
        "steps",
        "parameters",
        "losses",
        "tolerance",
        "result",
      ],
      results.map((r) => [
        visible(r.file),
        r.algorithm,
        String(r.steps),
        short(r.parameterDifference),
        short(r.lossDifference),
        short(r.tolerance),
        r.passed ? "pass" : "FAIL",
      ]),
    ));
  }
  const screen = processOutput("stderr");
  for (const { error } of refused) screen.write(`error: ${error}\n`);
  if (refused.length > 0) return 2;
  return results.every(({ passed }) => passed) ? 0 : 1;
});
