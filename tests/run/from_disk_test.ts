/** A run whose data stay on disk has every file of the run with the same data in memory. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { countDistinct } from "../../src/dataset/distinct_count.ts";
import { inspectDataset, suspicionsOf } from "../../src/dataset/inspect.ts";
import { someEpisodes } from "../../src/dataset/part.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import {
  openStoredDataset,
  staysOnDisk,
} from "../../src/dataset/formats/stored_safetensors.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { datasetSha256 } from "../../src/run/problem.ts";
import { isVerified, verifyRun } from "../../src/run/verify.ts";
import { randomDataset } from "../../src/backends/random_task.ts";
import { refusal } from "../dataset/refusal.ts";
import { logOverrides } from "./small_log.ts";
import {
  backends,
  copyFolder,
  deterministicHashes,
  inFolder,
  refused,
} from "./small_run.ts";

const [[, reference], [, wasm]] = backends;

function written(folder: string, dataset: Dataset): string {
  const path = join(folder, "data.safetensors");
  Deno.writeFileSync(path, datasetToSafetensors(dataset));
  return path;
}

function randomLog(seed: number, masked = false): Dataset {
  const shape = { inputs: 2, actions: 3, episodes: 80, masked };
  return randomDataset(shape, randomStream(seed, "data"));
}

for (
  const [what, masked, data] of [
    ["some held out", false, {}],
    ["none held out, minmax", false, { heldOut: 0 }],
    ["resampled", false, {
      heldOut: 0,
      resample: true,
      bootstrapOnTruncation: false,
    }],
    ["masked", true, { heldOut: 0 }],
  ] as const
) {
  Deno.test(
    `from disk: the files of a run in memory, ${what}`,
    inFolder(async (folder) => {
      const seed = 2 ** 32 * Math.random() >>> 0;
      const raw = randomLog(seed, masked);
      // Of few kinds: who acted is counted, which takes no time.
      const observations = raw.observations.map(Math.round);
      const dataset = { ...raw, observations };
      const stored = openStoredDataset(written(folder, dataset));
      const encoder = what.endsWith("minmax") ? "minmax" : "none";
      const config = resolveConfig(
        "smoke",
        { ...logOverrides, network: { hidden: [4], encoder }, dataset: data },
        { datasetSha256: datasetSha256(stored) },
      );
      const out = (name: string) => join(folder, name);
      await runPipeline({
        config,
        backend: reference,
        out: out("memory"),
        dataset,
      });
      await runPipeline({
        config,
        backend: wasm,
        out: out("disk"),
        dataset: stored,
      });
      const expected = deterministicHashes(out("memory"));
      delete expected["manifest.json"];
      const actual = deterministicHashes(out("disk"));
      delete actual["manifest.json"];
      deepEqual(actual, expected, `seed ${seed}`);
      if (what !== "masked") return;
      for (const fromDisk of [true, false]) {
        for (const quick of [true, false]) {
          const found = await verifyRun({
            directory: out(fromDisk ? "memory" : "disk"),
            backend: wasm,
            quick,
            fromDisk,
          });
          ok(isVerified(found), JSON.stringify(found));
        }
      }
      const half = copyFolder(out("disk"), out("half"));
      Deno.removeSync(join(half, "cql"), { recursive: true });
      for (const name of ["manifest.json", "metrics.json"]) {
        Deno.removeSync(join(half, name));
      }
      await runPipeline({
        config,
        backend: wasm,
        out: half,
        resume: true,
        fromDisk: true,
      });
      const resumed = deterministicHashes(half);
      delete resumed["manifest.json"];
      deepEqual(resumed, expected);
    }),
  );
}

Deno.test(
  "from disk: what is known of the data without having them is what is known with them",
  inFolder((folder) => {
    const seed = 2 ** 32 * Math.random() >>> 0;
    const dataset = randomLog(seed);
    const stored = openStoredDataset(written(folder, dataset));
    const report = inspectDataset(dataset);
    equal(countDistinct(stored), report.distinctObservations, `seed ${seed}`);
    deepEqual(suspicionsOf(stored, "none"), report.suspicious);
    deepEqual(
      stored.stored!.survey.observations,
      report.observations.map(({ min, max }) => ({ min, max })),
    );
    deepEqual(
      stored.stored!.take(Uint32Array.of(3, 4, 7)).episodeOffsets.length,
      4,
    );
    // Drawn, in order, and no more than asked for.
    const some = someEpisodes(
      dataset.episodeOffsets,
      Uint32Array.from({ length: 80 }, (_, e) => e),
      40,
      seed,
    );
    deepEqual(some, some.slice().sort());
    const steps = [...some].reduce(
      (sum, e) =>
        sum + dataset.episodeOffsets[e + 1] - dataset.episodeOffsets[e],
      0,
    );
    ok(steps <= 40 && steps > 25, `${steps}`);
  }),
);

Deno.test(
  "from disk: what needs all data in memory says so in one line",
  inFolder(async (folder) => {
    const path = written(folder, randomLog(1));
    const stored = openStoredDataset(path);
    match(
      await refusal(() => stored.observations),
      /data\.safetensors: stays on disk .* all of its observations in memory; /,
    );
    const known = { datasetSha256: datasetSha256(stored) };
    const run = (over: object) =>
      runPipeline({
        config: resolveConfig("smoke", { ...logOverrides, ...over }, known),
        backend: reference,
        out: join(folder, "run"),
        dataset: stored,
      });
    await refused(
      run({ network: { hidden: [4], encoder: "oneHot" } }),
      /^network\.encoder: oneHot of data that stay on disk needs /,
    );
    await refused(
      run({ algorithms: { cql: { checkpointChoice: "model" } } }),
      /^algorithms\.cql\.checkpointChoice: "model" needs all data in memory/,
    );
    // Another writer's order of tensors.
    const bytes = Deno.readFileSync(path);
    const text = new TextDecoder().decode(bytes.subarray(8, 60));
    const spaced = new TextEncoder().encode(text.replace('":{', '" :{'));
    bytes.set(spaced.subarray(0, 52), 8);
    Deno.writeFileSync(path, bytes);
    match(await refusal(() => openStoredDataset(path)), /data\.safetensors: /);
  }),
);

Deno.test(
  "from disk by itself: a safetensors file above 2 GiB, and no other",
  inFolder((folder) => {
    const path = written(folder, randomLog(1));
    equal(staysOnDisk(path), false);
    // With a hole, which takes no room.
    Deno.truncateSync(path, 2 ** 31 + 1);
    equal(staysOnDisk(path), true);
    Deno.writeTextFileSync(path, "episode,x,action\n");
    Deno.truncateSync(path, 2 ** 31 + 1);
    equal(staysOnDisk(path), false);
    equal(staysOnDisk(join(folder, "none")), false);
  }),
);

Deno.test({
  name: "from disk: data behind a symbolic link are the run's as any others",
  ignore: Deno.build.os === "windows",
  fn: inFolder(async (folder) => {
    written(folder, randomLog(3));
    const link = join(folder, "link");
    Deno.symlinkSync("data.safetensors", link);
    const stored = openStoredDataset(link);
    const known = { datasetSha256: datasetSha256(stored) };
    const out = join(folder, "run");
    await runPipeline({
      config: resolveConfig(
        "smoke",
        { ...logOverrides, dataset: { heldOut: 0 } },
        known,
      ),
      backend: reference,
      out,
      dataset: stored,
    });
    const { isFile } = Deno.lstatSync(join(out, "dataset.safetensors"));
    ok(isFile);
    const found = await verifyRun({
      directory: out,
      backend: reference,
      fromDisk: true,
    });
    ok(isVerified(found), JSON.stringify(found));
  }),
});

Deno.test(
  "from disk: what is of another format is refused with the way to this one",
  inFolder(async (folder) => {
    const kinds: Record<string, Uint8Array> = {
      csv: new TextEncoder().encode("episode,observation_0,action,reward\n"),
      parquet: new TextEncoder().encode("PAR1 and so on"),
      gz: Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2),
      hdf5: Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10, 0, 0),
    };
    for (const [name, bytes] of Object.entries(kinds)) {
      Deno.writeFileSync(join(folder, name), bytes);
    }
    Deno.mkdirSync(join(folder, "minari"));
    for (const name of [...Object.keys(kinds), "minari"]) {
      const path = join(folder, name);
      equal(
        await refusal(() => openStoredDataset(path)),
        `${path}: is no safetensors data set, and nothing else can stay on disk; ` +
          "make one with deno task dataset convert FILE --to safetensors",
      );
    }
    equal(
      await refusal(() => openStoredDataset(join(folder, "none"))),
      `${join(folder, "none")}: does not exist`,
    );
  }),
);

Deno.test(
  "from disk: a file that is changed, replaced or removed in use is asked back",
  inFolder(async (folder) => {
    const path = join(folder, "data.safetensors");
    const faults: Record<string, () => void> = {
      removed: () => Deno.removeSync(path),
      cut: () => Deno.truncateSync(path, 300),
      longer: () =>
        Deno.writeFileSync(path, new Uint8Array(1), { append: true }),
      replaced() {
        Deno.copyFileSync(path, `${path}.new`);
        Deno.renameSync(`${path}.new`, path);
      },
    };
    for (const [fault, make] of Object.entries(faults)) {
      written(folder, randomLog(4));
      const stored = openStoredDataset(path);
      make();
      equal(
        await refusal(() => stored.stored!.take(Uint32Array.of(3))),
        `${path}: was changed or removed while it was in use; ` +
          "put it back as it was, and let nothing write there",
        fault,
      );
    }
  }),
);

Deno.test(
  "a run whose data are others by now is not resumed, and says which file it wants back",
  inFolder(async (folder) => {
    const dataset = randomLog(5);
    const config = resolveConfig(
      "smoke",
      { ...logOverrides, dataset: { heldOut: 0 } },
      { datasetSha256: datasetSha256(dataset) },
    );
    const out = join(folder, "run");
    await runPipeline({ config, backend: reference, out, dataset });
    Deno.removeSync(join(out, "manifest.json"));
    const other = written(folder, randomLog(6));
    Deno.copyFileSync(other, join(out, "dataset.safetensors"));
    for (const fromDisk of [false, true]) {
      equal(
        await refusal(() =>
          runPipeline({
            config,
            backend: reference,
            out,
            resume: true,
            fromDisk,
          })
        ),
        `${join(out, "dataset.safetensors")}: is not the data that the ` +
          "configuration names (dataset.sha256); put them back",
      );
    }
  }),
);
