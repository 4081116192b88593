import { deepEqual, equal, ok } from "node:assert/strict";
import { join } from "node:path";
import { listFiles, readManifest } from "../../src/run/manifest.ts";
import type { Backend } from "../../src/backends/backend.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { backends, inFolder, smallConfig } from "./small_run.ts";

const survey: NonNullable<Backend["survey"]> = {
  device: {
    name: "Some GPU",
    ids: "some vendor, 0x1",
    software: false,
    maxBufferBytes: 2 ** 30,
    maxStorageBuffers: 8,
    maxWorkgroupThreads: 256,
  },
  failure: null,
};

async function manifestOf(
  folder: string,
  backend: Backend,
): Promise<Record<string, unknown>> {
  await runPipeline({ config: smallConfig, backend, out: folder });
  return JSON.parse(Deno.readTextFileSync(join(folder, "manifest.json")));
}

/** Names of the machine and of who uses it, as far as they are known and no common words. */
function names(): string[] {
  const found = ["HOSTNAME", "USER", "LOGNAME"].map((name) =>
    Deno.env.get(name) ?? ""
  );
  try {
    found.push(Deno.readTextFileSync("/etc/hostname").trim());
  } catch {
    // There is none.
  }
  return found.filter((name) => name.length > 5);
}

const repository = new URL("../../", import.meta.url);
const hashOf = (path: string) =>
  sha256Hex(Deno.readFileSync(new URL(path, repository)));

Deno.test(
  "the manifest says what a second party needs, and nothing private",
  inFolder(async (folder) => {
    const [, [, wasm]] = backends;
    const manifest = await manifestOf(folder, wasm);
    deepEqual(Object.keys(manifest), [
      "schema",
      "suiteVersion",
      "denoVersion",
      "lockSha256",
      "kernelSha256",
      "configSha256",
      "backend",
      "device",
      "files",
    ]);
    equal(manifest.schema, "holdfast/manifest/1");
    const suite = JSON.parse(
      Deno.readTextFileSync(new URL("deno.json", repository)),
    );
    equal(manifest.suiteVersion, suite.version);
    equal(manifest.denoVersion, Deno.version.deno);
    equal(manifest.lockSha256, hashOf("deno.lock"));
    equal(
      manifest.configSha256,
      sha256Hex(Deno.readFileSync(join(folder, "config.json"))),
    );
    equal(manifest.backend, "wasm");
    equal(manifest.device, "WebAssembly SIMD, 1 thread");

    const kernels = manifest.kernelSha256 as Record<string, string>;
    equal(kernels["kernels.wasm"], hashOf("kernels/kernels.wasm"));
    const wgsl = [...Deno.readDirSync(new URL("kernels", repository))]
      .map(({ name }) => name).filter((name) => name.endsWith(".wgsl"));
    ok(wgsl.length > 10);
    deepEqual(Object.keys(kernels).sort(), ["kernels.wasm", ...wgsl].sort());
    for (const name of wgsl) equal(kernels[name], hashOf(`kernels/${name}`));

    deepEqual(manifest.files, listFiles(folder));
    deepEqual(readManifest(folder).files, listFiles(folder));
    const text = JSON.stringify(manifest);
    const path = decodeURIComponent(repository.pathname);
    for (const secret of [folder, path, Deno.cwd(), ...names()]) {
      ok(!text.includes(secret), secret);
    }
    ok(!/"[^"]*(\/home\/|\/Users\/|\/root\/|[A-Z]:\\\\)/.test(text));
    ok(!/\d{4}-\d\d-\d\d/.test(text));
  }),
);

Deno.test(
  "of a GPU the manifest has the adapter and what the probe measured",
  inFolder(async (folder) => {
    const probe = {
      arithmetic: { guardedDifferences: 0, guardedCases: 1_000 },
      golden: [],
      failure: null,
    } as unknown as NonNullable<typeof survey.probe>;
    const manifest = await manifestOf(folder, {
      ...referenceBackend,
      survey: { ...survey, probe },
    });
    deepEqual(manifest.adapter, survey.device);
    deepEqual(manifest.probe, probe);
  }),
);
