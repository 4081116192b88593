/**
 * Writing Protocol Buffers' wire format (https://protobuf.dev/programming-guides/encoding/),
 * as much as ONNX models and TensorBoard events need.
 *
 * Hand-written because these few lines replace a code generator, its runtime and the
 * schemas of two large projects, and because fields come out in the order written: the
 * same content gives the same bytes.
 *
 * @module
 */
import { concatenatedBytes } from "../numerics/arrays.ts";

/** A field's encoded bytes; a message is the concatenation of its fields. */
export type Field = Uint8Array<ArrayBuffer>;

/** An integer or boolean field. @param value A non-negative safe integer. */
export function integerField(number: number, value: number): Field {
  return concatenatedBytes([varint(number * 8), varint(value)]);
}

/** A 32-bit float field. */
export function floatField(number: number, value: number): Field {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return concatenatedBytes([varint(number * 8 + 5), bytes]);
}

/** A 64-bit float field. */
export function doubleField(number: number, value: number): Field {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return concatenatedBytes([varint(number * 8 + 1), bytes]);
}

/** A field of text. */
export function textField(number: number, text: string): Field {
  return bytesField(number, new TextEncoder().encode(text));
}

/** A field of bytes. */
export function bytesField(number: number, bytes: Uint8Array): Field {
  return concatenatedBytes([
    varint(number * 8 + 2),
    varint(bytes.length),
    bytes,
  ]);
}

/** A field that is a message. */
export function messageField(number: number, fields: readonly Field[]): Field {
  return bytesField(number, concatenatedBytes(fields));
}

/** Seven bits a byte, the lowest first; the high bit says that more follow. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  while (value >= 128) {
    bytes.push(value % 128 + 128);
    value = Math.floor(value / 128);
  }
  return Uint8Array.of(...bytes, value);
}
