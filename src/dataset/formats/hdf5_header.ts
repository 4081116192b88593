/**
 * Object headers of HDF5 files, by hand: h5wasm gives the class and the size of a dataset's
 * type, not the layout of its bits, and hands out the bits as they are.
 *
 * The format is the "HDF5 File Format Specification Version 3.0", sections IV.A.1 and IV.A.2.
 *
 * @module
 */

/** Where a message of an object header lies. */
export interface HeaderMessage {
  /** What it is: 0x0003 a datatype, 0x0000 unused space, … */
  readonly type: number;
  /** Bit 1: the message is elsewhere, and its address stands here. */
  readonly flags: number;
  /** First byte of its body. */
  readonly begin: number;
  /** First byte after it. */
  readonly end: number;
}

/** Message types. */
export const MESSAGE = {
  unused: 0,
  datatype: 3,
  layout: 8,
  continuation: 0x10,
  symbolTable: 0x11,
} as const;

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/**
 * Where an HDF5 file's superblock begins: at 0, or behind a user block of 512 · 2^k bytes.
 *
 * @param bytesAt Gives 8 bytes of the file from a place on, or fewer at its end.
 * @returns undefined if it is not an HDF5 file.
 */
export function superblockAt(
  bytesAt: (place: number) => Uint8Array,
): number | undefined {
  for (let at = 0;; at = at === 0 ? 512 : at * 2) {
    const bytes = bytesAt(at);
    if (bytes.length < SIGNATURE.length) return undefined;
    if (SIGNATURE.every((byte, i) => bytes[i] === byte)) return at;
  }
}

/** A header of more blocks than this is a loop. */
const MOST_BLOCKS = 1000;

/**
 * The messages of an object header of version 1 or 2.
 *
 * @param file The whole file.
 * @param base Bytes before the superblock; addresses count from there.
 * @param address Of the header.
 * @throws {RangeError} if it is damaged.
 */
export function headerMessages(
  file: Uint8Array<ArrayBuffer>,
  base: number,
  address: number,
): HeaderMessage[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const start = base + address;
  const isNew = view.getUint32(start) === 0x4f484452; // "OHDR"
  const blocks: [number, number][] = [];
  let hasOrder = false;
  if (isNew) {
    const flags = view.getUint8(start + 5);
    const sizeAt = start + 6 + (flags & 0x20 ? 16 : 0) + (flags & 0x10 ? 4 : 0);
    const width = 1 << (flags & 3);
    const begin = sizeAt + width;
    hasOrder = (flags & 4) !== 0;
    let size = 0;
    for (let i = width - 1; i >= 0; i--) size = size * 256 + file[sizeAt + i];
    blocks.push([begin, begin + size]);
  } else {
    blocks.push([start + 16, start + 16 + view.getUint32(start + 8, true)]);
  }
  const prefix = isNew ? (hasOrder ? 6 : 4) : 8;
  const messages: HeaderMessage[] = [];
  for (let b = 0; b < blocks.length && b < MOST_BLOCKS; b++) {
    let [at, end] = blocks[b];
    while (at + prefix <= end) {
      const type = isNew ? view.getUint8(at) : view.getUint16(at, true);
      const size = view.getUint16(at + (isNew ? 1 : 2), true);
      const flags = view.getUint8(at + (isNew ? 3 : 4));
      const begin = at + prefix;
      at = begin + size;
      if (at > end) throw new RangeError("a message beyond its block");
      messages.push({ type, flags, begin, end: at });
      if (type !== MESSAGE.continuation) continue;
      const next = base + readAddress(view, begin);
      const length = readAddress(view, begin + 8);
      // A block of version 2 has a signature before it and a checksum behind.
      blocks.push(
        isNew ? [next + 4, next + length - 4] : [next, next + length],
      );
    }
  }
  return messages;
}

/**
 * The datatype message of numbers laid out as usual, all bits used: integers in two's
 * complement, or floats by IEEE 754. Its first byte has no version.
 *
 * @param integers Or floats.
 * @param size Bytes of a number.
 * @param signed Whether integers are.
 * @param littleEndian Order of the bytes.
 */
export function usualType(
  integers: boolean,
  size: number,
  signed: boolean,
  littleEndian: boolean,
): Uint8Array {
  const body = new Uint8Array(integers ? 12 : 20);
  const view = new DataView(body.buffer);
  const order = littleEndian ? 0 : 1;
  view.setUint32(4, size, true);
  view.setUint16(10, 8 * size, true);
  if (integers) {
    body.set([0, order | (signed ? 8 : 0)]);
    return body;
  }
  const exponent = size === 8 ? 11 : size === 4 ? 8 : 5;
  const mantissa = 8 * size - 1 - exponent;
  body.set([1, order | 0x20, 8 * size - 1]);
  body.set([mantissa, exponent, 0, mantissa], 12);
  view.setUint32(16, 2 ** (exponent - 1) - 1, true);
  return body;
}

/** An address or a length of 64 bits; one beyond 2^53 is beyond any file too. */
export function readAddress(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
