/**
 * Checking what a run or a study has left.
 *
 * @module
 */
import type { Backend } from "../backends/backend.ts";
import { wasmBackend } from "../backends/wasm.ts";
import type { Difference } from "../run/check_files.ts";
import { isVerified, verifyRun } from "../run/verify.ts";
import { isStudy } from "../study/config.ts";
import { verifyStudy } from "../study/verify.ts";

/** How a run or study is checked. */
export interface VerifyOptions {
  /** What computes it again; it need not be what computed it first. By default wasm. */
  readonly backend?: Backend;
  /** Train only the first logging interval again; of a study nothing. */
  readonly quick?: boolean;
  /** Ends the check. */
  readonly signal?: AbortSignal;
}

/** What a check found. */
export interface VerifyResult {
  /** Whether all files are what the manifest says and what the configuration gives. */
  readonly verified: boolean;
  /** What is not. */
  readonly differences: readonly Difference[];
  /** Files in the manifest. */
  readonly files: number;
}

/**
 * Compares a finished run or study with its manifest, makes it again in a temporary folder and
 * compares it byte for byte. Nothing in it is changed.
 *
 * @param directory The run's or study's.
 * @throws InputError if it holds neither, or cannot be made again here.
 * @throws InterruptedError or StudyStoppedError if it was stopped.
 *
 * @example A run, made and checked
 * ```ts
 * import { referenceBackend, resolveConfig, runPipeline, verify } from "@holdfast/offline-rl";
 * import { ok } from "node:assert/strict";
 *
 * const small = { steps: 2, batchSize: 4, logInterval: 2 };
 * const out = `${Deno.makeTempDirSync()}/run`;
 * await runPipeline({
 *   config: resolveConfig("smoke", {
 *     network: { hidden: [8] },
 *     algorithms: { bc: small, cql: small },
 *   }),
 *   backend: referenceBackend,
 *   out,
 * });
 * ok((await verify(out)).verified);
 * ```
 */
export async function verify(
  directory: string,
  { backend, quick = false, signal }: VerifyOptions = {},
): Promise<VerifyResult> {
  if (isStudy(directory)) {
    const found = await verifyStudy({
      directory,
      backend: backend?.name,
      cells: quick ? 0 : undefined,
      signal,
    });
    const { differences, files } = found;
    return { verified: differences.length === 0, differences, files };
  }
  const found = await verifyRun({
    directory,
    backend: backend ?? wasmBackend(),
    quick,
    stop: () => signal?.aborted ?? false,
  });
  return {
    verified: isVerified(found),
    differences: [...found.manifest, ...found.replay?.differences ?? []],
    files: found.files,
  };
}
