/**
 * `deno task determinism`: the same training on every backend of this machine, compared bit for bit.
 *
 * @module
 */
import { join } from "node:path";
import {
  checkDeterminism,
  type ComparedBackend,
  describeDevice,
  type DeterminismReport,
  type DeviceSurvey,
  openGpuThread,
  surveyDevice,
  webgpuBackend,
} from "../checks.ts";
import {
  InputError,
  referenceBackend,
  resolveConfig,
  wasmBackend,
} from "../mod.ts";
import { networkAlgorithms, prepareTask } from "../programs.ts";
import { openProblem, presetNamed } from "../runs.ts";
import {
  canonicalJson,
  formatTable,
  makeDirectory,
  type Output,
  processOutput,
  style,
  suggest,
  writeFileAtomic,
} from "../tools.ts";
import { integerFlag, runScript, type Usage } from "./cli.ts";
import { probeLines } from "./probe_lines.ts";

const usage: Usage = {
  command: "deno task determinism",
  about:
    "Runs the same training on each backend and thread count of this machine and compares every bit\n" +
    "with the reference. Exit code 1 when any bit differs.",
  flags: {
    steps: {
      value: "N",
      help: "training steps of each algorithm (default 100)",
    },
    preset: { value: "NAME", help: "tutorial (default), safe or smoke" },
    backends: {
      value: "A,B",
      help: "of reference, wasm, webgpu (default: all that there are)",
    },
    json: { help: "print JSON in place of tables" },
    out: {
      value: "DIR",
      help: "also leave determinism.json and determinism.txt there",
    },
  },
};

const NAMES = ["reference", "wasm", "webgpu"];

/** Random shapes on which each kernel is compared. */
const SHAPES = 200;

await runScript(usage, async (args) => {
  const { values, switches } = args;
  const steps = integerFlag(args, "steps", 1, 10_000_000) ?? 100;
  const preset = presetNamed(values.preset ?? "tutorial");
  const wanted = values.backends?.split(",") ?? NAMES;
  for (const name of wanted) {
    if (!NAMES.includes(name)) {
      throw new InputError(
        `--backends: unknown ${JSON.stringify(name)}; ${suggest(name, NAMES)}`,
      );
    }
  }

  const screen = processOutput("stderr");
  const survey = await surveyDevice();
  const config = resolveConfig(preset);
  const { dataset } = openProblem(config);
  const tasks = networkAlgorithms(config).map((algorithm) => ({
    name: algorithm.name,
    open: () =>
      prepareTask(
        config.network,
        {
          ...algorithm,
          settings: {
            ...algorithm.settings,
            steps: Math.max(steps, algorithm.settings.steps),
          },
        } as typeof algorithm,
        [{ seed: config.seed, member: 0, dataset }],
        config.dataset.bootstrapOnTruncation,
      ).task,
  }));
  const backends = comparedBackends(wanted, survey, values.backends != null);
  const report = await checkDeterminism(tasks, backends, {
    steps,
    shapes: SHAPES,
    onStage: (stage) => screen.write(style(screen, "dim", `${stage}\n`)),
  });

  const output = processOutput("stdout");
  const json = canonicalJson({
    schema: "holdfast/determinism/1",
    preset,
    ...report,
    probe: survey,
  });
  output.write(switches.has("json") ? json : tables(output, report, survey));
  if (values.out) {
    const plain: Output = { write() {}, isTerminal: false, columns: 80 };
    makeDirectory(values.out);
    writeFileAtomic(join(values.out, "determinism.json"), json);
    writeFileAtomic(
      join(values.out, "determinism.txt"),
      tables(plain, report, survey),
    );
  }
  return report.equal ? 0 : 1;
});

/** The backends to compare; the GPU also where it fails the probe, because that is what the check is for. */
function comparedBackends(
  wanted: readonly string[],
  { device, probe, failure }: DeviceSurvey,
  explicit: boolean,
): ComparedBackend[] {
  const result: ComparedBackend[] = [];
  if (wanted.includes("reference")) {
    result.push({ label: "reference", backend: referenceBackend });
  }
  if (wanted.includes("wasm")) {
    for (const threads of threadCounts()) {
      const label = `wasm, ${threads} thread${threads === 1 ? "" : "s"}`;
      result.push({ label, backend: wasmBackend({ threads }) });
    }
  }
  if (wanted.includes("webgpu")) {
    if (device && probe) {
      const backend = webgpuBackend(openGpuThread, describeDevice(device));
      result.push({ label: "webgpu", backend });
    } else if (explicit) {
      throw new InputError(`--backends webgpu: ${failure}`);
    }
  }
  return result;
}

/** 1, 2, 4 … and the number of cores. */
function threadCounts(): number[] {
  const cores = navigator.hardwareConcurrency;
  const counts: number[] = [];
  for (let threads = 1; threads < cores; threads *= 2) counts.push(threads);
  return [...counts, cores];
}

function tables(
  output: Output,
  report: DeterminismReport,
  survey: DeviceSurvey,
): string {
  const compared = report.backends.filter(({ kernels }) => kernels.length > 0);
  const trainings = formatTable(
    output,
    [
      "backend",
      "device",
      "training",
      "first different step",
      "losses that differ",
      `SHA-256 after ${report.steps} steps`,
      "ms/step",
    ],
    report.backends.flatMap(({ label, device, trainings }) =>
      trainings.map((t) => [
        label,
        device,
        t.task,
        t.firstDifferentStep === null ? "none" : String(t.firstDifferentStep),
        String(t.lossDifferences),
        t.sha256.slice(0, 16),
        t.millisecondsPerStep.toFixed(3),
      ])
    ),
  );
  const kernels = compared.length === 0 ? "" : formatTable(
    output,
    ["kernel", "shapes", "elements", ...compared.map(({ label }) => label)],
    compared[0].kernels.map(({ kernel, shapes, elements }, i) => [
      kernel,
      String(shapes),
      String(elements),
      ...compared.map(({ kernels }) => String(kernels[i].differences)),
    ]),
  );
  const verdict = report.equal
    ? style(output, "green", "Every bit is equal.")
    : style(output, "red", "Bits differ.");
  return [
    trainings,
    "\nElements that differ in a bit, on random inputs:\n",
    kernels,
    `\n${probeLines(survey).join("\n")}\n`,
    `${verdict}\n`,
  ].join("");
}
