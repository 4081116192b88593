/**
 * Lengths of 64 bits in HDF5 files. The library here is built for 32 bits and drops the upper
 * half of some of them; a 64-bit one refuses what has such a length, and so must this suite.
 * Files of HDF5's newer layouts have checksums over most of these places.
 *
 * The format is the "HDF5 File Format Specification Version 3.0", sections III.A to III.E.
 *
 * @module
 */

import { headerMessages, MESSAGE, readAddress } from "./hdf5_header.ts";

/** More nodes than this are a circle. */
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
