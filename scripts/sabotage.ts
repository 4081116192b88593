/**
 * `deno task sabotage`: plants faults in the backends and shows which check notices which.
 *
 * @module
 */
import { dirname } from "node:path";
import {
  type Caught,
  describeDevice,
  faultNames,
  type FaultyBackend,
  isCaught,
  plantFaults,
  surveyDevice,
} from "../checks.ts";
import { InputError } from "../mod.ts";
import {
  formatTable,
  makeDirectory,
  processOutput,
  style,
  suggest,
  writeFileAtomic,
} from "../tools.ts";
import { runScript, type Usage } from "./cli.ts";

const usage: Usage = {
  command: "deno task sabotage",
  about:
    "Plants faults in the GPU and wasm backends and shows which check notices which: the probe of a GPU,\n" +
    "or the kernels and trainings of deno task determinism. Exit code 1 when one goes unnoticed.",
  flags: {
    backends: { value: "A,B", help: "of webgpu, wasm (default: both)" },
    only: { value: "TEXT", help: "faults whose name contains this" },
    quick: { help: "stop asking when one check has noticed a fault" },
    out: {
      value: "FILE",
      help: "also write the table as a page, as docs/sabotage.md is",
    },
  },
};

const HEAD = ["fault", "backend", "probe", "first kernel", "first training"];

const BACKENDS: readonly FaultyBackend[] = ["webgpu", "wasm"];

await runScript(usage, async ({ values, switches }) => {
  const backends = (values.backends?.split(",") ?? BACKENDS).map((name) => {
    const known = BACKENDS.find((backend) => backend === name);
    if (known) return known;
    throw new InputError(
      `--backends: unknown ${JSON.stringify(name)}; ${suggest(name, BACKENDS)}`,
    );
  });
  const names = faultNames(backends).filter((name) =>
    name.includes(values.only ?? "")
  );
  if (names.length === 0) {
    throw new InputError(
      `--only: no fault's name contains ${JSON.stringify(values.only)}`,
    );
  }
  if (values.out !== undefined) makeDirectory(dirname(values.out));
  const { device, failure } = await surveyDevice();
  if (backends.includes("webgpu") && failure !== null) {
    throw new InputError(`webgpu: ${failure}: use --backends wasm`);
  }
  const screen = processOutput("stderr");
  const output = processOutput("stdout");
  const caught: Caught[] = [];
  for await (const found of plantFaults(names, !switches.has("quick"))) {
    caught.push(found);
    const { backend, fault } = found;
    const progress =
      `${caught.length} of ${names.length}: ${backend}: ${fault}\n`;
    screen.write(style(screen, "dim", progress));
  }
  output.write(formatTable(output, HEAD, caught.map(cells)));
  const devices = backends.includes("webgpu") ? describeDevice(device!) : "";
  output.write(`\n${verdict(caught, devices)}\n`);
  if (values.out !== undefined) {
    writeFileAtomic(values.out, page(caught, devices, switches.has("quick")));
  }
  return caught.every((found) => isCaught(found) || found.harmless) ? 0 : 1;
});

function cells(found: Caught): string[] {
  const { fault, backend, probe, kernel, training, harmless } = found;
  const words = (by: string | null | undefined) =>
    by === undefined ? "" : by ?? "-";
  if (harmless) {
    return [fault, backend, "-", "-", `no bit differs: ${harmless}`];
  }
  if (!isCaught(found)) return [fault, backend, "-", "-", "UNNOTICED"];
  return [fault, backend, words(probe), words(kernel), words(training)];
}

function verdict(caught: readonly Caught[], device: string): string {
  const noticed = caught.filter(isCaught);
  const by = (of: (found: Caught) => string | null | undefined) =>
    caught.filter((found) => of(found) != null).length;
  const harmless = caught.filter(({ harmless }) => harmless).length;
  return `${noticed.length} of ${caught.length} faults are noticed` +
    `${device ? ` on ${device}` : ""}: ${
      by(({ probe }) => probe)
    } by the probe, ` +
    `${by(({ kernel }) => kernel)} by kernels, ${
      by(({ training }) => training)
    } by trainings; ${harmless} change no bit here.`;
}

function page(
  caught: readonly Caught[],
  device: string,
  quick: boolean,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    "# Planted faults",
    "",
    `Written by \`deno task sabotage ${
      quick ? "--quick " : ""
    }--out docs/sabotage.md\`. Each fault is planted alone, and the`,
    "[probe](determinism.md#what-is-promised) of a GPU and then `deno task determinism`'s kernels (20 random",
    `shapes each) and small trainings (9 steps) are asked${
      quick ? ", until one has noticed it" : ""
    }. The probe's column has how`,
    "many of its operations and trainings differ, and the first of these; `-`: not noticed by this one; empty:",
    "not asked. What changes no bit on this device is named as such: it is no fault here.",
    "",
    verdict(caught, device),
    "",
    line(HEAD),
    line(HEAD.map(() => "---")),
    ...caught.map((found) => line(cells(found))),
    "",
  ].join("\n");
}
