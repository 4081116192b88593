/**
 * What makes a record on this machine.
 *
 * @module
 */
import type { RecordSoftware } from "../checks.ts";
import { suiteVersions } from "../runs.ts";
import { sha256Hex } from "../tools.ts";

/** The suite, Deno and the machine. */
export function recordSoftware(): RecordSoftware {
  const { suiteVersion, denoVersion, kernelSha256 } = suiteVersions();
  const kernels = kernelSha256 &&
    new TextEncoder().encode(JSON.stringify(kernelSha256));
  const { os, arch } = Deno.build;
  return {
    suiteVersion,
    kernelsSha256: kernels && sha256Hex(kernels),
    runtime: `Deno ${denoVersion}`,
    platform: `${os} ${arch}, ${navigator.hardwareConcurrency} threads`,
  };
}
