/**
 * Lengths of 64 bits in HDF5 files. The library here is built for 32 bits and drops the upper
 * half of some of them; a 64-bit one refuses what has such a length, and so must this suite.
 * Files of HDF5's newer layouts have checksums over most of these places.
 *
 * The format is the "HDF5 File Format Specification Version 3.0", sections III.A to III.E.
 *
 * @module
 */

import { inflateSync } from "node:zlib";
import { headerMessages, MESSAGE, readAddress } from "./hdf5_header.ts";

/** More nodes than this are a loop. */
const MOST_NODES = 1_000_000;

/**
 * Checks the lengths on the way from a group to its members: B-tree, symbol tables and heap
 * of the older layout.
 *
 * @param file The whole file.
 * @param base Bytes before the superblock; addresses count from there.
 * @param address Of the group's header.
 * @throws {RangeError} if one is beyond 32 bits, or the file is otherwise damaged.
 */
export function checkGroup(
  file: Uint8Array<ArrayBuffer>,
  base: number,
  address: number,
): void {
  const table = headerMessages(file, base, address)
    .find(({ type }) => type === MESSAGE.symbolTable);
  if (table === undefined) return;
  const view = viewOf(file);
  const heap = base + readAddress(view, table.begin + 8);
  checkLength(view, heap + 8);
  checkLength(view, heap + 16);
  const nodes = [base + readAddress(view, table.begin)];
  for (let n = 0; n < nodes.length && n < MOST_NODES; n++) {
    const node = nodes[n];
    const entries = view.getUint16(node + 6, true);
    const isTree = view.getUint32(node) === 0x54524545; // "TREE"
    if (!isTree) {
      for (let i = 0; i < entries; i++) checkLength(view, node + 8 + 40 * i);
      continue;
    }
    // A key before each child and one behind the last.
    for (let i = 0; i <= entries; i++) checkLength(view, node + 24 + 16 * i);
    for (let i = 0; i < entries; i++) {
      nodes.push(base + readAddress(view, node + 32 + 16 * i));
    }
  }
}

/** Numbers of the filters that change how long a chunk is in a way that is known here. */
const [DEFLATE, SHUFFLE, FLETCHER32] = [1, 2, 3];

/**
 * Checks that no chunk of a dataset, unpacked, is shorter than a chunk must be: the library reads what
 * lies behind it in memory. Of the older index of chunks; others are not checked.
 *
 * @param file The whole file.
 * @param base Bytes before the superblock.
 * @param address Of the dataset's header.
 * @param chunkBytes Bytes of an unpacked chunk.
 * @param filters Their numbers, in the order in which a writer applies them.
 * @throws {RangeError} if a chunk is shorter, or the file is otherwise damaged.
 */
export function checkChunks(
  file: Uint8Array<ArrayBuffer>,
  base: number,
  address: number,
  chunkBytes: number,
  filters: readonly number[],
): void {
  const layout = headerMessages(file, base, address)
    .find(({ type }) => type === MESSAGE.layout);
  const [version, kind] = layout ? file.subarray(layout.begin) : [];
  if (layout === undefined || version !== 3 || kind !== 2) return;
  const view = viewOf(file);
  const rank = file[layout.begin + 2];
  const keyBytes = 8 + 8 * rank;
  const root = readAddress(view, layout.begin + 3);
  // No chunk was written.
  if (root >= 2 ** 63) return;
  const nodes = [base + root];
  for (let n = 0; n < nodes.length && n < MOST_NODES; n++) {
    const level = view.getUint8(nodes[n] + 5);
    const entries = view.getUint16(nodes[n] + 6, true);
    for (let i = 0; i < entries; i++) {
      const key = nodes[n] + 24 + i * (keyBytes + 8);
      const child = base + readAddress(view, key + keyBytes);
      if (level > 0) {
        nodes.push(child);
        continue;
      }
      const size = view.getUint32(key, true);
      const mask = view.getUint32(key + 4, true);
      const used = filters.filter((_, f) => (mask >> f & 1) === 0);
      const chunk = file.subarray(child, child + size);
      if (unpackedLength(chunk, used, chunkBytes) < chunkBytes) {
        throw new RangeError("a chunk that is too short");
      }
    }
  }
}

/** How long a chunk is when it is unpacked; infinite where only the library knows. */
function unpackedLength(
  chunk: Uint8Array,
  filters: readonly number[],
  chunkBytes: number,
): number {
  // A checksum may have been added before.
  const maxOutputLength = chunkBytes + 4;
  let bytes = chunk;
  for (const filter of filters.toReversed()) {
    if (filter === FLETCHER32) bytes = bytes.subarray(0, -4);
    else if (filter === DEFLATE) {
      try {
        bytes = inflateSync(bytes, { maxOutputLength });
      } catch {
        return Infinity;
      }
    } else if (filter !== SHUFFLE) return Infinity;
  }
  return bytes.length;
}

/**
 * Checks the lengths of the texts of a dataset of variable-length strings.
 *
 * @param file The whole file.
 * @param base Bytes before the superblock.
 * @param address Of the dataset's header.
 * @param count Number of strings.
 * @throws {RangeError} if one is beyond 32 bits, or the file is otherwise damaged.
 */
export function checkTexts(
  file: Uint8Array<ArrayBuffer>,
  base: number,
  address: number,
  count: number,
): void {
  const layout = headerMessages(file, base, address)
    .find(({ type }) => type === MESSAGE.layout);
  if (layout === undefined) throw new RangeError("no layout");
  const view = viewOf(file);
  const [version, kind] = [file[layout.begin], file[layout.begin + 1]];
  const [compact, contiguous] = [0, 1];
  if (version < 3 || (kind !== compact && kind !== contiguous)) {
    throw new RangeError("texts in chunks");
  }
  const first = kind === compact
    ? layout.begin + 4
    : base + readAddress(view, layout.begin + 2);
  const heaps = new Set<number>();
  for (let i = 0; i < count; i++) {
    heaps.add(base + readAddress(view, first + 16 * i + 4));
  }
  for (const heap of heaps) {
    checkLength(view, heap + 8);
    const end = heap + view.getUint32(heap + 8, true);
    for (let at = heap + 16; at + 16 <= end && view.getUint16(at, true) > 0;) {
      checkLength(view, at + 8);
      at += 16 + Math.ceil(view.getUint32(at + 8, true) / 8) * 8;
    }
  }
}

function viewOf(file: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(file.buffer, file.byteOffset, file.byteLength);
}

function checkLength(view: DataView, at: number): void {
  if (view.getUint32(at + 4, true) !== 0) {
    throw new RangeError("a length of more than 32 bits");
  }
}
