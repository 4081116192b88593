/**
 * Gathers a large study whose cells are made up: sound in all but their numbers. Prints seconds, the peak
 * memory of the process (Linux) and what lies in the folder.
 *
 *     deno run -A bench/merge_cells.ts write 10000 5 /tmp/cells
 *     deno run -A bench/merge_cells.ts merge 10000 5 /tmp/cells
 *
 * with as many seeds, and training seeds of each; two learners and the references, so 110,000 cells.
 *
 * @module
 */
import { join } from "node:path";
import { canonicalJson } from "../src/files/canonical_json.ts";
import { jsonHash } from "../src/run/task_hash.ts";
import { cellFile, readCell } from "../src/study/cell_file.ts";
import { cellTask } from "../src/study/cell.ts";
import {
  resolveStudy,
  type StudyCell,
  studyCells,
} from "../src/study/config.ts";
import { mergeStudy } from "../src/study/merge.ts";
import { beginStudy, runStudy } from "../src/study/study.ts";

const [what, seeds, trainingSeeds, folder] = Deno.args;
const range = (text: string) =>
  Array.from({ length: Number(text) }, (_, i) => i);
const learner = { steps: 40, batchSize: 8, logInterval: 2 };
const request = {
  presets: ["smoke"],
  overrides: {
    environment: { size: 5, maxSteps: 20 },
    dataset: { episodes: 12 },
    network: { hidden: [8] },
    algorithms: { bc: learner, cql: { ...learner, targetUpdateInterval: 20 } },
  },
};
const study = resolveStudy({
  ...request,
  seeds: range(seeds),
  trainingSeeds: range(trainingSeeds),
});
const parts = [join(folder, "even"), join(folder, "odd")];

function write(): void {
  const done = new Map<string, object>();
  const small = resolveStudy({ ...request, seeds: [0], trainingSeeds: [0] });
  for (const cell of studyCells(small)) {
    done.set(cell.policy, readCell(join(folder, "small"), small, cell)!);
  }
  for (const out of parts) beginStudy({ study, out });
  const made = new Set<string>();
  studyCells(study).forEach((cell: StudyCell, i) => {
    const result = {
      ...varied(done.get(cell.policy)!, i),
      cell,
      task: cellTask(study, cell),
    };
    const path = join(parts[i % 2], cellFile(cell));
    const place = join(path, "..");
    if (!made.has(place)) Deno.mkdirSync(place, { recursive: true });
    made.add(place);
    Deno.writeTextFileSync(
      path,
      canonicalJson({ ...result, sha256: jsonHash(result) }),
    );
  });
}

/** The same with other values, so that no two cells are worth the same. */
function varied(result: object, i: number): object {
  const change = (exact: Record<string, number>, hazard: number) => ({
    ...exact,
    returnMean: -100 * hazard,
    hazardProbability: hazard,
    goalProbability: 1 - hazard,
    timeoutProbability: 0,
  });
  // The fractional parts of the multiples of the golden section are spread evenly.
  const hazard = (i * 0.6180339887498949) % 1;
  if (!("curve" in result)) {
    const { exact } = result as {
      exact: Record<string, Record<string, number>>;
    };
    return {
      ...result,
      exact: Object.fromEntries(
        Object.entries(exact).map((
          [name, one],
          k,
        ) => [name, change(one, hazard / (k + 1))]),
      ),
    };
  }
  const { exact, curve } = result as unknown as {
    exact: Record<string, number>;
    curve: { columns: string[]; rows: number[][] };
  };
  const rows = curve.rows.map((row, r) => {
    const own = row.slice();
    const share = hazard * (r + 1) / curve.rows.length;
    own[curve.columns.indexOf("returnMean")] = -100 * share;
    own[curve.columns.indexOf("hazardProbability")] = share;
    return own;
  });
  return { ...result, exact: change(exact, hazard), curve: { ...curve, rows } };
}

const begun = performance.now();
if (what === "write") {
  const small = resolveStudy({ ...request, seeds: [0], trainingSeeds: [0] });
  await runStudy({
    study: small,
    out: join(folder, "small"),
    jobs: 1,
    backend: "reference",
  });
  write();
} else {
  const { taken, missing } = await mergeStudy({
    study,
    out: join(folder, "merged"),
    from: parts,
  });
  console.log(`${taken} cells taken, ${missing.length} missing`);
}
const peak = /VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"));
console.log(
  `${what}: ${studyCells(study).length} cells, ${
    ((performance.now() - begun) / 1000).toFixed(1)
  } s, peak ${Math.round(Number(peak?.[1]) / 1024)} MiB`,
);
