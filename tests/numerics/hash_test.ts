import { equal } from "node:assert/strict";
import { sha256Hex } from "../../src/numerics/hash.ts";

Deno.test("SHA-256 of the vectors of FIPS 180-4", () => {
  const hash = (text: string) => sha256Hex(new TextEncoder().encode(text));
  equal(
    hash(""),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  equal(
    hash("abc"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  equal(
    hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
});

Deno.test("a view is hashed, not the buffer beneath it", () => {
  const bytes = new Uint8Array([0, 97, 98, 99, 0]);
  equal(
    sha256Hex(bytes.subarray(1, 4)),
    sha256Hex(new Uint8Array([97, 98, 99])),
  );
});
