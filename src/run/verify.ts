/**
 * Checking a finished run: its files against its manifest, and its results against the same
 * configuration run again.
 *
 * @module
 */
import { join } from "node:path";
import { checkFiles, type Difference } from "./check_files.ts";
import { type Manifest, readManifest, suiteVersions } from "./manifest.ts";
import type { SuiteVersions } from "./manifest_text.ts";
import type { ManifestFile } from "../files/listing.ts";
import { BACKEND_NAMES } from "../backends/choose.ts";
import type { Config } from "../config/config.ts";
import { InputError } from "../errors.ts";
import { readFile } from "../files/read.ts";
import { DivergenceError } from "../training/train.ts";
import { policyFile } from "./policy_files.ts";
import { InterruptedError } from "./learn.ts";
import { openProblem, type Problem } from "./problem.ts";
import {
  type Replay,
  replayQuickly,
  replayWhole,
  type VerifyRunOptions,
} from "./replay.ts";
import { recordedConfig, recordedDataset, recordedWorld } from "./resume.ts";
import { CONFIG_FILE, DATASET_FILE, WORLD_FILE } from "./made_files.ts";

/** What a check of a run found. */
export interface Verification {
  /** Files in the manifest. */
  readonly files: number;
  /** What the manifest says and nothing here can show, a line each. */
  readonly claims: readonly string[];
  /** How the software that made the run differs from this one, a line each. It need not matter. */
  readonly software: readonly string[];
  /** What is not as the manifest says, and where the files contradict it or each other. */
  readonly manifest: readonly Difference[];
  /** null where what would be run again is itself not as the manifest says. */
  readonly replay: Replay | null;
}

/** Whether a check found nothing wrong. */
export function isVerified({ manifest, replay }: Verification): boolean {
  return manifest.length === 0 && replay?.differences.length === 0;
}

/**
 * Checks a finished run.
 *
 * @throws InputError if the directory holds no finished run, or the second run cannot be made here.
 * @throws InterruptedError if it was stopped.
 */
export async function verifyRun(
  options: VerifyRunOptions,
): Promise<Verification> {
  const { directory, quick } = options;
  const manifest = readManifest(directory);
  const { files, versions, about } = manifest;
  if (!files.some(({ path }) => path === CONFIG_FILE)) {
    throw new InputError(
      `${directory}: its manifest names no config.json; this is not the folder of a run`,
    );
  }
  const damaged = checkFiles(directory, files);
  const found = {
    files: files.length,
    claims: claims(about),
    software: compareSoftware(versions, suiteVersions()),
    manifest: [
      ...damaged,
      ...checkStatements(manifest, suiteVersions()),
      ...checkContents(directory, files),
    ],
    replay: null,
  };
  const bad = new Set(damaged.map(({ path }) => path));
  if (bad.has(CONFIG_FILE)) return found;
  const wrong = (path: string, what: string) => ({
    ...found,
    manifest: [...found.manifest, { path, what }],
  });
  let config: Config;
  let problem: Problem;
  try {
    config = recordedConfig(directory);
    const { sha256 } = config.dataset;
    if (sha256 !== null && bad.has(DATASET_FILE)) return found;
    if (sha256 !== null && hashOf(files, DATASET_FILE) !== sha256) {
      return wrong(DATASET_FILE, "is not the data that config.json names");
    }
    const dataset = sha256 === null
      ? undefined
      : recordedDataset(directory, config, options.fromDisk);
    if (bad.has(WORLD_FILE)) return found;
    const world = recordedWorld(directory, config);
    problem = openProblem(config, { dataset, world }, () => {
      if (options.stop?.()) {
        throw new InterruptedError("while data were collected");
      }
    });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return wrong(CONFIG_FILE, `cannot be run: ${error.message}`);
  }
  try {
    const recorded = { config, problem, files };
    const replay = quick
      ? await replayQuickly(recorded, options)
      : await replayWhole(recorded, options);
    return { ...found, replay };
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    const { step, term } = error;
    const what =
      `run again, training diverges: ${term} is not finite at step ${step}`;
    const differences = [{ path: CONFIG_FILE, what }];
    return { ...found, replay: { compared: [], differences } };
  }
}

function hashOf(
  files: readonly ManifestFile[],
  wanted: string,
): string | undefined {
  return files.find(({ path }) => path === wanted)?.sha256;
}

/** What a manifest says of the machine, which leaves no trace in the results. */
function claims(
  { backend, device, adapter, probe }: Manifest["about"],
): string[] {
  const text = (value: unknown) =>
    typeof value === "string" ? value : JSON.stringify(value);
  return [
    `backend ${text(backend)}, ${text(device)}`,
    ...(adapter === undefined ? [] : [`adapter ${text(adapter)}`]),
    ...(probe === undefined ? [] : [`probe ${text(probe)}`]),
  ];
}

/** How the software that made something differs from this one, a line each. */
export function compareSoftware(
  made: SuiteVersions,
  here: SuiteVersions,
): string[] {
  const lines: string[] = [];
  const compare = (what: string, a: string, b: string) => {
    if (a !== b) lines.push(`made with ${what} ${a}, checked with ${b}`);
  };
  compare("suite version", made.suiteVersion, here.suiteVersion);
  compare("Deno", made.denoVersion, here.denoVersion);
  if (made.suiteVersion !== here.suiteVersion) {
    lines.push("the lock file and kernels of that version are not checked");
  } else if (made.lockSha256 === null || made.kernelSha256 === null) {
    lines.push("it does not state its lock file or its kernels");
  }
  return lines;
}

const KEYS = ["configSha256", "backend", "device", "adapter", "probe"];

/** What in a manifest contradicts the files or the software that it names. */
function checkStatements(
  { versions, about, files }: Manifest,
  here: SuiteVersions,
): Difference[] {
  const wrong: string[] = [];
  for (const key of Object.keys(about)) {
    if (!KEYS.includes(key)) wrong.push(`has the unknown key ${key}`);
  }
  if (about.configSha256 !== hashOf(files, CONFIG_FILE)) {
    wrong.push("its configSha256 is not the SHA-256 of config.json");
  }
  if (!BACKEND_NAMES.some((n) => n !== "auto" && n === about.backend)) {
    wrong.push("its backend is not one of this suite");
  }
  if (typeof about.device !== "string") wrong.push("its device is not text");
  wrong.push(...checkVersions(versions, here));
  return wrong.map((what) => ({ path: "manifest.json", what }));
}

/** What in a manifest contradicts the software that it names; of another version nothing can be said. */
export function checkVersions(
  made: SuiteVersions,
  here: SuiteVersions,
): string[] {
  const wrong: string[] = [];
  if (made.suiteVersion === here.suiteVersion) {
    const of = `version ${here.suiteVersion} of this suite`;
    const locks = [made.lockSha256, here.lockSha256];
    if (!locks.includes(null) && locks[0] !== locks[1]) {
      wrong.push(`its lockSha256 is not that of ${of}`);
    }
    const [ours, theirs] = [here.kernelSha256, made.kernelSha256];
    const names = ours && theirs ? Object.keys({ ...ours, ...theirs }) : [];
    const others = names.filter((name) => ours![name] !== theirs![name]);
    if (others.length > 0) {
      wrong.push(`its kernels are not those of ${of}: ${others.join(", ")}`);
    }
  }
  return wrong;
}

/** Where files contradict each other in what needs no second run. */
function checkContents(
  directory: string,
  files: readonly ManifestFile[],
): Difference[] {
  const differences: Difference[] = [];
  const { policies } = jsonOf(directory, "metrics.json");
  for (const [name, policy] of Object.entries(objectOf(policies))) {
    const path = policyFile(name);
    const { sha256 } = objectOf(policy);
    if (sha256 !== hashOf(files, path)) {
      const what = `its hash of the policy ${name} is not that of ${path}`;
      differences.push({ path: "metrics.json", what });
    }
  }
  const { schema, milliseconds } = jsonOf(directory, "timings.json");
  const times = Object.values(objectOf(milliseconds));
  if (
    schema !== "holdfast/timings/1" || times.length === 0 ||
    !times.every((time) => Number.isFinite(time) && (time as number) >= 0)
  ) {
    const what = "is not a list of milliseconds by stage";
    differences.push({ path: "timings.json", what });
  }
  return differences;
}

/** A JSON file of a run; empty if it is none, which is reported elsewhere. */
function jsonOf(directory: string, name: string): Record<string, unknown> {
  try {
    const path = join(directory, name);
    if (!Deno.lstatSync(path).isFile) return {};
    return objectOf(JSON.parse(new TextDecoder().decode(readFile(path))));
  } catch {
    return {};
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null
    ? value as Record<string, unknown>
    : {};
}
