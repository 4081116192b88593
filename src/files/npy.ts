/**
 * NumPy's `.npy` arrays (numpy.lib.format, versions 1 to 3).
 *
 * @module
 */
import { InputError } from "../errors.ts";

/** An array of numbers. */
export interface NumberArray {
  /** Size of each axis; empty for a single number. */
  readonly shape: readonly number[];
  /** Row-major. Every integer and float type that is read here fits exactly. */
  readonly data: Float64Array;
  /** Whether the file holds integers or booleans. */
  readonly integers: boolean;
}

/** An array of texts. */
export interface TextArray {
  /** Size of each axis; empty for a single text. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly data: readonly string[];
}

/** What a `.npy` file holds. */
export type NpyArray = NumberArray | TextArray;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

const HEADER =
  /^\{'descr': *(?:'([^']*)'|[^'].*), *'fortran_order': *(True|False), *'shape': *\(([0-9, L]*)\),? *\}[ \n]*$/s;

/**
 * Reads a `.npy` file.
 *
 * @param bytes The whole file; it must not be changed afterwards.
 * @param name Name of the array, for messages.
 * @throws InputError for any damage and for types that are no numbers and no texts, in one line.
 */
export function readNpy(bytes: Uint8Array, name: string): NpyArray {
  const fail = (what: string): never => {
    throw new InputError(`${name}: ${what}`);
  };
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    fail("no array of NumPy");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6];
  if (version < 1 || version > 3) fail(`version ${version} of .npy is unknown`);
  if (version > 1 && bytes.length < 12) fail("is cut within its header");
  const start = version === 1 ? 10 : 12;
  const begin = start +
    (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (begin > bytes.length) fail("is cut within its header");
  const header = HEADER.exec(
    new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(
      bytes.subarray(start, begin),
    ),
  );
  if (header === null) return fail("its header cannot be read");
  const [, dtype, order, sizes] = header;
  const shape = [...sizes.matchAll(/\d+/g)].map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  const type = /^([<>|=])([a-zA-Z])(\d*)$/.exec(dtype ?? "");
  if (dtype === undefined || type?.[2] === "O") {
    fail(
      dtype === undefined
        ? "has fields; arrays of one type are read"
        : "holds Python objects; save numbers or texts (no dtype object)",
    );
  }
  if (type === null) return fail(`has the unknown type ${dtype}`);
  const [, byteOrder, kind, digits] = type;
  const width = Number(digits) * (kind === "U" ? 4 : 1);
  if (width === 0 && count > 0) {
    fail(`has the type ${dtype}, which is not read`);
  }
  if (count * width !== bytes.length - begin) {
    fail(
      `has ${bytes.length - begin} bytes where ${dtype} [${
        shape.join(", ")
      }] needs ${count * width}`,
    );
  }
  const little = byteOrder !== ">";
  const fortran = order === "True" && shape.length > 1;
  const position = fortran ? columnMajor(shape) : (i: number) => i;
  const at = (i: number) => begin + position(i) * width;
  if (kind === "U" || kind === "S") {
    const text = kind === "U"
      ? (i: number) => codePoints(view, at(i), width, little, fail)
      : (i: number) => latin(bytes.subarray(at(i), at(i) + width));
    return { shape, data: Array.from({ length: count }, (_, i) => text(i)) };
  }
  const integers = "iub".includes(kind);
  if (kind + digits === "f8" && little && !fortran) {
    // The only type in which tables of a hundred megabytes come.
    const data = new Float64Array(bytes.slice(begin).buffer);
    return { shape, data, integers };
  }
  const read = reader(view, kind + digits, little);
  if (read === null) return fail(`has the type ${dtype}, which is not read`);
  const data = new Float64Array(count);
  for (let i = 0; i < count; i++) data[i] = read(at(i));
  if (kind + digits === "i8" || kind + digits === "u8") {
    const lost = data.findIndex((value) => !Number.isSafeInteger(value));
    if (lost >= 0) fail(`element ${lost}, ${data[lost]}, is beyond 2^53`);
  }
  return { shape, data, integers };
}

/** An array to be written, row-major; its type follows from its elements. */
export interface NpyToWrite {
  /** Size of each axis; empty for a single element. */
  readonly shape: readonly number[];
  /** f64, i32, u8 or text. */
  readonly data: Float64Array | Int32Array | Uint8Array | readonly string[];
}

/** Writes a `.npy` file, version 1. */
export function writeNpy({ shape, data }: NpyToWrite): Uint8Array<ArrayBuffer> {
  const { descr, body } = contents(data);
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text =
    `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // The header ends at a multiple of 64 with a line feed, as NumPy writes it.
  const begin = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(begin + body.length).fill(0x20, 0, begin);
  bytes.set([...MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, begin - 10, true);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[begin - 1] = 0x0a;
  bytes.set(body, begin);
  return bytes;
}

function contents(
  data: NpyToWrite["data"],
): { descr: string; body: Uint8Array } {
  if (!ArrayBuffer.isView(data)) {
    const points = data.map((text) => [...text].map((c) => c.codePointAt(0)!));
    const longest = points.reduce((most, p) => Math.max(most, p.length), 1);
    const words = new Uint32Array(data.length * longest);
    points.forEach((p, i) => words.set(p, i * longest));
    return { descr: `<U${longest}`, body: new Uint8Array(words.buffer) };
  }
  const descr = data instanceof Float64Array
    ? "<f8"
    : data instanceof Int32Array
    ? "<i4"
    : "|u1";
  const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { descr, body };
}

/** Where element i in row-major order lies in column-major order. */
function columnMajor(shape: readonly number[]): (i: number) => number {
  return (i) => {
    let position = 0;
    let rest = i;
    let stride = shape.reduce((product, size) => product * size, 1);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      stride /= shape[axis];
      position += (rest % shape[axis]) * stride;
      rest = Math.floor(rest / shape[axis]);
    }
    return position;
  };
}

function reader(
  view: DataView,
  type: string,
  little: boolean,
): ((at: number) => number) | null {
  switch (type) {
    case "b1":
    case "u1":
      return (at) => view.getUint8(at);
    case "i1":
      return (at) => view.getInt8(at);
    case "u2":
      return (at) => view.getUint16(at, little);
    case "i2":
      return (at) => view.getInt16(at, little);
    case "u4":
      return (at) => view.getUint32(at, little);
    case "i4":
      return (at) => view.getInt32(at, little);
    case "u8":
      return (at) => Number(view.getBigUint64(at, little));
    case "i8":
      return (at) => Number(view.getBigInt64(at, little));
    case "f2":
      return (at) => half(view.getUint16(at, little));
    case "f4":
      return (at) => view.getFloat32(at, little);
    case "f8":
      return (at) => view.getFloat64(at, little);
    default:
      return null;
  }
}

/** A 16-bit float (IEEE 754 binary16). */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function codePoints(
  view: DataView,
  at: number,
  width: number,
  little: boolean,
  fail: (what: string) => never,
): string {
  let text = "";
  for (let i = at; i < at + width; i += 4) {
    const point = view.getUint32(i, little);
    if (point > 0x10ffff) fail("holds what is no text");
    text += String.fromCodePoint(point);
  }
  return text.replace(/\0+$/, "");
}

function latin(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes).replace(/\0+$/, "");
}
