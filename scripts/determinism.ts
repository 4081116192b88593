/**
 * `deno task determinism`: the same training on every backend of this machine, compared bit for bit.
 *
 * @module
 */
import { join } from "node:path";
import {
  checkDeterminism,
  type ComparedBackend,
  configuredTrainings,
  describeDevice,
  type DeterminismReport,
  type DeviceSurvey,
  openGpuThread,
  smallTrainings,
  surveyDevice,
  type TrainingReport,
  webgpuBackend,
} from "../checks.ts";
import {
  InputError,
  referenceBackend,
  resolveConfig,
  wasmBackend,
} from "../mod.ts";
import { presetNamed } from "../runs.ts";
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
    "Runs the same trainings on each backend and thread count of this machine and compares every bit\n" +
    "with the reference: those of presets, and small ones of every algorithm. Exit code 1 when any bit differs.",
  flags: {
    steps: {
      value: "N",
      help: "steps of each training (default 40)",
    },
    preset: {
      value: "NAME",
      help: "train this preset alone at full size (default: tutorial and safe)",
    },
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

const DEFAULT_PRESETS = ["tutorial", "safe"] as const;

const NAMES = ["reference", "wasm", "webgpu"];

/** Random shapes on which each kernel is compared. */
const SHAPES = 100;

await runScript(usage, async (args) => {
  const { values, switches } = args;
  const steps = integerFlag(args, "steps", 1, 10_000_000) ?? 40;
  const names = values.preset === undefined
    ? DEFAULT_PRESETS
    : [presetNamed(values.preset)];
  const wanted = values.backends?.split(",") ?? NAMES;
  for (const name of wanted) {
    if (!NAMES.includes(name)) {
      throw new InputError(
        `--backends: unknown ${JSON.stringify(name)}; ${suggest(name, NAMES)}`,
      );
    }
  }

  if (wanted.every((name) => name === "reference")) {
    throw new InputError(
      "--backends: the reference alone is compared with nothing: add wasm or webgpu",
    );
  }
  if (values.out !== undefined) makeDirectory(values.out);

  const screen = processOutput("stderr");
  const survey = await surveyDevice();
  const tasks = [
    ...names.flatMap((name) =>
      configuredTrainings(name, resolveConfig(name), steps)
    ),
    ...smallTrainings(steps),
  ];
  const backends = comparedBackends(wanted, survey, values.backends != null);
  const report = await checkDeterminism(tasks, backends, {
    steps,
    shapes: SHAPES,
    onStage: (stage) => screen.write(style(screen, "dim", `${stage}\n`)),
  });

  const output = processOutput("stdout");
  const json = canonicalJson({
    schema: "holdfast/determinism/2",
    presets: names,
    ...report,
    probe: survey,
  });
  output.write(switches.has("json") ? json : tables(output, report, survey));
  if (values.out !== undefined) {
    const plain: Output = { write() {}, isTerminal: false, columns: 80 };
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
  const [reference, ...others] = report.backends;
  const trainings = formatTable(
    output,
    [
      "training",
      "runs",
      "target updates",
      `SHA-256 after ${report.steps} steps`,
      ...others.map(({ label }) => label),
    ],
    reference.trainings.map(({ task, runs, targetUpdates, sha256 }, i) => [
      task,
      String(runs),
      String(targetUpdates),
      sha256.slice(0, 16),
      ...others.map(({ trainings }) => comparison(trainings[i])),
    ]),
  );
  const devices = report.backends.map(({ label, device }) =>
    `${label}: ${device}\n`
  );
  const kernels = others.length === 0 ? "" : formatTable(
    output,
    ["kernel", "shapes", "elements", ...others.map(({ label }) => label)],
    others[0].kernels.map(({ kernel, shapes, elements }, i) => [
      kernel,
      String(shapes),
      String(elements),
      ...others.map(({ kernels }) => String(kernels[i].differences)),
    ]),
  );
  const verdict = report.equal
    ? style(output, "green", "Every bit is equal.")
    : style(output, "red", "Bits differ.");
  return [
    ...devices,
    "\nTrainings, compared with the reference in every bit:\n\n",
    trainings,
    "\nElements that differ in a bit, on random inputs:\n\n",
    kernels,
    `\n${probeLines(survey).join("\n")}\n`,
    `${verdict}\n`,
  ].join("");
}

/** How a training compares, and its time. */
function comparison(training: TrainingReport): string {
  const { firstDifference, policy, millisecondsPerStep } = training;
  if (firstDifference === null) {
    return `equal, ${millisecondsPerStep.toFixed(1)} ms/step`;
  }
  const { step, tensor, element, differences } = firstDifference;
  return `step ${step}: ${differences} of ${tensor} from [${element}]; ${policy.actionDifferences} actions`;
}
