/**
 * As much of `node:crypto` as the suite takes, for a browser, whose own SHA-256 answers late.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";

/** A hash in the making. */
export function createHash(_algorithm: "sha256") {
  const hash = sha256.create();
  const own = {
    update(bytes: Uint8Array) {
      hash.update(bytes);
      return own;
    },
    digest: (_encoding: "hex") =>
      Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0"))
        .join(""),
  };
  return own;
}
