/**
 * Everything in a study's folder that follows from its cells.
 *
 * @module
 */
import { datasetToSafetensors } from "../dataset/formats/safetensors.ts";
import { worldToSafetensors } from "../environments/world_safetensors.ts";
import type { StudyConfig, StudyResult } from "../evaluation/study_results.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import type { ManifestFile } from "../files/listing.ts";
import { plotStudy } from "../report/study_plots.ts";
import { studyReportHtml } from "../report/study_report.ts";
import { writeManifest } from "../run/manifest.ts";
import type { Given } from "../run/problem.ts";
import { DATASET_FILE, fileOf, WORLD_FILE } from "../run/made_files.ts";
import { type RunFiles, runFiles } from "../run/run_files.ts";
import type { CellResult } from "./cell.ts";
import { STUDY_CONFIG_FILE } from "./config.ts";
import {
  aggregatesCsv,
  curvesCsv,
  sayStudyCsv,
  type StudyFindings,
  studyFindings,
} from "./result.ts";
import { collectSeries, columnOf } from "./series.ts";
import { machinesOf, originsIn, removeWork } from "./work.ts";

/** A study that is being derived. */
export interface StudyDerivation {
  /**
   * Takes a cell that is in the folder; each once, in the order of the study.
   *
   * @param file What its file must be.
   */
  add(result: CellResult, file: ManifestFile): void;
  /**
   * Writes all other files, the manifest last, and removes what was left of the work.
   *
   * @throws InputError if one cannot be written, or one that is there was changed.
   */
  finish(): Promise<StudyResult>;
}

/** Begins with no cell. Of each cell, numbers are kept: there may be many. */
export function deriveStudy(
  { study, out, ...given }: Given & {
    readonly study: StudyConfig;
    /** The study's folder, which the caller has locked. */
    readonly out: string;
  },
): StudyDerivation {
  const files = runFiles(out);
  const cells: ManifestFile[] = [];
  const collector = collectSeries(study, given.world);
  return {
    add(result, file) {
      collector.add(result);
      files.note(file);
      cells.push(file);
    },
    async finish() {
      files.note(fileOf(STUDY_CONFIG_FILE, canonicalJson(study)));
      for (const [name, content] of inputsOf(given)) {
        files.note(fileOf(name, content));
      }
      const findings = studyFindings(study, collector.series());
      await writeFindings(files, findings);
      files.check();
      const machines = machinesOf(originsIn(out), cells);
      writeManifest(out, { machines }, files.list());
      removeWork(out);
      return findings.result;
    },
  };
}

/** The files that a study keeps of what it is made from: [name, content]. */
export function inputsOf(
  { dataset, world }: Given,
): [name: string, content: Uint8Array][] {
  return [
    ...(dataset ? [[DATASET_FILE, datasetToSafetensors(dataset)]] : []),
    ...(world ? [[WORLD_FILE, worldToSafetensors(world)]] : []),
  ] as [string, Uint8Array][];
}

/** Files that a report lists one by one; the manifest has more. */
const MOST_LISTED = 2_000;

/** Writes everything that follows from the cells, but for the manifest. */
async function writeFindings(
  files: RunFiles,
  { result, series, curves }: StudyFindings,
): Promise<void> {
  files.writeJson("study.json", result);
  files.write("study.csv", (say) => sayStudyCsv(series, say));
  files.write("aggregates.csv", aggregatesCsv(result));
  files.write("curves.csv", curvesCsv(curves));
  const plots = await plotStudy(
    result,
    curves,
    ({ preset, policy }, quantity) =>
      columnOf(
        series.find((one) => one.preset === preset && one.policy === policy)!
          .values,
        quantity,
      ),
  );
  for (const [name, svg] of plots) {
    files.write(`plots/${name}.svg`, svg);
  }
  const all = files.list();
  const listed = all.length <= MOST_LISTED
    ? all
    : all.filter(({ path }) => !path.startsWith("cells/"));
  const report = studyReportHtml({
    values: result,
    plots: Object.fromEntries(plots),
    configText: canonicalJson(result.study),
    files: listed,
    unlisted: all.length - listed.length,
  });
  files.write("report.html", report);
}
