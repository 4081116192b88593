import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { canonicalJson } from "../../src/files/canonical_json.ts";
import {
  listFiles,
  readManifest,
  writeManifest,
} from "../../src/run/manifest.ts";
import { TENSORBOARD_FILE } from "../../src/run/tensorboard.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { InputError } from "../../src/errors.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { InterruptedError } from "../../src/run/learn.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { openProblem } from "../../src/run/problem.ts";
import { isVerified, verifyRun } from "../../src/run/verify.ts";
import {
  backends,
  copyFolder,
  inFolder,
  runScriptOf,
  smallConfig,
  smallOverrides,
  snapshot,
} from "./small_run.ts";

const [[, reference], [, wasm], [, wasm2]] = backends;

/** A finished run, made once and copied for each test. */
const finished = Deno.makeTempDirSync();
globalThis.addEventListener(
  "unload",
  () => Deno.removeSync(finished, { recursive: true }),
);
await runPipeline({ config: smallConfig, backend: wasm, out: finished });

function flipBit(path: string, byte: number): void {
  const bytes = Deno.readFileSync(path);
  ok(byte < bytes.length);
  bytes[byte] ^= 1;
  Deno.writeFileSync(path, bytes);
}

/** Makes the manifest agree with what is there, as someone would who hides a change. */
function forgeManifest(directory: string): void {
  const files = listFiles(directory);
  const configSha256 = files.find(({ path }) => path === "config.json")?.sha256;
  const { about } = readManifest(directory);
  writeManifest(directory, { ...about, configSha256 }, files);
}

const verify = (directory: string, quick = false, backend = reference) =>
  verifyRun({ directory, backend, quick });

Deno.test("a run is verified by other backends, whole and quick, and stays as it is", async () => {
  const before = snapshot(finished);
  for (const backend of [reference, wasm2]) {
    for (const quick of [false, true]) {
      const found = await verify(finished, quick, backend);
      ok(isVerified(found), JSON.stringify(found));
      deepEqual(found.software, []);
      deepEqual(found.claims, ["backend wasm, WebAssembly SIMD, 1 thread"]);
      const all = [
        "bc/finished.json",
        "bc/policy.onnx",
        "bc/policy.safetensors",
        "bc/training.csv",
        "config.json",
        "cql/finished.json",
        "cql/policy.onnx",
        "cql/policy.safetensors",
        "cql/training.csv",
        "dataset.safetensors",
        "metrics.json",
        "report.html",
      ];
      const { compared } = found.replay!;
      const plots = compared.filter((path) => path.startsWith("plots/"));
      const trained = /\/(policy\.safetensors|training\.csv)$/;
      deepEqual(
        compared.filter((path) => !plots.includes(path)),
        quick ? all.filter((path) => !trained.test(path)) : all,
      );
      equal(plots.length, 13);
      equal(found.files, all.length + 13 + 1);
    }
  }
  deepEqual(snapshot(finished), before);
});

Deno.test(
  "one flipped bit of a policy: found by the manifest's hash and by the replay",
  inFolder(async (folder) => {
    const run = copyFolder(finished, join(folder, "run"));
    const path = join(run, "cql/policy.safetensors");
    const byte = Deno.statSync(path).size - 9;
    flipBit(path, byte);
    const found = await verify(run);
    deepEqual(found.manifest.map(({ path }) => path), [
      "cql/policy.safetensors",
    ]);
    match(found.manifest[0].what, /^is not the file that the manifest names/);
    const difference = {
      path: "cql/policy.safetensors",
      what:
        `is not what the configuration gives; they differ from byte ${byte} on`,
    };
    deepEqual(found.replay?.differences, [difference]);

    forgeManifest(run);
    const forged = await verify(run);
    deepEqual(forged.manifest, [{
      path: "metrics.json",
      what: "its hash of the policy cql is not that of cql/policy.safetensors",
    }]);
    deepEqual(forged.replay?.differences, [difference]);
    ok(!isVerified(forged));
  }),
);

Deno.test(
  "a changed training table is named with its first changed step, by a quick check too",
  inFolder(async (folder) => {
    const run = copyFolder(finished, join(folder, "run"));
    const path = join(run, "bc/training.csv");
    const lines = Deno.readTextFileSync(path).split("\n");
    deepEqual(lines.map((line) => line.split(",")[0]), [
      "step",
      "25",
      "50",
      "60",
      "",
    ]);
    const digit = (last: string) => last === "1" ? "2" : "1";
    const change = async (row: number, quick: boolean) => {
      const changed = lines.with(row, lines[row].replace(/.$/, digit));
      Deno.writeTextFileSync(path, changed.join("\n"));
      forgeManifest(run);
      return (await verify(run, quick)).replay?.differences;
    };
    const what = (step: number) =>
      `is not what the configuration gives: equal up to step ${step}, different from there on`;
    deepEqual(await change(2, false), [
      { path: "bc/training.csv", what: what(25) },
    ]);
    deepEqual(await change(1, false), [
      { path: "bc/training.csv", what: what(0) },
    ]);
    const quick = await change(1, true);
    deepEqual(quick?.map(({ path }) => path), [
      "bc/training.csv",
      "bc/finished.json",
    ]);
    equal(quick![0].what, "differs in its first row, of step 25");
  }),
);

Deno.test(
  "missing, unlisted and invented files",
  inFolder(async (folder) => {
    const run = copyFolder(finished, join(folder, "run"));
    Deno.removeSync(join(run, "plots/returns.svg"));
    Deno.writeTextFileSync(join(run, "notes.txt"), "mine");
    const found = await verify(run);
    deepEqual(found.manifest, [
      { path: "plots/returns.svg", what: "is missing" },
      { path: "notes.txt", what: "is not in the manifest" },
    ]);
    deepEqual(found.replay?.differences, []);
    ok(!isVerified(found));

    forgeManifest(run);
    const forged = await verify(run);
    deepEqual(forged.manifest, []);
    deepEqual(forged.replay?.differences, [
      {
        path: "notes.txt",
        what: "is nothing that the configuration gives",
      },
      {
        path: "plots/returns.svg",
        what: "is missing; the configuration gives it",
      },
    ]);
  }),
);

Deno.test(
  "another configuration behind the results",
  inFolder(async (folder) => {
    const run = copyFolder(finished, join(folder, "run"));
    const path = join(run, "config.json");
    const text = Deno.readTextFileSync(path);
    Deno.writeTextFileSync(path, text.replace('"beta": 0.5', '"beta": 0.25'));
    const found = await verify(run);
    deepEqual(found.manifest.map(({ path }) => path), ["config.json"]);
    equal(found.replay, null);

    forgeManifest(run);
    const { manifest, replay } = await verify(run);
    deepEqual(manifest, []);
    const paths = replay!.differences.map(({ path }) => path);
    for (const path of ["bc/policy.safetensors", "bc/training.csv"]) {
      ok(paths.includes(path), `${paths}`);
    }
    ok(!paths.includes("cql/policy.safetensors"), `${paths}`);
  }),
);

Deno.test(
  "data from a file are taken from the run's own copy; event files are compared too",
  inFolder(async (folder) => {
    const run = join(folder, "run");
    const { dataset } = openProblem(smallConfig);
    const datasetSha256 = sha256Hex(datasetToSafetensors(dataset));
    await runPipeline({
      config: resolveConfig("smoke", smallOverrides, { datasetSha256 }),
      backend: wasm,
      dataset,
      out: run,
      tensorboard: true,
    });
    const found = await verify(run);
    ok(isVerified(found), JSON.stringify(found));
    ok(found.replay!.compared.includes(`bc/${TENSORBOARD_FILE}`));
    ok(isVerified(await verify(run, true)));

    flipBit(join(run, "dataset.safetensors"), 900);
    const damaged = await verify(run);
    deepEqual(damaged.manifest.map(({ path }) => path), [
      "dataset.safetensors",
    ]);
    equal(damaged.replay, null);
  }),
);

Deno.test(
  "other software is noted; what contradicts this one differs; a stop leaves nothing behind",
  inFolder(async (folder) => {
    const run = copyFolder(finished, join(folder, "run"));
    const path = join(run, "manifest.json");
    const manifest = JSON.parse(Deno.readTextFileSync(path));
    const with_ = (changes: Record<string, unknown>) => {
      Deno.writeTextFileSync(path, canonicalJson({ ...manifest, ...changes }));
      return verify(run, true);
    };
    const other = await with_({ denoVersion: "1.0.0", suiteVersion: "9.0.0" });
    ok(isVerified(other));
    deepEqual(other.software, [
      "made with suite version 9.0.0, checked with 0.2.0",
      `made with Deno 1.0.0, checked with ${Deno.version.deno}`,
      "the lock file and kernels of that version are not checked",
    ]);
    const none = await with_({ lockSha256: null, kernelSha256: null });
    ok(isVerified(none));
    deepEqual(none.software, [
      "it does not state its lock file or its kernels",
    ]);
    const zeros = "0".repeat(64);
    const kernelSha256 = { ...manifest.kernelSha256, "adam.wgsl": zeros };
    const { manifest: found } = await with_({
      kernelSha256,
      lockSha256: zeros,
    });
    deepEqual(found, [
      {
        path: "manifest.json",
        what: "its lockSha256 is not that of version 0.2.0 of this suite",
      },
      {
        path: "manifest.json",
        what:
          "its kernels are not those of version 0.2.0 of this suite: adam.wgsl",
      },
    ]);

    for (const quick of [false, true]) {
      await rejects(
        verifyRun({
          directory: run,
          backend: reference,
          quick,
          stop: () => true,
        }),
        InterruptedError,
      );
    }
  }),
);

Deno.test(
  "nothing to check: no manifest, a damaged one, one that leads out of the folder",
  inFolder(async (folder) => {
    const run = copyFolder(finished, join(folder, "run"));
    const path = join(run, "manifest.json");
    const text = Deno.readTextFileSync(path);
    const refused = async (content: string, message: RegExp) => {
      Deno.writeTextFileSync(path, content);
      await rejects(verify(run), (error) => {
        ok(error instanceof InputError);
        match(error.message, message);
        ok(!error.message.includes("\n"));
        return true;
      });
    };
    await refused(text.slice(0, -20), /manifest\.json: .*it is not JSON$/);
    await refused("null", /its schema is not holdfast\/manifest\/1$/);
    await refused("[]", /its schema is not holdfast\/manifest\/1$/);
    await refused(text.replace('"bytes"', '"size"'), /are not a list of path/);
    await refused(
      text.replace("config.json", "config.text"),
      /its manifest names no config\.json; this is not the folder of a run$/,
    );
    await refused(
      text.replace("bc/policy.onnx", "cql/policy.onnx"),
      /it names a file twice, perhaps in another case$/,
    );
    Deno.removeSync(path);
    await rejects(
      verify(run),
      /run: is not finished; resume it first \(there is no manifest\.json\)$/,
    );
  }),
);

Deno.test(
  "the command: 0 for a good run, 1 with the file's name, 2 for wrong input",
  inFolder(async (folder) => {
    const good = await runScriptOf("verify", finished, "--backend=wasm");
    equal(good.code, 0, good.stderr);
    match(
      good.stdout,
      /^as claimed, which nothing here can show: backend wasm, WebAssembly SIMD, 1 thread\nverified: .*: all 26 files have the hashes of the manifest; run again, 25 files are equal bit for bit\n$/,
    );

    const run = copyFolder(finished, join(folder, "run"));
    flipBit(join(run, "bc/policy.safetensors"), 500);
    const bad = await runScriptOf(
      "verify",
      ...[run, "--quick", "--backend", "reference"],
    );
    equal(bad.code, 1, bad.stderr);
    match(bad.stdout, /^differs: bc\/policy\.safetensors: /m);

    for (
      const [args, message] of [
        [[], /^error: give one run directory: deno task verify RUN_DIR\n$/],
        [
          [folder],
          /^error: .*: holds no run or study \(there is no manifest\.json\)\n$/,
        ],
        [[run, "--quik"], /^error: unknown flag --quik; did you mean/],
      ] as const
    ) {
      const { code, stdout, stderr } = await runScriptOf("verify", ...args);
      equal(code, 2);
      equal(stdout, "");
      match(stderr, message);
    }
  }),
);
