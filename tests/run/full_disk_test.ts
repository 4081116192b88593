import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { resolveConfig } from "../../src/config/resolve.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { type PipelineOptions, runPipeline } from "../../src/run/pipeline.ts";
import { openProblem } from "../../src/run/problem.ts";
import {
  backends,
  deterministicHashes,
  refused,
  runScriptOf,
  scriptCommand,
  scriptResult,
  smallConfig,
  smallOverrides,
  snapshot,
} from "./small_run.ts";

const [[, reference], [, wasm]] = backends;
const PAGE = 4096;

function mount(...args: string[]): boolean {
  try {
    return new Deno.Command("mount", { args, stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

/** Runs a test on a small file system of its own; false where none can be mounted. */
async function onSmallDisk(test: (disk: string) => Promise<void>) {
  const disk = Deno.makeTempDirSync();
  const mounted = mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", disk);
  try {
    if (mounted) await test(disk);
  } finally {
    if (mounted) new Deno.Command("umount", { args: [disk] }).outputSync();
    Deno.removeSync(disk);
  }
  return mounted;
}

const mountable = Deno.build.os === "linux" &&
  await onSmallDisk(async () => {});
const reason = mountable
  ? ""
  : " (ignored: no file system can be mounted here)";

function diskTest(name: string, test: (disk: string) => Promise<void>): void {
  Deno.test({
    name: `${name}${reason}`,
    ignore: !mountable,
    fn: () => onSmallDisk(test).then(() => {}),
  });
}

/** Fills a disk up, but for some pages. */
function fill(disk: string, free = 0): void {
  const path = join(disk, "filler");
  using file = Deno.openSync(path, { write: true, create: true });
  file.seekSync(0, Deno.SeekMode.End);
  try {
    for (;;) file.writeSync(new Uint8Array(PAGE));
  } catch {
    // It is full.
  }
  file.truncateSync(file.statSync().size - free * PAGE);
}

/** Hashes of a run on a disk with enough space. */
async function hashesOf(config: typeof smallConfig) {
  const folder = Deno.makeTempDirSync();
  try {
    await runPipeline({ config, backend: wasm, out: folder });
    return deterministicHashes(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** Fills the disk at some moment of a run, expects the error, frees it, and runs to the end. */
async function fullDuring(
  disk: string,
  moment: PipelineOptions["events"],
  message: RegExp,
  options: Partial<PipelineOptions> = {},
): Promise<{ begun: Record<string, number> }> {
  const out = join(disk, "run");
  const config = options.config ?? smallConfig;
  await refused(
    runPipeline({
      config,
      backend: reference,
      out,
      events: moment,
      ...options,
    }),
    message,
  );
  const temporary = snapshot(out).filter((line) => line.includes(".tmp "));
  deepEqual(temporary, []);
  Deno.removeSync(join(disk, "filler"));
  const begun: Record<string, number> = {};
  await runPipeline({
    config,
    backend: wasm,
    out,
    resume: true,
    events: { onTraining: (name, _, done) => begun[name] = done },
  });
  deepEqual(deterministicHashes(out), await hashesOf(config));
  return { begun };
}

diskTest(
  "a disk that is full during a checkpoint: the earlier one is whole",
  async (disk) => {
    let name = "";
    const moment = {
      onTraining: (algorithm: string) => name = algorithm,
      onStep(step: number) {
        if (name === "cql" && step === 60) fill(disk);
      },
    };
    const { begun } = await fullDuring(
      disk,
      moment,
      /^cannot write .*cql.checkpoints.000000000060\.safetensors: the disk is full; free some space$/,
      { checkpointInterval: 20 },
    );
    deepEqual(begun, { cql: 40 });
  },
);

diskTest(
  "a disk that is full during a line of the training table",
  async (disk) => {
    const config = resolveConfig("smoke", {
      ...smallOverrides,
      algorithms: {
        ...smallOverrides.algorithms,
        bc: { steps: 300, batchSize: 8, logInterval: 1 },
      },
    });
    const moment = {
      onStep(step: number) {
        if (step === 32) fill(disk);
      },
    };
    const { begun } = await fullDuring(
      disk,
      moment,
      /^cannot write .*bc.training\.csv: the disk is full; free some space$/,
      { config, checkpointInterval: 30 },
    );
    // Lines fill the page that they began, and by then there are checkpoints.
    deepEqual(begun, { bc: 30, cql: 0 });
  },
);

diskTest("a disk that is full during a plot", async (disk) => {
  const moment = {
    onStage(stage: string) {
      if (stage === "plots") fill(disk);
    },
  };
  const { begun } = await fullDuring(
    disk,
    moment,
    /^cannot write .*plots.rewards\.svg: the disk is full; free some space$/,
  );
  deepEqual(begun, {});
});

diskTest(
  "a disk that is full at the start leaves an empty folder",
  async (disk) => {
    const out = join(disk, "run");
    const { dataset } = openProblem(smallConfig);
    const pages = Math.ceil(datasetToSafetensors(dataset).length / PAGE);
    for (
      const [free, file] of [[0, "dataset\\.safetensors"], [
        pages,
        "config\\.json",
      ]] as const
    ) {
      fill(disk, free);
      await refused(
        runPipeline({ config: smallConfig, backend: reference, out }),
        new RegExp(
          `^cannot write .*${file}: the disk is full; free some space$`,
        ),
      );
      deepEqual(snapshot(out), []);
      Deno.removeSync(join(disk, "filler"));
    }
    await runPipeline({ config: smallConfig, backend: wasm, out });
  },
);

diskTest(
  "the command on a full disk and on one that is read-only: one line, exit code 2",
  async (disk) => {
    fill(disk);
    const full = await runScriptOf(
      "pipeline",
      ...["--preset", "smoke", "--backend", "wasm", "--out", join(disk, "run")],
    );
    equal(full.code, 2, full.stderr);
    match(
      full.stderr,
      /^backend: .*\nif it is stopped, .*\nerror: cannot write .*dataset\.safetensors: the disk is full; free some space\n$/,
    );
    ok(mount("-o", "remount,ro", disk));
    const args = ["--preset", "smoke", "--backend", "wasm"];
    for (const out of [join(disk, "run"), join(disk, "new")]) {
      const { code, stderr } = scriptResult(
        await scriptCommand("pipeline", [...args, "--out", out]).output(),
      );
      equal(code, 2, stderr);
      match(
        stderr,
        /^backend: .*\nif it is stopped, .*\nerror: cannot write .*: the file system is read-only; choose another folder\n$/,
      );
    }
  },
);
