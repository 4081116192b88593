/**
 * Arrays whose length shows as they are filled. They grow by blocks, and a block is given back when
 * it was copied: no more memory is taken than what they hold and one block.
 *
 * @module
 */

/** Elements of a block, as a power of 2: so many bytes go back to the system when they are freed. */
const BLOCK_BITS = 22;
const BLOCK = 1 << BLOCK_BITS;
/** Elements that the first block begins with; it doubles. */
const FIRST = 1024;

/** The kinds of arrays that grow. */
export type Grown =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>;

/** An array that grows. */
export interface Growing<A extends Grown> {
  /** Elements in it. */
  readonly length: number;
  /** The element at a place. */
  at(place: number): number;
  /** Replaces the element at a place. */
  set(place: number, value: number): void;
  /** Adds an element at the end. */
  push(value: number): void;
  /** Takes the last ones away. */
  drop(count: number): void;
  /** All elements, a part at a time; nothing may be added afterwards. */
  pieces(): Iterable<A>;
  /** All elements in one array; this one is empty then. */
  take(): A;
}

/**
 * Starts an empty one.
 *
 * @param make Makes an array of so many elements.
 */
export function growing<A extends Grown>(
  make: (length: number) => A,
): Growing<A> {
  let blocks: A[] = [];
  let block = make(0);
  let length = 0;
  return {
    get length(): number {
      return length;
    },
    at: (place) => blocks[place >> BLOCK_BITS][place & (BLOCK - 1)],
    set(place, value): void {
      blocks[place >> BLOCK_BITS][place & (BLOCK - 1)] = value;
    },
    push(value): void {
      const place = length & (BLOCK - 1);
      if (length === block.length && length < BLOCK) {
        const longer = make(Math.max(FIRST, 2 * length));
        longer.set(block);
        blocks = [block = longer];
      } else if (place === 0 && length > 0) {
        blocks.length = length >> BLOCK_BITS;
        blocks.push(block = make(BLOCK));
      }
      block[place] = value;
      length++;
    },
    drop(count): void {
      length -= count;
      block = blocks[Math.max(0, length - 1) >> BLOCK_BITS];
    },
    *pieces() {
      for (let i = 0; i * BLOCK < length; i++) {
        yield blocks[i].subarray(0, length - i * BLOCK) as A;
      }
    },
    take(): A {
      const all = make(length);
      for (let i = 0; i * BLOCK < length; i++) {
        all.set(blocks[i].subarray(0, length - i * BLOCK), i * BLOCK);
        blocks[i].buffer.transfer(0);
      }
      blocks = [];
      length = 0;
      return all;
    },
  };
}
