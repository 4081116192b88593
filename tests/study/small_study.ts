/**
 * A whole study in a fraction of a second, and what its tests share.
 *
 * @module
 */
import { join } from "node:path";
import { listFiles } from "../../src/run/manifest.ts";
import type { StudyConfig } from "../../src/evaluation/study_results.ts";
import type { CellResult } from "../../src/study/cell.ts";
import { resolveStudy } from "../../src/study/config.ts";
import {
  sayStudyCsv,
  type StudyFindings,
  studyFindings,
} from "../../src/study/result.ts";
import { collectSeries, type PolicySeries } from "../../src/study/series.ts";

export const overrides = {
  environment: { size: 5, maxSteps: 20 },
  dataset: { episodes: 12 },
  network: { hidden: [8] },
  algorithms: {
    bc: { steps: 40, batchSize: 8, logInterval: 20 },
    cql: {
      steps: 60,
      batchSize: 8,
      logInterval: 20,
      targetUpdateInterval: 30,
    },
  },
};
export const study = resolveStudy({
  presets: ["smoke"],
  seeds: [0, 1, 2],
  overrides,
});
export const CELLS = 9;
// It starts sooner than wasm, and this training is over in no time.
export const backend = "reference";

/** A new folder under the system's temporary one; removed at the end. */
export function temporary(): Disposable & { path: string } {
  const path = Deno.makeTempDirSync();
  return {
    path,
    [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }),
  };
}

/** Path and hash of every file. */
export function contents(directory: string): string[] {
  const manifest = listFiles(directory).map(({ path, sha256 }) =>
    `${path} ${sha256}`
  );
  return [
    ...manifest,
    Deno.readTextFileSync(join(directory, "manifest.json")),
  ];
}

/** What a study finds in results of all its cells. */
export function findingsOf(
  study: StudyConfig,
  results: readonly CellResult[],
): StudyFindings {
  const { add, series } = collectSeries(study);
  results.forEach(add);
  return studyFindings(study, series());
}

/** `study.csv` */
export function studyCsv(series: readonly PolicySeries[]): string {
  let text = "";
  sayStudyCsv(series, (line) => text += line);
  return text;
}

export { copyFolder } from "../run/small_run.ts";
