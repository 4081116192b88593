/**
 * Booleans as h5py writes them: an enumeration FALSE = 0, TRUE = 1 over 8-bit integers. h5wasm
 * cannot write an enumeration, so the type of the 8-bit integers that it wrote is replaced, in the
 * room that the library leaves in each new header.
 *
 * @module
 */

import { headerMessages, MESSAGE } from "./hdf5_header.ts";

/** The datatype message that h5py 3 writes for `bool`: version 3, two members, base int8. */
const BOOLEAN = [
  ...[0x38, 2, 0, 0, 1, 0, 0, 0],
  ...[0x10, 8, 0, 0, 1, 0, 0, 0, 0, 0, 8, 0],
  ...new TextEncoder().encode("FALSE\0TRUE\0"),
  ...[0, 1],
];

/**
 * Turns a dataset of 8-bit integers, each 0 or 1, into booleans.
 *
 * @param file The file, just written; it is changed.
 * @param address Of the dataset's header, which is of version 2.
 */
export function makeBoolean(
  file: Uint8Array<ArrayBuffer>,
  address: number,
): void {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const messages = headerMessages(file, 0, address);
  const type = messages.find(({ type }) => type === MESSAGE.datatype)!;
  const room = messages.at(-1)!;
  const more = BOOLEAN.length - (type.end - type.begin);
  if (room.type !== MESSAGE.unused || room.end - room.begin < more) {
    throw new Error("the HDF5 library left no room in a header");
  }
  // The bytes in between move up, including the unused message's header.
  file.copyWithin(type.end + more, type.end, room.begin);
  file.set(BOOLEAN, type.begin);
  setSize(type.begin, BOOLEAN.length);
  setSize(room.begin + more, room.end - room.begin - more);
  const checksum = lookup3(file.subarray(address, room.end));
  view.setUint32(room.end, checksum, true);

  /** The size is 3 bytes before a message's body. */
  function setSize(body: number, size: number): void {
    view.setUint16(body - 3, size, true);
  }
}

/** HDF5's checksum of metadata: Bob Jenkins' lookup3, `hashlittle` with the initial value 0. */
function lookup3(bytes: Uint8Array): number {
  const padded = new Uint8Array(Math.ceil(bytes.length / 12) * 12);
  padded.set(bytes);
  const words = new DataView(padded.buffer);
  const turn = (x: number, by: number) => x << by | x >>> (32 - by);
  let a = (0xdeadbeef + bytes.length) | 0;
  let b = a;
  let c = a;
  for (let at = 0; at < padded.length; at += 12) {
    a = (a + words.getInt32(at, true)) | 0;
    b = (b + words.getInt32(at + 4, true)) | 0;
    c = (c + words.getInt32(at + 8, true)) | 0;
    if (at + 12 < padded.length) {
      a = (a - c) ^ turn(c, 4), c = (c + b) | 0;
      b = (b - a) ^ turn(a, 6), a = (a + c) | 0;
      c = (c - b) ^ turn(b, 8), b = (b + a) | 0;
      a = (a - c) ^ turn(c, 16), c = (c + b) | 0;
      b = (b - a) ^ turn(a, 19), a = (a + c) | 0;
      c = (c - b) ^ turn(b, 4), b = (b + a) | 0;
    } else {
      c = (c ^ b) - turn(b, 14);
      a = (a ^ c) - turn(c, 11);
      b = (b ^ a) - turn(a, 25);
      c = (c ^ b) - turn(b, 16);
      a = (a ^ c) - turn(c, 4);
      b = (b ^ a) - turn(a, 14);
      c = (c ^ b) - turn(b, 24);
    }
  }
  return c >>> 0;
}
