import { deepEqual, notDeepEqual } from "node:assert/strict";
import { referenceBackend } from "../../src/backends/reference.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { type CellResult, computeCells } from "../../src/study/cell.ts";
import { resolveStudy } from "../../src/study/config.ts";

const learner = { steps: 30, batchSize: 8, logInterval: 10 };
const study = resolveStudy({
  presets: ["smoke"],
  seeds: [4, 5, 6],
  overrides: {
    environment: { size: 5, maxSteps: 20 },
    dataset: { episodes: 12 },
    // Scaling differs from seed to seed, as the data do.
    network: { hidden: [8], encoder: "minmax" },
    algorithms: {
      bc: learner,
      cql: { ...learner, targetUpdateInterval: 12, ensembleSize: 2 },
    },
  },
});

for (const backend of [referenceBackend, wasmBackend({ threads: 1 })]) {
  for (const policy of ["bc", "cql", "references"] as const) {
    Deno.test(`seeds of ${policy} side by side on ${backend.name} find what each finds alone`, async () => {
      const cells = study.seeds.map((seed) => ({
        preset: "smoke",
        policy,
        seed,
      }));
      const alone: CellResult[] = [];
      for (const cell of cells) {
        alone.push(...await computeCells(study, [cell], referenceBackend));
      }
      deepEqual(await computeCells(study, cells, backend), alone);
      notDeepEqual(
        "exact" in alone[0] && alone[0].exact,
        "exact" in alone[1] && alone[1].exact,
      );
    });
  }
}
