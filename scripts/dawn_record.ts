/**
 * A record of what Dawn does outside a browser, for `deno task determinism --compare`:
 * `deno run --no-lock -A scripts/dawn_record.ts FILE`. Dawn comes with the npm package `webgpu`, of 132 MB,
 * which is therefore no dependency of the suite.
 *
 * @module
 */
import { recordHere } from "../checks.ts";
import { canonicalJson, writeFileAtomic } from "../tools.ts";
import { runScript, type Usage } from "./cli.ts";
import { recordSoftware } from "./record_software.ts";

// In a variable, so that type checks and the lock do without it.
const DAWN = "npm:webgpu@0.6.2";

const usage: Usage = {
  command: "deno run --no-lock -A scripts/dawn_record.ts",
  about: "Writes what Dawn, from the npm package webgpu, does on this machine.",
  flags: {},
  operands: "FILE",
};

await runScript(usage, async ({ operands: [file = "dawn.json"] }) => {
  const { create } = await import(DAWN);
  Object.defineProperty(navigator, "gpu", { value: create([]) });
  const software = recordSoftware();
  const record = await recordHere({
    steps: 8,
    shapes: 20,
    software: { ...software, runtime: `Dawn (${DAWN}), ${software.runtime}` },
    onStage: (stage) => console.error(stage),
  });
  writeFileAtomic(file, canonicalJson(record));
  const isEqual = record.probe?.failure === null &&
    record.kernels.every(({ differences }) => differences === 0) &&
    record.trainings.every((training) => training.firstDifference === null);
  console.log(isEqual ? "Every bit is equal." : "Bits differ.");
  // Dawn's own threads would keep the process.
  Deno.exit(isEqual ? 0 : 1);
});
