import assert from "node:assert/strict";
import {
  bytesField,
  doubleField,
  floatField,
  integerField,
  messageField,
  textField,
} from "../../src/files/protobuf.ts";

Deno.test("protobuf: the examples of the published encoding", () => {
  // protobuf.dev/programming-guides/encoding: a = 150; b = "testing"; c { a = 150 }.
  assert.deepEqual([...integerField(1, 150)], [0x08, 0x96, 0x01]);
  assert.deepEqual(
    [...textField(2, "testing")],
    [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67],
  );
  assert.deepEqual(
    [...messageField(3, [integerField(1, 150)])],
    [0x1a, 0x03, 0x08, 0x96, 0x01],
  );
});

Deno.test("protobuf: wide field numbers, large integers, floats", () => {
  assert.deepEqual([...integerField(20, 2)], [0xa0, 0x01, 0x02]);
  assert.deepEqual([...integerField(1, 0)], [0x08, 0]);
  assert.deepEqual(
    [...integerField(2, 2 ** 53 - 1)],
    [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  );
  assert.deepEqual([...floatField(2, 1)], [0x15, 0, 0, 0x80, 0x3f]);
  assert.deepEqual(
    [...doubleField(1, 1)],
    [0x09, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
  );
  const long = bytesField(1, new Uint8Array(300));
  assert.deepEqual([...long.subarray(0, 3)], [0x0a, 0xac, 0x02]);
  assert.equal(long.length, 303);
});
