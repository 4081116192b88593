/** What is too large is refused in one line, before memory is taken and a directory is made. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import type { Backend } from "../../src/backends/backend.ts";
import { DeviceError } from "../../src/backends/device_error.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { webgpuBackend } from "../../src/backends/webgpu.ts";
import type { ConfigOverrides } from "../../src/config/config.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { InputError } from "../../src/errors.ts";
import { readFile } from "../../src/files/read.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { requireRoomToCollect } from "../../src/run/sizes.ts";
import { runStudy } from "../../src/study/study.ts";
import { resolveStudy } from "../../src/study/config.ts";
import { inFolder, refused, smallConfig, snapshot } from "./small_run.ts";

const wasm = wasmBackend({ threads: 2 });
const largest = Array(8).fill(4096);

/** A configuration, a backend, and how they are refused. */
const cases: readonly [ConfigOverrides, Backend, string][] = [
  [
    { network: { hidden: largest }, algorithms: { bc: { ensembleSize: 64 } } },
    wasm,
    "algorithms.bc.ensembleSize: 64 is too large: training bc takes 141.1 GiB in WebAssembly with 2 threads, and that has at most 4",
  ],
  [
    { network: { hidden: largest }, algorithms: { bc: { ensembleSize: 64 } } },
    referenceBackend,
    "algorithms.bc.ensembleSize: 64 is too large: training bc takes 141.1 GiB, and the reference backend takes at most 4",
  ],
  [
    { network: { hidden: largest } },
    webgpuBackend(() => Promise.reject(), "", 2 ** 27),
    `network.hidden: [${
      largest.join(", ")
    }] is too large: training bc takes 0.4 GiB in one buffer of the GPU, which has 0.1 GiB at most`,
  ],
  [
    {
      network: { hidden: [4096, 4096] },
      algorithms: { cql: { batchSize: 65_536 } },
    },
    wasm,
    "algorithms.cql.batchSize: 65536 is too large: training cql takes 16.5 GiB in WebAssembly with 2 threads, and that has at most 4",
  ],
  [
    {
      network: { hidden: [1024, 1024] },
      algorithms: { bc: { batchSize: 4096 } },
    },
    wasmBackend({ threads: 256 }),
    "algorithms.bc.batchSize: 4096 is too large: training bc takes 9.3 GiB in WebAssembly with 256 threads, and that has at most 4",
  ],
  [
    { environment: { maxSteps: 1_000 }, dataset: { episodes: 1_000_000 } },
    wasm,
    "dataset.episodes: 1000000 of up to 1000 steps may take 59.6 GiB, and data may take 4.0 GiB: collect fewer",
  ],
  [
    { algorithms: { bc: { steps: 100_000_000, logInterval: 1 } } },
    wasm,
    "algorithms.bc.logInterval: 1 gives the training table 100000000 rows, and it may have 100000: log less often",
  ],
];

Deno.test("each number of a configuration that is too large is named with what it would take", () => {
  for (const [overrides, backend, message] of cases) {
    let thrown: unknown;
    try {
      requireRoomToCollect(resolveConfig("smoke", overrides), backend);
    } catch (error) {
      thrown = error;
    }
    ok(thrown instanceof InputError, message);
    equal(thrown.message, message);
  }
  for (const preset of ["tutorial", "safe", "smoke"]) {
    requireRoomToCollect(resolveConfig(preset), wasm);
    requireRoomToCollect(resolveConfig(preset), referenceBackend);
  }
});

Deno.test(
  "a run or a study that is too large makes no directory",
  inFolder(async (folder) => {
    for (const [overrides, backend] of cases) {
      const config = resolveConfig("smoke", overrides);
      const run = runPipeline({ config, backend, out: join(folder, "new") });
      await refused(run, /too large|may take|may have/);
    }
    const study = resolveStudy({
      presets: ["smoke"],
      seeds: [0],
      overrides: cases[0][0],
    });
    await refused(
      runStudy({ study, out: join(folder, "new") }),
      /^algorithms\.bc\.ensembleSize: 64 is too large/,
    );
    const many = resolveStudy({
      presets: ["smoke"],
      seeds: Array.from({ length: 10_000 }, (_, seed) => seed),
      overrides: { algorithms: { bc: { steps: 100_000, logInterval: 1 } } },
    });
    await refused(
      runStudy({ study: many, out: join(folder, "new") }),
      /^the study would have 1000200000 rows in its training tables/,
    );
    deepEqual(snapshot(folder), []);
  }),
);

Deno.test(
  "a device that fails before the first checkpoint leaves an empty folder",
  inFolder(async (folder) => {
    const out = join(folder, "run");
    const broken: Backend = {
      name: "webgpu",
      description: "broken",
      open: () => Promise.reject(new DeviceError("the GPU is gone")),
    };
    const run = runPipeline({ config: smallConfig, backend: broken, out });
    await refused(run, /^the GPU is gone; use --backend wasm/);
    deepEqual([...Deno.readDirSync(out)], []);
    await runPipeline({ config: smallConfig, backend: wasm, out });
  }),
);

Deno.test(
  "a file that has no room in memory is refused unread",
  inFolder((folder) => {
    const path = join(folder, "large");
    Deno.createSync(path).close();
    Deno.truncateSync(path, 3 * 2 ** 30);
    let thrown = "";
    try {
      readFile(path);
    } catch (error) {
      thrown = `${error}`;
    }
    equal(
      thrown,
      `InputError: ${path}: has 3.0 GiB; files of up to 2 GiB are read`,
    );
  }),
);
