/**
 * The zip container of `.npz` files.
 *
 * Own code because the packages for it leave out what is needed here: fflate checks no sums, and
 * both it and zip.js take the memory that a damaged file asks for before they look at its data.
 * Layout: APPNOTE.TXT 6.3.10 (PKWARE), sections 4.3.7 (local header), 4.3.12 (directory) and 4.3.16.
 *
 * @module
 */
import { crc32, inflateRawSync } from "node:zlib";
import { InputError } from "../errors.ts";

/** Larger entries have no room in memory. */
const MOST_BYTES = 2 ** 31;

/** Deflate makes at most 1032 bytes of one (zlib, technical details); a larger claim is damage. */
const MOST_DEFLATION = 1032;

const LOCAL = 0x04034b50;
const DIRECTORY = 0x02014b50;
const END = 0x06054b50;

/** Whether bytes begin as a zip file does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 22 && bytes[0] === 0x50 && bytes[1] === 0x4b &&
    (bytes[2] === 3 || bytes[2] === 5);
}

/**
 * Reads the directory of a zip file; entries are unpacked when they are called for.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @returns By the name of each entry, a function that gives its bytes.
 * @throws InputError for any damage, in one line that names the file; so do the functions.
 */
export function readZip(
  bytes: Uint8Array,
  name: string,
): Map<string, () => Uint8Array> {
  const fail = (what: string): never => {
    throw new InputError(`${name}: not a sound zip file: ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tail = findEnd(view);
  if (tail < 0) fail("its directory is missing; is the file cut?");
  const count = view.getUint16(tail + 10, true);
  const size = view.getUint32(tail + 12, true);
  let at = view.getUint32(tail + 16, true);
  if (view.getUint32(tail + 4, true) !== 0) fail("it has several parts");
  if (at + size > tail) fail("its directory reaches beyond its end");

  const entries = new Map<string, () => Uint8Array>();
  const directoryEnd = at + size;
  for (let n = 0; n < count; n++) {
    if (at + 46 > directoryEnd || view.getUint32(at, true) !== DIRECTORY) {
      fail(`entry ${n + 1} of its directory is damaged`);
    }
    const nameLength = view.getUint16(at + 28, true);
    const end = at + 46 + nameLength + view.getUint16(at + 30, true) +
      view.getUint16(at + 32, true);
    if (end > directoryEnd) fail(`entry ${n + 1} of its directory is damaged`);
    const entryName = new TextDecoder().decode(
      bytes.subarray(at + 46, at + 46 + nameLength),
    );
    if (entries.has(entryName)) fail(`it holds ${entryName} twice`);
    const header = at;
    const local = view.getUint32(at + 42, true);
    const isThere = local + 30 + nameLength <= header &&
      view.getUint32(local, true) === LOCAL &&
      view.getUint16(local + 26, true) === nameLength &&
      // A name that is damaged in one place would be an array that is not there.
      equalBytes(bytes, at + 46, local + 30, nameLength);
    if (!isThere) fail(`${entryName} is not where its directory says`);
    entries.set(entryName, () => unpack(view, bytes, header, entryName, fail));
    at = end;
  }
  if (at !== directoryEnd) fail("its directory and its size disagree");
  return entries;
}

/** Writes a zip file whose entries are stored as they are: the same content gives the same bytes. */
export function writeZip(
  entries: ReadonlyMap<string, Uint8Array>,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [entryName, data] of entries) {
    const encoded = new TextEncoder().encode(entryName);
    const common = new DataView(new ArrayBuffer(26));
    common.setUint16(0, 20, true); // version needed: 2.0
    common.setUint16(8, 0x21, true); // 1 January 1980, the first day that zip knows
    common.setUint32(10, crc32(data), true);
    common.setUint32(14, data.length, true);
    common.setUint32(18, data.length, true);
    common.setUint16(22, encoded.length, true);
    const fields = new Uint8Array(common.buffer);
    const central = new DataView(new ArrayBuffer(46));
    central.setUint32(0, DIRECTORY, true);
    central.setUint16(4, 20, true);
    new Uint8Array(central.buffer).set(fields, 6);
    central.setUint32(42, at, true);
    directory.push(new Uint8Array(central.buffer), encoded);
    const local = [word(LOCAL), fields, encoded, data];
    parts.push(...local);
    at += local.reduce((sum, { length }) => sum + length, 0);
  }
  const directorySize = directory.reduce((sum, { length }) => sum + length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, END, true);
  end.setUint16(8, entries.size, true);
  end.setUint16(10, entries.size, true);
  end.setUint32(12, directorySize, true);
  end.setUint32(16, at, true);
  return joined([...parts, ...directory, new Uint8Array(end.buffer)]);
}

type Fail = (what: string) => never;

/** Where the end record lies; a comment of up to 65,535 bytes may follow it. */
function findEnd(view: DataView): number {
  const first = Math.max(0, view.byteLength - 22 - 0xffff);
  for (let at = view.byteLength - 22; at >= first; at--) {
    if (
      view.getUint32(at, true) === END &&
      at + 22 + view.getUint16(at + 20, true) === view.byteLength
    ) return at;
  }
  return -1;
}

function unpack(
  view: DataView,
  bytes: Uint8Array,
  header: number,
  entryName: string,
  fail: Fail,
): Uint8Array {
  const flags = view.getUint16(header + 8, true);
  const method = view.getUint16(header + 10, true);
  const sum = view.getUint32(header + 16, true);
  const packedSize = view.getUint32(header + 20, true);
  const size = view.getUint32(header + 24, true);
  const local = view.getUint32(header + 42, true);
  if (flags & 1) fail(`${entryName} is encrypted`);
  if (size >= MOST_BYTES) fail(`${entryName} is larger than 2 GiB`);
  const begin = local + 30 + view.getUint16(local + 26, true) +
    view.getUint16(local + 28, true);
  if (begin + packedSize > header) fail(`${entryName} reaches beyond its end`);
  const packed = bytes.subarray(begin, begin + packedSize);
  if (method !== 0 && method !== 8) {
    fail(`${entryName} is packed by method ${method}; known are 0 and 8`);
  }
  if (size > (method === 0 ? packedSize : (packedSize + 1) * MOST_DEFLATION)) {
    fail(`${packedSize} bytes of ${entryName} cannot hold ${size}`);
  }
  let data = packed;
  if (method === 8) {
    try {
      const limit = { maxOutputLength: Math.max(1, size) };
      const { buffer, byteOffset, length } = inflateRawSync(packed, limit);
      // A plain array: a Buffer has a slice of its own.
      data = new Uint8Array(buffer, byteOffset, length);
    } catch {
      fail(`the data of ${entryName} are damaged`);
    }
  }
  if (data.length !== size || crc32(data) !== sum) {
    fail(`the data of ${entryName} are damaged`);
  }
  return data;
}

function equalBytes(
  bytes: Uint8Array,
  a: number,
  b: number,
  length: number,
): boolean {
  for (let i = 0; i < length; i++) {
    if (bytes[a + i] !== bytes[b + i]) return false;
  }
  return true;
}

function word(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
