/**
 * Checking a finished run: its files against its manifest, and its results against the same
 * configuration run again.
 *
 * @module
 */
import {
  listFiles,
  type ManifestFile,
  readManifest,
  type SuiteVersions,
  suiteVersions,
} from "../artifacts/manifest.ts";
import type { Backend } from "../backends/backend.ts";
import { InputError } from "../errors.ts";
import { DivergenceError } from "../training/train.ts";
import type { PipelineEvents } from "./pipeline.ts";
import { replayFirstInterval, replayWhole } from "./replay.ts";
import { DATASET_FILE, recordedConfig } from "./resume.ts";

/** How a run is checked. */
export interface VerifyOptions {
  /** The run directory; nothing in it is changed. */
  readonly directory: string;
  /** What computes the second run; it need not be what computed the first. */
  readonly backend: Backend;
  /** Run only the first logging interval of each algorithm again. */
  readonly quick?: boolean;
  /** Asked often; true ends the check. */
  readonly stop?: () => boolean;
  /** Who is told of the second run's progress. */
  readonly events?: PipelineEvents;
}

/** A file that is not what it should be. */
export interface Difference {
  /** Relative to the run directory. */
  readonly path: string;
  /** What is wrong with it, in a few words. */
  readonly what: string;
}

/** What the second run gave. */
export interface Replay {
  /** The files that it was compared with; with `quick`, of a training table the first row only. */
  readonly compared: readonly string[];
  /** Those that differ, and those that only one of the runs has. */
  readonly differences: readonly Difference[];
}

/** What a check of a run found. */
export interface Verification {
  /** Files in the manifest. */
  readonly files: number;
  /** In what the software that made the run and this one differ, a line each. It need not matter. */
  readonly software: readonly string[];
  /** Files that are not as the manifest says: missing, changed or unlisted. */
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
 * @throws InputError if the directory holds no finished run.
 * @throws InterruptedError if it was stopped.
 */
export async function verifyRun(options: VerifyOptions): Promise<Verification> {
  const { directory, quick } = options;
  const { files, versions } = readManifest(directory);
  if (!files.some(({ path }) => path === "config.json")) {
    throw new InputError(
      `${directory}: its manifest names no config.json; this is not the folder of a run`,
    );
  }
  const manifest = compareWithManifest(directory, files);
  const bad = new Set(manifest.map(({ path }) => path));
  const found = {
    files: files.length,
    software: compareSoftware(versions, suiteVersions()),
    manifest,
    replay: null,
  };
  if (bad.has("config.json")) return found;
  const config = recordedConfig(directory);
  if (config.dataset.sha256 !== null && bad.has(DATASET_FILE)) return found;
  try {
    const replay = quick
      ? await replayFirstInterval(config, options)
      : await replayWhole(config, files.map(({ path }) => path), options);
    return { ...found, replay };
  } catch (error) {
    if (!(error instanceof DivergenceError)) throw error;
    const { step, term } = error;
    const what =
      `run again, training diverges: ${term} is not finite at step ${step}`;
    const differences = [{ path: "config.json", what }];
    return { ...found, replay: { compared: [], differences } };
  }
}

/** In what the software that made something and that which is here differ, a line each. */
export function compareSoftware(
  made: Partial<SuiteVersions>,
  here: SuiteVersions,
): string[] {
  const lines: string[] = [];
  const compare = (what: string, a: unknown, b: unknown) => {
    if (a !== b) lines.push(`made with ${what} ${a}, checked with ${b}`);
  };
  compare("suite version", made.suiteVersion, here.suiteVersion);
  compare("Deno", made.denoVersion, here.denoVersion);
  const ours = here.kernelSha256 ?? {};
  const theirs = made.kernelSha256 ?? {};
  const names = Object.keys({ ...ours, ...theirs });
  const others = names.filter((name) => ours[name] !== theirs[name]);
  if (others.length > 0) {
    lines.push(`made with other kernels: ${others.join(", ")}`);
  }
  return lines;
}

/** The files that are missing, changed or not in the manifest. */
export function compareWithManifest(
  directory: string,
  files: readonly ManifestFile[],
): Difference[] {
  const actual = new Map(listFiles(directory).map((file) => [file.path, file]));
  const differences: Difference[] = [];
  for (const { path, sha256, bytes } of files) {
    const file = actual.get(path);
    actual.delete(path);
    if (file === undefined) differences.push({ path, what: "is missing" });
    else if (file.bytes !== bytes || file.sha256 !== sha256) {
      const what = "is not the file that the manifest names: its SHA-256 is " +
        `${file.sha256.slice(0, 16)}… where ${sha256.slice(0, 16)}… is stated`;
      differences.push({ path, what });
    }
  }
  for (const path of actual.keys()) {
    differences.push({ path, what: "is not in the manifest" });
  }
  return differences;
}
