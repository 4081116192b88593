/**
 * SHA-256, the name by which the suite calls a file's content.
 *
 * @module
 */

import { createHash } from "node:crypto";

/** SHA-256 of some bytes (FIPS 180-4), as 64 lower-case hexadecimal digits. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
