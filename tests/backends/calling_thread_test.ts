import { equal } from "node:assert/strict";
import { join } from "node:path";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { cellFile } from "../../src/study/cell_file.ts";
import { computeCells } from "../../src/study/cell.ts";
import { resolveStudy, studyCells } from "../../src/study/config.ts";
import { runShard } from "../../src/study/study.ts";
import { overrides, temporary } from "../study/small_study.ts";

Deno.test("wasm with one thread that is a worker itself, for longer than it goes without hearing messages, has the bits of one beside the main thread", async () => {
  const bc = { steps: 20_000, batchSize: 16, logInterval: 10_000 };
  const study = resolveStudy({
    presets: ["smoke"],
    algorithms: ["bc"],
    seeds: [0],
    overrides: { ...overrides, algorithms: { bc } },
  });
  const cell = studyCells(study).find(({ policy }) => policy === "bc")!;
  const [expected] = await computeCells(
    study,
    [cell],
    wasmBackend({ threads: 1 }),
  );
  using folder = temporary();
  const out = join(folder.path, "study");
  await runShard({ study, out, jobs: 1 }, { index: 0, count: 1 });
  const found = JSON.parse(Deno.readTextFileSync(join(out, cellFile(cell))));
  equal(
    found.policySha256,
    "policySha256" in expected && expected.policySha256,
  );
});
