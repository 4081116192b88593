/**
 * Several finished runs, or several finished studies, beside each other.
 *
 * @module
 */
import { basename } from "node:path";
import { InputError } from "../errors.ts";
import { compareRunsHtml, formatRuns } from "../report/comparison/runs.ts";
import {
  compareStudiesHtml,
  formatStudies,
} from "../report/comparison/studies.ts";
import type { Output } from "../report/terminal.ts";
import { readManifest } from "../run/manifest.ts";
import { visible } from "../visible.ts";
import type { RecordedFolder } from "./compared_files.ts";
import { comparedRun } from "./compared_run.ts";
import { comparedStudy } from "./compared_study.ts";
import { isStudy } from "./config.ts";

/** What the title of every such page begins with. */
export const COMPARISON_TITLE = "Comparison: ";

/** A comparison. */
export interface FolderComparison {
  /** A page, whole. */
  readonly html: string;
  /** The same in a few lines. */
  print(output: Output): void;
}

/**
 * Compares finished runs with each other, or finished studies: configurations, exact values or estimates, curves,
 * policies' hashes and versions.
 *
 * @param directories At least two.
 * @throws InputError if there are fewer, one is given twice, is no finished run or study, or is damaged, or
 *   runs and studies are mixed.
 *
 * @example Two runs that differ in a seed
 * ```ts
 * import { referenceBackend, resolveConfig, runPipeline } from "@holdfast/offline-rl";
 * import { compareFolders } from "@holdfast/offline-rl/runs";
 * import { match } from "node:assert/strict";
 *
 * const small = { steps: 2, batchSize: 4, logInterval: 2 };
 * const folder = Deno.makeTempDirSync();
 * for (const seed of [0, 1]) {
 *   const config = resolveConfig("smoke", {
 *     seed,
 *     network: { hidden: [8] },
 *     algorithms: { bc: small, cql: small },
 *   });
 *   await runPipeline({ config, backend: referenceBackend, out: `${folder}/${seed}` });
 * }
 * const { html } = await compareFolders([`${folder}/0`, `${folder}/1`]);
 * match(html, /<code>seed<\/code>/);
 * ```
 */
export async function compareFolders(
  directories: readonly string[],
): Promise<FolderComparison> {
  if (directories.length < 2) {
    throw new InputError(
      "give two or more run or study directories: deno task compare A B",
    );
  }
  const manifests = directories.map(readManifest);
  refuseRepetition(directories);
  const labels = labelsFor(directories);
  const folders = directories.map((directory, i): RecordedFolder => ({
    directory,
    label: labels[i],
    manifest: manifests[i],
  }));
  const study = directories.find(isStudy);
  const run = directories.find((directory) => !isStudy(directory));
  if (study !== undefined && run !== undefined) {
    throw new InputError(
      `${run} is a run and ${study} a study: compare runs with runs, and studies with studies`,
    );
  }
  const title = COMPARISON_TITLE + labels.join(", ");
  if (run !== undefined) {
    const runs = folders.map(comparedRun);
    return {
      html: await compareRunsHtml(title, runs),
      print: (output) => output.write(formatRuns(output, runs)),
    };
  }
  const studies = folders.map(comparedStudy);
  return {
    html: await compareStudiesHtml(title, studies),
    print: (output) => output.write(formatStudies(output, studies)),
  };
}

function refuseRepetition(directories: readonly string[]): void {
  const places = directories.map((directory) => Deno.realPathSync(directory));
  places.forEach((place, i) => {
    const first = places.indexOf(place);
    if (first < i) {
      throw new InputError(
        `${directories[i]}: is the same folder as ${
          directories[first]
        }; give each once`,
      );
    }
  });
}

/** The names of the folders where they differ, else their whole paths. */
function labelsFor(directories: readonly string[]): string[] {
  const paths = directories.map((path) => path.replace(/(?<=.)\/+$/, ""));
  const names = paths.map((path) => basename(Deno.realPathSync(path)));
  const areUnlike = new Set(names).size === names.length;
  return (areUnlike ? names : paths).map((name) => visible(name, 80));
}
