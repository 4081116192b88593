/**
 * The safetensors container: named tensors in one file, a JSON header in front
 * (https://github.com/huggingface/safetensors, section "Format").
 *
 * Hand-written because npm has no safetensors package that is kept, the format fits in
 * one page, and the suite needs what a general reader would not promise: the same bytes
 * for the same content, and one clear line for each kind of damage.
 *
 * Layout: u64 length of the header, little-endian; the header, JSON in UTF-8, padded with
 * spaces so that the data start at a multiple of 8; the tensors' bytes, row-major,
 * little-endian, without gaps. Typed arrays are little-endian on every platform that Deno
 * runs on, so tensor bytes are taken as they are.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import { repeatedKey } from "./json.ts";
import type { BytesAtPlaces } from "./source.ts";

/** Typed array of each dtype that this suite reads and writes. */
export interface TensorData {
  /** 64-bit float. */
  F64: Float64Array;
  /** 64-bit integer. */
  I64: BigInt64Array;
  /** 32-bit float. */
  F32: Float32Array;
  /** 32-bit integer. */
  I32: Int32Array;
  /** 32-bit unsigned integer. */
  U32: Uint32Array;
  /** 8-bit unsigned integer. */
  U8: Uint8Array;
}

/** A dtype as the header names it. */
export type TensorDtype = keyof TensorData;

/** A tensor as read; `dtype` says which typed array `data` is. */
export type Tensor = {
  [K in TensorDtype]: {
    readonly dtype: K;
    /** Size of each axis; empty for a scalar. */
    readonly shape: readonly number[];
    /** Row-major elements. */
    readonly data: TensorData[K];
  };
}[TensorDtype];

/** A tensor to be written: its dtype follows from its typed array. */
export interface TensorToWrite {
  /** Size of each axis; empty for a scalar. */
  readonly shape: readonly number[];
  /** Row-major elements, as many as the shape says. */
  readonly data: TensorData[TensorDtype];
}

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** Name of the file, for messages. */
  readonly name: string;
  /** The header's `__metadata__`; empty if there is none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensors by name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

const ELEMENTS = {
  F64: Float64Array,
  I64: BigInt64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;

/** The reference implementation's limit; a longer header is an attack or damage. */
const MAX_HEADER_BYTES = 100_000_000;

/** Where a tensor lies in a file. */
export interface TensorPlace {
  /** Its name. */
  readonly tensorName: string;
  /** Type of its elements. */
  readonly dtype: TensorDtype;
  /** Size of each axis; empty for a scalar. */
  readonly shape: readonly number[];
  /** Its first byte in the file. */
  readonly begin: number;
  /** The byte after its last. */
  readonly end: number;
}

/** What a file's header says. */
export interface SafetensorsHeader {
  /** The header's `__metadata__`; empty if there is none. */
  readonly metadata: Readonly<Record<string, string>>;
  /** In the order of their bytes, without gap or overlap up to the file's end. */
  readonly places: readonly TensorPlace[];
}

/**
 * Reads the header of a safetensors file strictly: tensors must cover the data without gap or overlap,
 * sizes must follow from dtype and shape, names must be unique.
 *
 * @param file The file's bytes, which need not be in memory.
 * @param name Name of the file, for messages.
 * @throws {InputError} for any damage, in one line that names the file.
 */
export function readSafetensorsHeader(
  file: BytesAtPlaces,
  name: string,
): SafetensorsHeader {
  const fail = (what: string): never => {
    throw new InputError(`${name}: not a sound safetensors file: ${what}`);
  };
  if (file.length < 8) {
    fail(`${file.length} bytes are too few for the header's length`);
  }
  const first = file.read(0, 9);
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > MAX_HEADER_BYTES || headerLength > file.length - 8) {
    if (first[8] !== 0x7b) throw new InputError(`${name}: no safetensors file`);
    fail(`its header of ${headerLength} bytes reaches beyond the file's end`);
  }
  const dataStart = 8 + headerLength;
  const header = parseHeader(file.read(8, dataStart), fail);

  let metadata: Record<string, string> = {};
  const places: TensorPlace[] = [];
  for (const [tensorName, entry] of Object.entries(header)) {
    if (tensorName === "__metadata__") metadata = checkMetadata(entry, fail);
    else places.push({ tensorName, ...checkEntry(tensorName, entry, fail) });
  }
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);

  let covered = 0;
  for (const { tensorName, begin, end } of places) {
    if (begin !== covered) {
      fail(
        `tensor ${
          quote(tensorName)
        } starts at byte ${begin} of the data where ${covered} was expected`,
      );
    }
    if (end > file.length - dataStart) {
      fail(`tensor ${quote(tensorName)} reaches beyond the file's end`);
    }
    covered = end;
  }
  const rest = file.length - dataStart - covered;
  if (rest !== 0) fail(`${rest} bytes at its end belong to no tensor`);
  return {
    metadata,
    places: places.map(({ begin, end, ...place }) => ({
      ...place,
      begin: dataStart + begin,
      end: dataStart + end,
    })),
  };
}

/**
 * Reads a whole safetensors file; see {@link readSafetensorsHeader}.
 *
 * The typed arrays are views of `bytes` where alignment allows and copies elsewhere, so
 * `bytes` must not be changed afterwards.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @throws {InputError} for any damage, in one line that names the file.
 */
export function readSafetensors(
  bytes: Uint8Array,
  name: string,
): SafetensorsFile {
  const { metadata, places } = readSafetensorsHeader({
    length: bytes.length,
    read: (begin, end) => bytes.slice(begin, end),
  }, name);
  const tensors = new Map<string, Tensor>();
  for (const { tensorName, dtype, shape, begin, end } of places) {
    const data = elementsOf(dtype, bytes.subarray(begin, end));
    tensors.set(tensorName, { dtype, shape, data } as Tensor);
  }
  return { name, metadata, tensors };
}

/** A tensor whose bytes are written after the header. */
export interface TensorToPlace {
  /** Its name. */
  readonly tensorName: string;
  /** Type of its elements. */
  readonly dtype: TensorDtype;
  /** Size of each axis; empty for a scalar. */
  readonly shape: readonly number[];
}

/**
 * The first bytes of a file, up to the first tensor's, and the order in which tensors follow: by
 * element size (largest first, which keeps all of them aligned) and name. Metadata are sorted by key.
 */
export function safetensorsHeader<T extends TensorToPlace>(
  tensors: readonly T[],
  metadata: Readonly<Record<string, string>>,
): { header: Uint8Array<ArrayBuffer>; ordered: readonly T[] } {
  const ordered = [...tensors].sort((a, b) =>
    ELEMENTS[b.dtype].BYTES_PER_ELEMENT - ELEMENTS[a.dtype].BYTES_PER_ELEMENT ||
    compare(a.tensorName, b.tensorName)
  );
  // Built as text: an object would move names that look like integers to the front.
  const members: string[] = [];
  const keys = Object.keys(metadata).sort();
  if (keys.length > 0) {
    const pairs = keys.map((key) =>
      `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`
    );
    members.push(`"__metadata__":{${pairs.join(",")}}`);
  }
  let end = 0;
  for (const { tensorName, dtype, shape } of ordered) {
    const begin = end;
    end += product(shape) * ELEMENTS[dtype].BYTES_PER_ELEMENT;
    const entry = { dtype, shape, data_offsets: [begin, end] };
    members.push(`${JSON.stringify(tensorName)}:${JSON.stringify(entry)}`);
  }
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  const length = Math.ceil(text.length / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(text, 8);
  return { header, ordered };
}

/**
 * Writes tensors and metadata; see {@link safetensorsHeader}. The same content gives the same bytes.
 *
 * @param tensors Tensors by name.
 * @param metadata Becomes the header's `__metadata__`; left out when empty.
 * @throws {RangeError} if a tensor's shape and number of elements disagree.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const { header, ordered } = safetensorsHeader(
    [...tensors].map(([tensorName, { shape, data }]) => {
      if (product(shape) !== data.length) {
        throw new RangeError(
          `tensor ${
            quote(tensorName)
          }: ${data.length} elements for shape [${shape}]`,
        );
      }
      return { tensorName, dtype: dtypeOf(data), shape, data };
    }),
    metadata,
  );
  const length = ordered.reduce((sum, { data }) => sum + data.byteLength, 0);
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let position = header.length;
  for (const { data } of ordered) {
    bytes.set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      position,
    );
    position += data.byteLength;
  }
  return bytes;
}

/**
 * Takes a tensor that must be there with that dtype and shape.
 *
 * @param file The file.
 * @param tensorName The tensor's name.
 * @param dtype The dtype that it must have.
 * @param shape The shape that it must have; -1 stands for any size.
 * @throws {InputError} if it is missing or has another dtype or shape.
 */
export function requireTensor<K extends TensorDtype>(
  file: SafetensorsFile,
  tensorName: string,
  dtype: K,
  shape: readonly number[],
): { readonly shape: readonly number[]; readonly data: TensorData[K] } {
  const tensor = file.tensors.get(tensorName);
  if (tensor === undefined) {
    throw new InputError(
      `${file.name}: tensor ${quote(tensorName)} is missing`,
    );
  }
  const fits = tensor.shape.length === shape.length &&
    shape.every((size, axis) => size === -1 || size === tensor.shape[axis]);
  if (tensor.dtype !== dtype || !fits) {
    const wanted = shape.map((size) => size === -1 ? "any" : size).join(", ");
    throw new InputError(
      `${file.name}: tensor ${quote(tensorName)} is ${tensor.dtype} [${
        tensor.shape.join(", ")
      }], ` +
        `but ${dtype} [${wanted}] is needed`,
    );
  }
  return tensor as unknown as ReturnType<typeof requireTensor<K>>;
}

type Fail = (what: string) => never;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let text = "";
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes,
    );
  } catch {
    fail("its header is not UTF-8");
  }
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    fail("its header is not JSON");
  }
  if (!text.startsWith("{") || !isObject(header)) {
    fail("its header is not a JSON object");
  }
  const twice = repeatedKey(text)?.at(-1);
  if (twice !== undefined) fail(`its header names ${quote(twice)} twice`);
  return header as Record<string, unknown>;
}

function checkMetadata(entry: unknown, fail: Fail): Record<string, string> {
  if (
    !isObject(entry) ||
    !Object.values(entry).every((value) => typeof value === "string")
  ) {
    return fail("its __metadata__ is not an object of strings");
  }
  return entry as Record<string, string>;
}

function checkEntry(
  tensorName: string,
  entry: unknown,
  fail: Fail,
): { dtype: TensorDtype; shape: number[]; begin: number; end: number } {
  const label = `tensor ${quote(tensorName)}`;
  if (
    !isObject(entry) ||
    Object.keys(entry).sort().join() !== "data_offsets,dtype,shape"
  ) {
    return fail(`${label} is not described by dtype, shape and data_offsets`);
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== "string" || !Object.hasOwn(ELEMENTS, dtype)) {
    return fail(
      `${label} has dtype ${quote(dtype)}; read here are ${
        Object.keys(ELEMENTS).join(", ")
      }`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    return fail(`${label} has no valid shape`);
  }
  if (
    !Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)
  ) {
    return fail(`${label} has no valid data_offsets`);
  }
  const [begin, end] = offsets as [number, number];
  const size = product(shape) *
    ELEMENTS[dtype as TensorDtype].BYTES_PER_ELEMENT;
  if (end - begin !== size) {
    return fail(
      `${label} has ${end - begin} bytes where ${dtype} [${
        shape.join(", ")
      }] needs ${size}`,
    );
  }
  return { dtype: dtype as TensorDtype, shape, begin, end };
}

/** Bytes as elements: a view where alignment allows, a copy elsewhere. */
export function elementsOf(
  dtype: TensorDtype,
  bytes: Uint8Array,
): TensorData[TensorDtype] {
  const Elements = ELEMENTS[dtype];
  const aligned = bytes.byteOffset % Elements.BYTES_PER_ELEMENT === 0;
  const source = aligned ? bytes : bytes.slice();
  return new Elements(
    source.buffer as ArrayBuffer,
    source.byteOffset,
    source.byteLength / Elements.BYTES_PER_ELEMENT,
  );
}

function dtypeOf(data: TensorData[TensorDtype]): TensorDtype {
  for (const [dtype, Elements] of Object.entries(ELEMENTS)) {
    if (data instanceof Elements) return dtype as TensorDtype;
  }
  throw new RangeError("safetensors: no dtype for this kind of array");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function product(shape: readonly number[]): number {
  return shape.reduce((total, size) => total * size, 1);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Text of a damaged file, safe for one line of a terminal. */
function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
