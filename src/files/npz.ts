/**
 * NumPy's `.npz` files: named arrays in a zip file.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import {
  type NpyToWrite,
  type NumberArray,
  readNpy,
  type TextArray,
  writeNpy,
} from "./npy.ts";
import { isZip, readZip, writeZip } from "./zip.ts";

/** An open `.npz` file. Arrays are unpacked when they are asked for. */
export interface NpzFile {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Names of its arrays, in their order. */
  readonly names: readonly string[];
  /** Whether it holds an array of that name. */
  has(array: string): boolean;
  /**
   * An array of numbers.
   *
   * @throws InputError if it is missing, damaged or holds texts.
   */
  numbers(array: string): NumberArray;
  /**
   * An array of texts.
   *
   * @throws InputError if it is missing, damaged or holds numbers.
   */
  texts(array: string): TextArray;
}

/**
 * Opens a `.npz` file.
 *
 * @param bytes The whole file; it must not be changed while arrays are read.
 * @param name Name of the file, for messages.
 * @throws InputError if it is none, in one line.
 */
export function openNpz(bytes: Uint8Array, name: string): NpzFile {
  if (!isZip(bytes)) throw new InputError(`${name}: no .npz file of NumPy`);
  const entries = readZip(bytes, name);
  const suffix = ".npy";
  const names = [...entries.keys()].filter((entry) => entry.endsWith(suffix))
    .map((entry) => entry.slice(0, -suffix.length));
  if (names.length === 0) {
    throw new InputError(`${name}: no .npz file of NumPy: it has no arrays`);
  }
  const read = (array: string) => {
    const entry = entries.get(array + suffix);
    if (entry === undefined) {
      throw new InputError(`${name}: array ${array} is missing`);
    }
    return readNpy(entry(), `${name}: array ${array}`);
  };
  return {
    name,
    names,
    has: (array) => entries.has(array + suffix),
    numbers(array) {
      const found = read(array);
      if ("integers" in found) return found;
      throw new InputError(`${name}: array ${array}: holds no numbers`);
    },
    texts(array) {
      const found = read(array);
      if (!("integers" in found)) return found;
      throw new InputError(`${name}: array ${array}: holds no texts`);
    },
  };
}

/** Writes a `.npz` file, unpacked: the same arrays give the same bytes. */
export function writeNpz(
  arrays: ReadonlyMap<string, NpyToWrite>,
): Uint8Array<ArrayBuffer> {
  return writeZip(
    new Map(
      [...arrays].map(([name, array]) => [`${name}.npy`, writeNpy(array)]),
    ),
  );
}
