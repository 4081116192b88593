import assert from "node:assert/strict";
import { KERNELS } from "../../kernels/mod.ts";
import {
  configureAlgorithm,
  NETWORK_NAMES,
  relabels,
} from "../../src/algorithms/index.ts";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  readSafetensors,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import { lavapipeTest } from "../backends/backends.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** An environment in which no GPU driver is found. */
const NO_GPU = {
  DENO_WEBGPU_BACKEND: "vulkan",
  VK_DRIVER_FILES: "/nonexistent",
  VK_ICD_FILENAMES: "/nonexistent",
};

async function run(
  script: string,
  args: readonly string[],
  { cwd = ROOT, env = {} }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-check", "--allow-read", "--allow-write"],
      ...["--allow-env=XDG_RUNTIME_DIR", `scripts/${script}.ts`, ...args],
    ],
    cwd,
    env: { NO_COLOR: "1", ...env },
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

const SMALL = ["--preset", "smoke", "--steps", "10"];

/** The suite in a folder of its own, whose `determinism` tries fewer shapes of each kernel; backends_test.ts tries them too. */
function quickCopy(edit = (script: string) => script): string {
  const copy = Deno.makeTempDirSync();
  const modules = Deno.readDirSync(ROOT).map(({ name }) => name)
    .filter((name) => name.endsWith(".ts"));
  for (const name of ["kernels", "src", "scripts", "deno.json", ...modules]) {
    cpSync(`${ROOT}/${name}`, `${copy}/${name}`, { recursive: true });
  }
  const script = `${copy}/scripts/determinism.ts`;
  const whole = Deno.readTextFileSync(script);
  const quick = whole.replace("SHAPES = 100;", "SHAPES = 10;");
  assert.notEqual(quick, whole);
  Deno.writeTextFileSync(script, edit(quick));
  return copy;
}

Deno.test("determinism: every backend of this machine, and what is left in --out", async () => {
  const out = Deno.makeTempDirSync();
  const cwd = quickCopy();
  try {
    const { code, stdout, stderr } = await run(
      "determinism",
      [...SMALL, "--out", out, "--record", `${out}/a.json`, "--driver", "D 1"],
      { cwd },
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /\nEvery bit is equal\.\n$/);
    assert.equal(Deno.readTextFileSync(`${out}/determinism.txt`), stdout);
    const report = JSON.parse(
      Deno.readTextFileSync(`${out}/determinism.json`),
    );
    assert.equal(report.equal, true);
    assert.equal(report.steps, 10);
    const [reference, ...others] = report.backends;
    assert.equal(reference.label, "reference");
    assert.ok(others.length >= 1);
    const comparable = ({ trainings }: typeof reference) =>
      trainings.map(({ millisecondsPerStep: _, ...rest }: {
        millisecondsPerStep: number;
      }) => rest);
    for (const other of others) {
      assert.deepEqual(comparable(other), comparable(reference), other.label);
      assert.equal(other.kernels.length, Object.keys(KERNELS).length);
    }
    const names = reference.trainings.map((t: { task: string }) => t.task);
    assert.equal(new Set(names).size, names.length);
    for (const name of NETWORK_NAMES) {
      if (relabels(configureAlgorithm(name))) continue;
      const own = names.filter((n: string) => n.split(", ")[0] === name);
      assert.ok(own.length >= 1, name);
    }
    for (
      const { task, runs, points, sha256, targetUpdates } of reference.trainings
    ) {
      assert.ok(task.startsWith("smoke") || runs >= 3, task);
      assert.match(sha256, /^[0-9a-f]{64}$/);
      assert.deepEqual(
        points.map(({ step }: { step: number }) => step),
        [1, 2, 4, 6, 8, 10],
      );
      const learnsNoValues = /(^|, )bc$/.test(task);
      assert.equal(targetUpdates === 0, learnsNoValues, task);
      assert.ok(learnsNoValues || targetUpdates >= 2, task);
    }
    await compared(out, report.backends.at(-1));
  } finally {
    rmSync(cwd, { recursive: true });
    rmSync(out, { recursive: true });
  }
});

/** The record in a folder is of a backend, equal to itself, and not to another. */
async function compared(
  out: string,
  backend: { label: string; trainings: { task: string }[] },
): Promise<void> {
  const record = JSON.parse(Deno.readTextFileSync(`${out}/a.json`));
  assert.equal(record.driver, "D 1");
  assert.equal(record.backend, backend.label);
  assert.deepEqual(record.trainings, backend.trainings);
  assert.equal(record.device === null, backend.label !== "webgpu");
  const [training] = record.trainings;
  training.points[1].losses = "0".repeat(64);
  Deno.writeTextFileSync(`${out}/b.json`, JSON.stringify(record));
  const compare = (...files: string[]) =>
    run("determinism", ["--compare", ...files.map((f) => `${out}/${f}`)]);
  const same = await compare("a.json", "a.json");
  assert.equal(same.code, 0, same.stderr);
  const count = record.trainings.length;
  assert.ok(
    same.stdout.endsWith(`\nEvery bit is equal in ${count} trainings.\n`),
  );
  const other = await compare("a.json", "b.json");
  assert.equal(other.code, 1, other.stderr);
  assert.ok(
    other.stdout.endsWith(
      `\nFirst, ${training.task}, step 2: losses, in numbers that the records do not tell.\n` +
        `Bits differ in 1 of ${count} trainings.\n`,
    ),
    other.stdout,
  );
  const refused = await compare("a.json", "determinism.json");
  assert.equal(refused.code, 2);
  assert.match(
    refused.stderr,
    /^error: .*determinism\.json: is no record of this version of the suite: .*\n$/,
  );
  const one = await compare("a.json");
  assert.equal(one.code, 2);
  assert.match(one.stderr, /^error: --compare: takes two records.*\n$/);
}

lavapipeTest(
  "determinism: without the guard it reports a difference and ends with code 1",
  async () => {
    // A guard that is missing shows without the small trainings.
    const copy = quickCopy((script) =>
      script.replace("...smallTrainings(steps),", "")
    );
    try {
      const shader = `${copy}/kernels/portable.wgsl`;
      const guarded = Deno.readTextFileSync(shader);
      const bare = guarded.replaceAll(/ \^ (zero|vec4u\(zero\))/g, "");
      assert.equal(guarded.length - bare.length, 7 + 14);
      Deno.writeTextFileSync(shader, bare);
      const { code, stdout, stderr } = await run(
        "determinism",
        [
          ...["--preset", "smoke", "--steps", "1"],
          ...["--backends", "webgpu", "--json"],
        ],
        { cwd: copy },
      );
      assert.equal(code, 1, stderr);
      const { equal, backends: [, webgpu], probe } = JSON.parse(stdout);
      assert.equal(equal, false);
      assert.ok(
        webgpu.kernels.some((k: { differences: number }) => k.differences > 0),
      );
      assert.ok(
        webgpu.trainings.some((t: { firstDifference: { step: number } }) =>
          t.firstDifference?.step === 1
        ),
      );
      assert.match(probe.failure, /guarded operations differ in a bit/);

      const refused = await run("conformance", [
        "--backend",
        "webgpu",
        `${ROOT}/tests/fixtures/d3rlpy/bc_grid.safetensors`,
      ], { cwd: copy });
      assert.equal(refused.code, 2);
      assert.match(
        refused.stderr,
        /^error: webgpu cannot be used: llvmpipe.* guarded operations differ in a bit .*; use --backend wasm\n$/,
      );
    } finally {
      rmSync(copy, { recursive: true });
    }
  },
);

Deno.test("a machine without a GPU: webgpu is refused in one line, auto is wasm", async () => {
  const fixture = "tests/fixtures/d3rlpy/bc_random.safetensors";
  const named = await run(
    "conformance",
    ["--backend", "webgpu", fixture],
    { env: NO_GPU },
  );
  assert.equal(named.code, 2);
  assert.equal(
    named.stderr,
    "error: webgpu cannot be used: there is no WebGPU adapter on this machine; use --backend wasm\n",
  );
  const compared = await run(
    "determinism",
    ["--backends", "webgpu"],
    { env: NO_GPU },
  );
  assert.equal(compared.code, 2);
  assert.equal(
    compared.stderr,
    "error: --backends webgpu: there is no WebGPU adapter on this machine\n",
  );
  const auto = await run("conformance", ["--json", fixture], { env: NO_GPU });
  assert.equal(auto.code, 0);
  assert.equal(JSON.parse(auto.stdout).backend, "wasm");
  const doctor = await run("doctor", [], { env: NO_GPU });
  assert.equal(doctor.code, 0);
  assert.match(
    doctor.stdout,
    /\nauto takes wasm: there is no WebGPU adapter on this machine\n$/,
  );
});

Deno.test("conformance: a bad file hides no other's result, and the worst decides", async () => {
  const good = "tests/fixtures/d3rlpy/dqn_random.safetensors";
  const folder = Deno.makeTempDirSync();
  try {
    const { tensors, metadata } = readSafetensors(
      Deno.readFileSync(`${ROOT}/${good}`),
      good,
    );
    (tensors.get("expect.loss")!.data as Float64Array)[4] = NaN;
    const nan = `${folder}/nan.safetensors`;
    Deno.writeFileSync(nan, writeSafetensors(tensors, metadata));
    const failed = await run("conformance", [nan, good]);
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /nan\.safetensors .* NaN .* FAIL\n/);
    assert.match(failed.stdout, /dqn_random\.safetensors .* pass\n/);
    const readme = "tests/fixtures/README.md";
    const mixed = await run("conformance", [readme, "--json", nan, good]);
    assert.equal(mixed.code, 2);
    assert.match(mixed.stderr, /^error: tests\/fixtures\/README\.md: .+\n$/);
    const { results, refused } = JSON.parse(mixed.stdout);
    assert.deepEqual(
      results.map((r: { passed: boolean }) => r.passed),
      [false, true],
    );
    assert.equal(refused[0].file, readme);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("determinism: an unknown backend is refused in one line", async () => {
  const { code, stderr } = await run("determinism", ["--backends", "wasn"]);
  assert.equal(code, 2);
  assert.match(stderr, /^error: --backends: unknown "wasn"; .*wasm.*\n$/);
});

Deno.test("determinism: what would compare nothing, or could not be kept, is refused before anything runs", async () => {
  const alone = await run("determinism", ["--backends", "reference"]);
  assert.equal(alone.code, 2);
  assert.equal(
    alone.stderr,
    "error: --backends: the reference alone is compared with nothing: add wasm or webgpu\n",
  );
  const kept = await run("determinism", ["--out", "README.md/folder"]);
  assert.equal(kept.code, 2);
  assert.match(kept.stderr, /^error: cannot write README\.md\/folder: .*\n$/);
});

Deno.test("sabotage: an unknown backend, and no fault, are refused in one line", async () => {
  const backend = await run("sabotage", ["--backends", "cuda"]);
  assert.equal(backend.code, 2);
  assert.equal(
    backend.stderr,
    'error: --backends: unknown "cuda"; known: webgpu, wasm\n',
  );
  const none = await run("sabotage", ["--only", "no such fault"]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /^error: --only: .*\n$/);
});

Deno.test("doctor: the same machine as JSON", async () => {
  const { code, stdout } = await run("doctor", ["--json"]);
  assert.equal(code, 0);
  const { machine, auto, adapters } = JSON.parse(stdout);
  assert.equal(machine.cores, navigator.hardwareConcurrency);
  assert.equal(machine.wasmSimd, true);
  assert.equal(machine.wasmThreads, true);
  const hardware = adapters.some((a: { software: boolean }) => !a.software);
  if (!hardware) assert.equal(auto.backend, "wasm");
});
