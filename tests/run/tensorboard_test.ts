import assert from "node:assert/strict";
import {
  tensorboardHeader,
  tensorboardScalars,
} from "../../src/run/tensorboard.ts";

const hex = (bytes: Uint8Array) =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** CRC-32C bit by bit, and TFRecord's mask. */
function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffffn;
  for (const byte of bytes) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) {
      crc = (crc & 1n) ? (crc >> 1n) ^ 0x82f63b78n : crc >> 1n;
    }
  }
  crc ^= 0xffffffffn;
  const rotated = ((crc >> 15n) | (crc << 17n)) & 0xffffffffn;
  return Number((rotated + 0xa282ead8n) & 0xffffffffn);
}

Deno.test("TensorBoard: the checksum used here is CRC-32C", () => {
  // The check value of CRC-32C for "123456789" is e3069283.
  const crc = 0xe3069283;
  const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
  assert.equal(maskedCrc(new TextEncoder().encode("123456789")), masked);
});

Deno.test("TensorBoard: a file begins as TensorFlow begins it", () => {
  // Every event file of TensorFlow has these first 12 bytes and this text.
  const header = tensorboardHeader();
  assert.equal(hex(header.subarray(0, 12)), "1800000000000000a37f4b22");
  assert.equal(
    hex(header.subarray(12, 36)),
    "09" + "0000000000000000" + "1a0d" +
      hex(new TextEncoder().encode("brain.Event:2")),
  );
  const view = new DataView(header.buffer);
  assert.equal(view.getUint32(36, true), maskedCrc(header.subarray(12, 36)));
  assert.equal(header.length, 40);
});

Deno.test("TensorBoard: scalars of a step, to the byte", () => {
  const record = tensorboardScalars(300, { "bc/loss": 1.5, b: -2 });
  const text = (s: string) => hex(new TextEncoder().encode(s));
  const data = "09" + "0000000000c07240" + // wall time 300.0
    "10ac02" + // step 300
    "2a1a" + // summary
    "0a0e" + "0a07" + text("bc/loss") + "15" + "0000c03f" +
    "0a08" + "0a01" + text("b") + "15" + "000000c0";
  assert.equal(hex(record.subarray(12, -4)), data);
  const view = new DataView(record.buffer);
  const length = record.length - 16;
  assert.equal(view.getBigUint64(0, true), BigInt(length));
  assert.equal(view.getUint32(8, true), maskedCrc(record.subarray(0, 8)));
  assert.equal(
    view.getUint32(12 + length, true),
    maskedCrc(record.subarray(12, 12 + length)),
  );
});
