/**
 * `report.html` of a run.
 *
 * @module
 */
import { canonicalJson } from "../files/canonical_json.ts";
import suite from "../../deno.json" with { type: "json" };
import type { ManifestFile } from "../files/listing.ts";
import { TENSORBOARD_FILE } from "./tensorboard.ts";
import { unsafeMeasure, valueName } from "../evaluation/measures.ts";
import type { GridDetails } from "../report/grid_details.ts";
import { runReportHtml } from "../report/run_report.ts";
import type { Learnt, LearntPolicy } from "./learn.ts";
import type { Metrics } from "../evaluation/results.ts";

/** Files whose bytes depend on machine and time, or on the report itself. */
const UNLISTED = ["timings.json", "manifest.json", "report.html"];

/**
 * Writes the report of a run; it lists the hashes of the other artifacts.
 *
 * @param files Those that were made before it.
 * @param learnt By algorithm.
 * @param plots [name without ending, SVG], as drawn by `plotRun`.
 * @param grid From `gridDetails`.
 * @returns HTML text.
 */
export function reportRun(
  files: readonly ManifestFile[],
  metrics: Metrics,
  learnt: Readonly<Record<string, Learnt<LearntPolicy>>>,
  plots: readonly (readonly [name: string, svg: string])[],
  grid: GridDetails | null,
): string {
  const training = Object.entries(learnt).flatMap(([name, table]) => {
    if (!metrics.environment || table.rows.length === 0) return [];
    const column = (of: string) => {
      const i = table.columns.indexOf(of);
      return table.rows.map((row) => row[i]);
    };
    const unsafe = unsafeMeasure(metrics.environment);
    return [[name, {
      value: column(valueName(metrics.environment)),
      unsafe: unsafe && column(unsafe),
    }]];
  });
  return runReportHtml({
    metrics,
    version: suite.version,
    training: Object.fromEntries(training),
    plots: Object.fromEntries(plots),
    grid,
    configText: canonicalJson(metrics.config),
    files: files.filter(({ path }) =>
      !UNLISTED.includes(path) && !path.endsWith(TENSORBOARD_FILE)
    ),
  });
}
