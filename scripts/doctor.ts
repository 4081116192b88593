/**
 * `deno task doctor`: what this machine offers, and which backend `auto` takes.
 *
 * @module
 */
import { autoChoice, findDevices, surveyDevice } from "../checks.ts";
import { canonicalJson, processOutput } from "../tools.ts";
import { runScript, type Usage } from "./cli.ts";
import { probeLines } from "./probe_lines.ts";

const usage: Usage = {
  command: "deno task doctor",
  about:
    "Shows what this machine offers for training, and which backend `auto` takes and why.",
  flags: { json: { help: "print JSON" } },
};

/** The smallest module with a SIMD instruction: (func (result v128) i32.const 0 i8x16.splat). */
const SIMD_MODULE = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0],
  ...[1, 5, 1, 96, 0, 1, 123],
  ...[3, 2, 1, 0],
  ...[10, 8, 1, 6, 0, 65, 0, 253, 15, 11],
);

await runScript(usage, async ({ switches }) => {
  const survey = await surveyDevice();
  const devices = await findDevices();
  const { os, arch } = Deno.build;
  const machine = {
    deno: Deno.version.deno,
    os,
    arch,
    cores: navigator.hardwareConcurrency,
    wasmSimd: WebAssembly.validate(SIMD_MODULE),
    wasmThreads: typeof SharedArrayBuffer === "function",
  };
  const auto = autoChoice(survey);
  const output = processOutput("stdout");
  if (switches.has("json")) {
    output.write(canonicalJson({
      schema: "holdfast/doctor/1",
      machine,
      adapters: devices,
      probe: survey,
      auto,
    }));
    return 0;
  }
  const yes = (there: boolean) => there ? "yes" : "no";
  const mebibytes = (bytes: number) => `${Math.floor(bytes / 2 ** 20)} MiB`;
  const lines = [
    `Deno ${machine.deno} on ${os} ${arch}, ${machine.cores} cores`,
    `WebAssembly SIMD: ${yes(machine.wasmSimd)}; threads: ${
      yes(machine.wasmThreads)
    }`,
    ...devices.map((d) =>
      `WebGPU adapter: ${d.name} (${d.ids || "no ids"}), ${
        d.software ? "software" : "hardware"
      }; largest buffer ${
        mebibytes(d.maxBufferBytes)
      }, ${d.maxStorageBuffers} storage buffers a stage, ${d.maxWorkgroupThreads} threads a workgroup`
    ),
    ...probeLines(survey),
    `auto takes ${auto.backend}: ${auto.reason}`,
  ];
  output.write(`${lines.join("\n")}\n`);
  return 0;
});
