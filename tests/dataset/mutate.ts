import type { RandomStream } from "../../src/numerics/random.ts";

/** A damaged copy, what was done, and how many bytes may differ from the original. */
export interface Mutation {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly what: string;
  readonly touched: number;
}

/** Damages a file in one of eight ways. */
export function mutate(
  original: Uint8Array,
  { integer }: RandomStream,
): Mutation {
  const n = original.length;
  const bytes = new Uint8Array(original);
  const at = integer(n);
  const length = 1 + integer(Math.min(64, n - at));
  const end = at + length;
  const kind = integer(8);
  if (kind < 3) {
    const count = 1 + integer(4);
    for (let i = 0; i < count; i++) {
      const place = i === 0 ? at : integer(n);
      // A random byte, a changed bit, or a digit.
      if (kind === 0) bytes[place] = integer(256);
      else if (kind === 1) bytes[place] ^= 1 << integer(8);
      else bytes[place] = 48 + integer(10);
    }
    return { bytes, what: `${count} bytes from ${at}`, touched: count };
  }
  const splice = (...parts: Uint8Array[]) => {
    const joined = new Uint8Array(parts.reduce((s, p) => s + p.length, 0));
    let position = 0;
    for (const part of parts) {
      joined.set(part, position);
      position += part.length;
    }
    return joined;
  };
  const [head, middle, tail] = [
    original.subarray(0, at),
    original.subarray(at, end),
    original.subarray(end),
  ];
  const range = `[${at}, ${end})`;
  if (kind === 3) {
    return { bytes: splice(head), what: `cut at ${at}`, touched: n - at };
  }
  if (kind === 4) {
    return {
      bytes: splice(head, tail),
      what: `without ${range}`,
      touched: n - at,
    };
  }
  if (kind === 5) {
    const twice = splice(head, middle, middle, tail);
    return { bytes: twice, what: `${range} twice`, touched: n - at };
  }
  if (kind === 6) {
    bytes.fill(0, at, end);
    return { bytes, what: `zeros in ${range}`, touched: length };
  }
  const other = integer(n - length + 1);
  bytes.copyWithin(other, at, end);
  return { bytes, what: `${range} copied to ${other}`, touched: length };
}
