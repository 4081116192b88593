import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { growing } from "../../src/dataset/formats/growing.ts";

Deno.test("growing arrays: past the first block and back", () => {
  const array = growing((length) => new Uint8Array(length));
  const block = 2 ** 22;
  const valueOf = (i: number) => (i * 7 + (i >> 8)) & 255;
  for (let i = 0; i < block + 3; i++) array.push(valueOf(i));
  array.drop(5);
  assert.equal(array.length, block - 2);
  for (let i = block - 2; i < 2 * block + 1; i++) array.push(valueOf(i));
  array.set(block + 1, 99);
  assert.equal(array.at(block), valueOf(block));
  assert.equal(array.at(2 * block), valueOf(2 * block));
  const all = array.take();
  const expected = new Uint8Array(2 * block + 1).map((_, i) => valueOf(i));
  expected[block + 1] = 99;
  assert.equal(Buffer.compare(all, expected), 0);
  assert.equal(array.length, 0);
});

Deno.test("growing arrays: empty ones, and ones that lose everything", () => {
  const array = growing((length) => new Float32Array(length));
  array.push(1);
  array.push(2);
  array.drop(2);
  array.push(3);
  assert.deepEqual(array.take(), Float32Array.of(3));
  assert.deepEqual(
    growing((length) => new Uint32Array(length)).take(),
    new Uint32Array(0),
  );
});
