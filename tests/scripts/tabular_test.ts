/** `deno task tabular`: learners from counts on the worlds of their papers. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { runScriptOf } from "../run/small_run.ts";

const FOLDER = new URL("../../../shared/truth/mdp/", import.meta.url);
const isMissing = !exists();
const WHY = isMissing ? " (ignored: ../shared/truth/mdp is missing)" : "";

function exists(): boolean {
  try {
    return Deno.statSync(FOLDER).isDirectory;
  } catch {
    return false;
  }
}

/** Mean and standard error over the papers' data sets with the papers' code, see docs/tabular.md. */
const ORIGINAL: [table: number, row: string, column: number, number, number][] =
  [
    [0, "spibb", 1, 0.5573, 0.0009],
    [0, "spibbAtMost", 1, 0.5846, 0.0003],
    [0, "softSpibb, approximate", 1, 0.5865, 0.0004],
    [0, "rmin", 2, 0.5943, 0.0002],
    [2, "spibbAtMost", 2, 37.137, 0.173],
    [2, "softSpibb, lower", 3, 37.719, 0.227],
    [2, "ramdp, kappa 2", 1, 34.145, 0.37],
  ];

Deno.test({
  name: `a few data sets give what the papers' code gives${WHY}`,
  ignore: isMissing,
  async fn() {
    const { code, stdout, stderr } = await runScriptOf(
      "tabular_table",
      "--seeds",
      "5",
    );
    equal(code, 0, stderr);
    const lines = stdout.split("\n");
    deepEqual(lines.filter((line) => line.startsWith("Baseline")), [
      "Baseline 0.4023, optimum 0.5977.",
      "Baseline 29.75, optimum 43.08.",
    ]);
    const tables: Map<string, number[]>[] = [];
    for (const line of lines) {
      const [name, ...cells] = line.split("|").slice(1, -1)
        .map((cell) => cell.trim());
      if (name === "learner") tables.push(new Map());
      else if (cells.length > 0 && name !== "---") {
        tables.at(-1)!.set(name, cells.map(Number));
      }
    }
    deepEqual(tables.map(({ size }) => size), [11, 11, 10, 10]);
    for (const [table, row, column, mean, error] of ORIGINAL) {
      const found = tables[table].get(row)![column];
      // Five data sets where the papers have 200 and 50.
      const scale = Math.sqrt(table === 0 ? 40 : 10);
      ok(Math.abs(found - mean) < 5 * error * scale, `${row}: ${found}`);
    }
  },
});
