import assert from "node:assert/strict";
import {
  readSafetensors,
  requireTensor,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import { InputError } from "../../src/errors.ts";

/** A file with this header text and these data bytes. */
function file(header: string | Uint8Array, data: number[] = []): Uint8Array {
  const text = typeof header === "string"
    ? new TextEncoder().encode(header)
    : header;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

function refused(bytes: Uint8Array, pattern: RegExp): void {
  assert.throws(() => readSafetensors(bytes, "some.file"), (error: unknown) => {
    assert(error instanceof InputError, String(error));
    assert.match(error.message, pattern);
    assert.match(error.message, /^some\.file: [^\n]+$/);
    return true;
  });
}

Deno.test("safetensors: the bytes are those of the published layout", () => {
  const bytes = writeSafetensors(
    new Map([
      ["b", { shape: [3], data: Uint8Array.of(7, 8, 9) }],
      ["a", { shape: [1, 2], data: Float32Array.of(1, -2) }],
    ]),
    { z: "1", key: "välue" },
  );
  const header = '{"__metadata__":{"key":"välue","z":"1"},' +
    '"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},' +
    '"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}';
  const encoded = new TextEncoder().encode(header);
  const padded = Math.ceil(encoded.length / 8) * 8;
  const data = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7, 8, 9];
  assert.deepEqual(
    bytes,
    file(
      header + " ".repeat(padded - encoded.length),
      data,
    ),
  );
});

Deno.test("safetensors: every dtype comes back, in views that need no copy", () => {
  const tensors = new Map([
    ["f64", { shape: [2], data: Float64Array.of(Math.PI, -0) }],
    ["i64", { shape: [1], data: BigInt64Array.of(-(2n ** 63n)) }],
    ["f32", { shape: [1, 1, 1], data: Float32Array.of(0.1) }],
    ["i32", { shape: [], data: Int32Array.of(-5) }],
    ["u32", { shape: [0, 4], data: new Uint32Array(0) }],
    ["u8", { shape: [1], data: Uint8Array.of(255) }],
    ["2", { shape: [1], data: Uint8Array.of(2) }],
  ]);
  const bytes = writeSafetensors(tensors);
  const read = readSafetensors(bytes, "x");
  assert.deepEqual(read.metadata, {});
  assert.equal(read.tensors.size, tensors.size);
  for (const [name, { shape, data }] of tensors) {
    const tensor = read.tensors.get(name)!;
    assert.equal(tensor.dtype, name === "2" ? "U8" : name.toUpperCase());
    assert.deepEqual(tensor.shape, shape);
    assert.deepEqual(tensor.data, data);
    assert.equal(tensor.data.buffer, bytes.buffer);
  }
  assert.deepEqual(writeSafetensors(read.tensors), bytes);
  const reversed = new Map([...tensors].reverse());
  assert.deepEqual(writeSafetensors(reversed), bytes);
});

Deno.test("safetensors: files of other writers, unaligned and in another order", () => {
  const header = '{"z":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},' +
    '"a":{"shape":[1],"data_offsets":[1,5],"dtype":"I32"}}';
  const read = readSafetensors(file(header, [9, 1, 2, 0, 0]), "x");
  assert.deepEqual(read.tensors.get("a")!.data, Int32Array.of(513));
  assert.deepEqual(read.tensors.get("z")!.data, Uint8Array.of(9));
});

Deno.test("safetensors: each damage gets its line", () => {
  const entry = (offsets: string, dtype = "U8", shape = "[2]") =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
  refused(new Uint8Array(7), /7 bytes are too few/);
  refused(file("{}").subarray(0, 9), /header of 2 bytes reaches beyond/);
  const huge = file("{}");
  huge[15 - 8] = 0xff;
  refused(huge, /reaches beyond/);
  refused(
    new TextEncoder().encode("<!doctype html>"),
    /: no safetensors file$/,
  );
  refused(file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /not UTF-8/);
  refused(file('{"a"'), /not JSON/);
  refused(file("[]"), /not a JSON object/);
  refused(file(" {}"), /not a JSON object/);
  refused(file('{"__metadata__":{"a":1}}'), /not an object of strings/);
  refused(file('{"__metadata__":{"a":"1","a":"1"}}'), /names "a" twice/);
  refused(
    file(`{"a":${entry("[0,2]")},"\\u0061":${entry("[2,4]")}}`, [1, 2, 3, 4]),
    /names "a" twice/,
  );
  refused(
    file(`{"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}}`, [
      1,
    ]),
    /names "dtype" twice/,
  );
  refused(file(`{"a":${entry("[0,1]")}}`, [1]), /1 bytes where U8 \[2\] needs/);
  refused(file(`{"a":${entry("[2,0]")}}`, [1, 2]), /-2 bytes where/);
  refused(file(`{"a":${entry("[0,2]", "BF16")}}`, [1, 2]), /dtype "BF16"/);
  refused(file(`{"a":${entry("[0,2]", "toString")}}`, [1, 2]), /"toString"/);
  refused(file(`{"a":${entry("[0,2]", "U8", "[-2]")}}`, [1]), /no valid shape/);
  refused(file(`{"a":${entry("[0,2]", "U8", "[1.5]")}}`, [1]), /valid shape/);
  refused(file(`{"a":${entry("[0]")}}`, [1, 2]), /no valid data_offsets/);
  refused(file('{"a":{"dtype":"U8","shape":[]}}'), /is not described by/);
  refused(file(`{"a":${entry("[1,3]")}}`, [1, 2, 3]), /starts at byte 1/);
  refused(
    file(`{"a":${entry("[0,2]")},"b":${entry("[1,3]")}}`, [1, 2, 3]),
    /"b" starts at byte 1 of the data where 2 was expected/,
  );
  refused(file(`{"a":${entry("[0,2]")}}`, [1]), /beyond the file's end/);
  refused(file(`{"a":${entry("[0,2]")}}`, [1, 2, 3]), /1 bytes at its end/);
});

Deno.test("safetensors: a header of megabytes is only one more damage", () => {
  refused(file(`{"${"a".repeat(1e7)}":1}`), /tensor "a+… is not described/);
  refused(file(`{"${"\\\\".repeat(5e6)}":1}`), /is not described/);
  refused(file(`{"a":${"[".repeat(1e5)}${"]".repeat(1e5)}}`), /not described/);
});

Deno.test("safetensors: a tensor that is missing or has another shape", () => {
  const bytes = writeSafetensors(
    new Map([["a", { shape: [2, 3], data: new Float32Array(6) }]]),
  );
  const read = readSafetensors(bytes, "p.safetensors");
  assert.equal(requireTensor(read, "a", "F32", [-1, 3]).data.length, 6);
  const message = (action: () => unknown) => {
    try {
      action();
    } catch (error) {
      assert(error instanceof InputError);
      return error.message;
    }
  };
  assert.equal(
    message(() => requireTensor(read, "b", "F32", [1])),
    'p.safetensors: tensor "b" is missing',
  );
  assert.equal(
    message(() => requireTensor(read, "a", "F32", [-1, 2])),
    'p.safetensors: tensor "a" is F32 [2, 3], but F32 [any, 2] is needed',
  );
  assert.equal(
    message(() => requireTensor(read, "a", "I32", [2, 3])),
    'p.safetensors: tensor "a" is F32 [2, 3], but I32 [2, 3] is needed',
  );
});

Deno.test("safetensors: the writer refuses a shape that its data do not fill", () => {
  const tensors = new Map([["a", { shape: [2], data: new Float32Array(3) }]]);
  assert.throws(() => writeSafetensors(tensors), RangeError);
});
