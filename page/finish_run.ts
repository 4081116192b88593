/**
 * The rest of a run's files once its policies are learnt: evaluation, plots, report and manifest.
 *
 * @module
 */
import { zipSync } from "fflate";
import type { Backend } from "../src/backends/backend.ts";
import type { Config } from "../src/config/config.ts";
import { canonicalJson } from "../src/files/canonical_json.ts";
import { gridDetails } from "../src/run/grid_details.ts";
import { inputFiles, keepPictures, keepTimings } from "../src/run/keep.ts";
import { CONFIG_FILE } from "../src/run/made_files.ts";
import {
  aboutRun,
  MANIFEST_FILE,
  manifestText,
  type SuiteVersions,
} from "../src/run/manifest_text.ts";
import { evaluateRun } from "../src/run/metrics.ts";
import { plotRun } from "../src/run/plots.ts";
import type { LearntFile } from "../src/run/policy_files.ts";
import type { Problem } from "../src/run/problem.ts";
import type { MemoryFiles } from "./memory_files.ts";

/** What a run has made before it ends. */
export interface TrainedRun {
  readonly config: Config;
  readonly problem: Problem;
  readonly backend: Backend;
  /** By learner. */
  readonly learnt: Readonly<Record<string, LearntFile>>;
  /** Holds those of the learners. */
  readonly files: MemoryFiles;
  /** Milliseconds by stage. */
  readonly timings: Record<string, number>;
}

/**
 * The run directory as `runPipeline` leaves it.
 *
 * @returns A zip file that holds it in a folder `run`.
 */
export async function finishRun(
  { config, problem, backend, learnt, files, timings }: TrainedRun,
): Promise<Uint8Array<ArrayBuffer>> {
  for (const [name, content] of inputFiles(problem)) {
    if (content instanceof Uint8Array) files.write(name, content);
  }
  files.write(CONFIG_FILE, canonicalJson(config));
  const begun = performance.now();
  const { metrics, rolloutReturns } = await evaluateRun(
    config,
    problem,
    learnt,
  );
  files.write("metrics.json", canonicalJson(metrics));
  timings.evaluation = performance.now() - begun;
  const grid = gridDetails(problem, metrics, learnt, rolloutReturns);
  const plots = await plotRun(problem, metrics, learnt, rolloutReturns, grid);
  keepPictures(files, metrics, learnt, plots, grid);
  timings.plots = performance.now() - begun - timings.evaluation;
  keepTimings(files, timings);
  const manifest = manifestText(
    await versions(),
    aboutRun(config, backend),
    files.list(),
  );
  const entries = [...files.contents, [MANIFEST_FILE, manifest] as const].map(
    ([name, content]) => [
      `run/${name}`,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    ],
  );
  return zipSync(Object.fromEntries(entries), { mtime: "1980-01-01" });
}

/** What the page was built of; see `scripts/page.ts`. */
async function versions(): Promise<SuiteVersions> {
  const response = await fetch(new URL("versions.json", import.meta.url));
  return await response.json();
}
