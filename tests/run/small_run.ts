/**
 * A whole pipeline in a fraction of a second, and what its tests share.
 *
 * @module
 */
import { match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { listFiles } from "../../src/run/manifest.ts";
import type { Backend } from "../../src/backends/backend.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import type { ConfigOverrides } from "../../src/config/config.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { InputError } from "../../src/errors.ts";

/** Keys that differ from those of the smoke preset. */
export const smallOverrides = {
  environment: { size: 5, maxSteps: 20 },
  dataset: { episodes: 20 },
  network: { hidden: [8] },
  algorithms: {
    bc: { steps: 60, batchSize: 8, logInterval: 25 },
    cql: {
      steps: 90,
      batchSize: 8,
      logInterval: 30,
      targetUpdateInterval: 40,
    },
  },
  evaluation: { episodes: 3, mismatchSamples: 50 },
} satisfies ConfigOverrides;

export const smallConfig = resolveConfig("smoke", smallOverrides);

/** Backends that every machine has, by label. */
export const backends: readonly (readonly [label: string, Backend])[] = [
  ["reference", referenceBackend],
  ["wasm, 1 thread", wasmBackend({ threads: 1 })],
  ["wasm, 2 threads", wasmBackend({ threads: 2 })],
];

/** SHA-256 by path of the files of a run that do not depend on time or machine. */
export function deterministicHashes(directory: string): Record<string, string> {
  return Object.fromEntries(
    listFiles(directory)
      .filter(({ path }) => path !== "timings.json")
      .map(({ path, sha256 }) => [path, sha256]),
  );
}

/** Expects that a run is refused with one line of an {@link InputError}. */
export async function refused(
  run: Promise<unknown>,
  message: RegExp,
): Promise<void> {
  await rejects(run, (error) => {
    ok(error instanceof InputError, `${error}`);
    match(error.message, message);
    ok(!error.message.includes("\n"));
    return true;
  });
}

/** Runs a test in a folder of its own. */
export function inFolder(
  test: (folder: string) => void | Promise<void>,
): () => Promise<void> {
  return async () => {
    const folder = Deno.makeTempDirSync();
    try {
      await test(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

/** Copies a folder. */
export function copyFolder(from: string, to: string): string {
  Deno.mkdirSync(to);
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (isDirectory) copyFolder(join(from, name), join(to, name));
    else Deno.copyFileSync(join(from, name), join(to, name));
  }
  return to;
}

/** Makes a named pipe: whoever opens it waits for the other end. */
export function pipe(path: string): void {
  const { success } = new Deno.Command("mkfifo", { args: [path] }).outputSync();
  ok(success);
}

/** Every path below a folder with what it holds, to see that nothing was touched. */
export function snapshot(folder: string): string[] {
  const found: string[] = [];
  const visit = (below: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(join(folder, below))) {
      const path = join(below, name);
      if (isDirectory) visit(path);
      const { mtime } = Deno.statSync(join(folder, path));
      const content = isDirectory
        ? "folder"
        : Deno.readFileSync(join(folder, path)).join();
      found.push(`${path} ${mtime?.getTime()} ${content}`);
    }
  };
  visit("");
  return found.sort();
}

/** What a script printed, and its exit code. */
export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The script of a task, with the permissions of the task. */
export function scriptCommand(
  name: "compare" | "environment" | "pipeline" | "tabular_table" | "verify",
  args: readonly string[],
): Deno.Command {
  const script = join(import.meta.dirname!, "../../scripts", `${name}.ts`);
  const permissions = [
    "--allow-read",
    "--allow-write",
    "--allow-env=XDG_RUNTIME_DIR",
  ];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "--no-prompt", ...permissions, script, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

export async function runScriptOf(
  name: "compare" | "environment" | "pipeline" | "tabular_table" | "verify",
  ...args: string[]
): Promise<ScriptResult> {
  return scriptResult(await scriptCommand(name, args).output());
}

export function scriptResult(
  { code, stdout, stderr }: Deno.CommandOutput,
): ScriptResult {
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
