/**
 * TensorBoard event files: training curves for those who watch them there.
 *
 * A file is a sequence of TFRecords (tensorflow/core/lib/io/record_writer.h), each an
 * `Event` message (tensorflow/core/util/event.proto). TensorBoard reads every file whose
 * name holds `tfevents`, while it grows too.
 *
 * Each event carries a wall time. Here that is the step, as if a step took a second: the
 * same run then gives the same bytes, and TensorBoard's axis "relative" shows steps.
 * `timings.json` holds the real times.
 *
 * @module
 */

import { concatenatedBytes } from "../numerics/arrays.ts";
import {
  doubleField,
  floatField,
  integerField,
  messageField,
  textField,
} from "../files/protobuf.ts";

/** A file name that TensorBoard looks for. */
export const TENSORBOARD_FILE = "events.out.tfevents.0.holdfast";

/** The bytes with which every event file begins. */
export function tensorboardHeader(): Uint8Array<ArrayBuffer> {
  return tfRecord(
    concatenatedBytes([doubleField(1, 0), textField(3, "brain.Event:2")]),
  );
}

/**
 * Scalars of one step, to be appended to an event file.
 *
 * @param step The step, from 0.
 * @param scalars Values by tag, e.g. `"cql/loss"`; TensorBoard keeps 32 bits of each.
 */
export function tensorboardScalars(
  step: number,
  scalars: Readonly<Record<string, number>>,
): Uint8Array<ArrayBuffer> {
  const values = Object.entries(scalars).map(([tag, value]) =>
    messageField(1, [textField(1, tag), floatField(2, value)])
  );
  return tfRecord(concatenatedBytes([
    doubleField(1, step),
    integerField(2, step),
    messageField(5, values),
  ]));
}

/** u64 length, its checksum, the data, their checksum. */
function tfRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(data.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}

/** CRC-32C (Castagnoli) of each byte, polynomial reflected. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) {
    crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return crc;
});

/** TFRecord masks checksums because data often hold checksums themselves. */
function maskedCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ byte) & 0xff];
  }
  crc = ~crc;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
