/**
 * `deno task determinism`: the same training on every backend of this machine, compared bit for bit.
 *
 * @module
 */
import { dirname, join } from "node:path";
import {
  checkDeterminism,
  type ComparedBackend,
  compareRecords,
  configuredTrainings,
  describeDevice,
  type DeterminismReport,
  deviceRecord,
  type DeviceSurvey,
  MOST_RECORD_BYTES,
  openGpuThread,
  readRecord,
  smallTrainings,
  surveyDevice,
  type TrainingReport,
  wasmInTurns,
  webgpuBackend,
} from "../checks.ts";
import { InputError, referenceBackend, resolveConfig } from "../mod.ts";
import { presetNamed } from "../runs.ts";
import {
  canonicalJson,
  formatTable,
  makeDirectory,
  type Output,
  processOutput,
  readFile,
  style,
  suggest,
  writeFileAtomic,
} from "../tools.ts";
import { type Arguments, integerFlag, runScript, type Usage } from "./cli.ts";
import { serveRecordPage } from "./browser_record.ts";
import { probeLines } from "./probe_lines.ts";
import { comparisonText } from "./record_lines.ts";
import { recordSoftware } from "./record_software.ts";

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
    record: {
      value: "FILE",
      help:
        "also write what the GPU (without one, wasm) did, for others to compare",
    },
    driver: {
      value: "TEXT",
      help: "name and version of the GPU's driver, for the record",
    },
    browser: {
      help:
        "with --record FILE: serve a page on this machine and record a browser that opens it",
    },
    compare: { help: "compare the records A and B instead; train nothing" },
  },
  operands: "[A B]",
};

const DEFAULT_PRESETS = ["tutorial", "safe"] as const;

const NAMES = ["reference", "wasm", "webgpu"];

/** Random shapes on which each kernel is compared. */
const SHAPES = 100;

await runScript(usage, async (args) => {
  const { values, switches, operands } = args;
  if (switches.has("compare")) return compareFiles(args);
  if (operands.length > 0) {
    throw new InputError(
      `${JSON.stringify(operands[0])}: files are for --compare A B`,
    );
  }
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
  if (values.driver !== undefined && values.record === undefined) {
    throw new InputError("--driver: is for --record FILE");
  }
  if (values.driver !== undefined && values.driver.length > 500) {
    throw new InputError("--driver: is longer than 500 characters");
  }
  if (values.out !== undefined) makeDirectory(values.out);
  if (values.record !== undefined) {
    makeDirectory(dirname(values.record));
    if (isDirectory(values.record)) {
      throw new InputError(`--record ${values.record}: is a directory`);
    }
  }

  if (values.record !== undefined && switches.has("browser")) {
    return recordBrowser(args, values.record, steps);
  }
  if (switches.has("browser")) {
    throw new InputError("--browser: needs --record FILE");
  }

  const screen = processOutput("stderr");
  const survey = await surveyDevice();
  const tasks = [
    ...names.flatMap((name) =>
      configuredTrainings(name, resolveConfig(name), steps)
    ),
    ...smallTrainings(steps),
  ];
  const backends = comparedBackends(wanted, survey, values.backends != null);
  const begun = performance.now();
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
  if (values.record !== undefined) {
    const recorded = report.backends[report.backends.length - 1];
    const record = deviceRecord(recorded, {
      steps,
      seconds: (performance.now() - begun) / 1000,
      survey: recorded.label === "webgpu" ? survey : null,
      software: recordSoftware(),
      driver: values.driver,
    });
    writeFileAtomic(values.record, canonicalJson(record));
  }
  return report.equal ? 0 : 1;
});

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** `--browser --record FILE`. */
async function recordBrowser(
  { values }: Arguments,
  file: string,
  steps: number,
): Promise<number> {
  const surplus = ["preset", "backends", "out"].find((name) => name in values);
  if (surplus !== undefined) {
    throw new InputError(`--${surplus}: is not for --browser`);
  }
  await using page = serveRecordPage({ steps, shapes: SHAPES });
  processOutput("stderr").write(
    `Open ${page.address} in the browser to record; it takes minutes.\n`,
  );
  const record = await page.next();
  const { driver = null } = values;
  writeFileAtomic(file, canonicalJson({ ...record, driver }));
  const { probe, kernels, trainings } = record;
  const isEqual = probe?.failure === null &&
    kernels.every(({ differences }) => differences === 0) &&
    trainings.every(({ firstDifference }) => firstDifference === null);
  const output = processOutput("stdout");
  output.write(
    isEqual
      ? style(output, "green", "Every bit is equal.\n")
      : style(output, "red", "Bits differ.\n"),
  );
  return isEqual ? 0 : 1;
}

/** `--compare A B`. */
function compareFiles({ values, switches, operands }: Arguments): number {
  const [surplus] = [
    ...Object.keys(values),
    ...[...switches].filter((name) => name !== "compare" && name !== "json"),
  ];
  if (surplus !== undefined) {
    throw new InputError(`--${surplus}: is not for --compare`);
  }
  if (operands.length !== 2) {
    throw new InputError(
      `--compare: takes two records, A and B, and ${operands.length} are named`,
    );
  }
  const [a, b] = operands.map((file) =>
    readRecord(
      new TextDecoder().decode(readFile(file, MOST_RECORD_BYTES)),
      file,
    )
  );
  const comparison = compareRecords(a, b, [operands[0], operands[1]]);
  const output = processOutput("stdout");
  output.write(
    switches.has("json")
      ? canonicalJson({
        schema: "holdfast/device-comparison/1",
        ...comparison,
      })
      : comparisonText(output, [a, b], comparison),
  );
  return comparison.equal ? 0 : 1;
}

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
      result.push({ label, backend: wasmInTurns(threads) });
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
