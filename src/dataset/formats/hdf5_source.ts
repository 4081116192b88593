/**
 * Reading from an open HDF5 file, each read checked.
 *
 * h5wasm's own `value` drops the C library's return code and hands out leftover memory
 * where a chunk or its checksum is damaged. Here the code is checked, and what this suite
 * cannot read correctly is refused by name before memory is taken for it.
 *
 * @module
 */

import type * as H5wasm from "h5wasm";
import { InputError } from "../../errors.ts";
import {
  headerMessages,
  MESSAGE,
  readAddress,
  usualType,
} from "./hdf5_header.ts";
import { checkChunks, checkGroup, checkTexts } from "./hdf5_lengths.ts";
import { toNumbers } from "./rounding.ts";

/** An HDF5 file opened for reading. */
export interface Hdf5Source {
  /** Names in a group, e.g. "/". */
  names(group: string): string[];
  /** A numeric dataset, checked but not read yet. */
  numbers(path: string): Hdf5Numbers;
  /** A dataset of strings, a scalar one as an array of length 1. */
  strings(path: string): string[];
}

/** A numeric dataset. */
export interface Hdf5Numbers {
  /** Size of each axis; [] for a scalar. */
  readonly shape: readonly number[];
  /** Whether the elements are integers or booleans. */
  readonly integers: boolean;
  /** Reads the elements, row-major; of a 64-bit integer, see {@link toNumbers}. */
  read(): ArrayLike<number>;
}

/** deflate cannot expand data further, so a dataset that claims more is damaged. */
const LARGEST_EXPANSION = 1032;

/** The rest of a datatype's first byte is a version. */
const CLASS_BITS = 0xf;

/** Filters that are here, by number: deflate, shuffle, fletcher32, nbit, scaleoffset. */
const FILTERS = [1, 2, 3, 5, 6];

/** Names of others, from the HDF Group's list of registered filters. */
const FILTER_NAMES: Readonly<Record<number, string>> = {
  4: "szip",
  305: "lzo",
  307: "bzip2",
  32000: "lzf",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32013: "zfp",
  32015: "zstd",
  32026: "blosc2",
};

/**
 * Makes a source of an open file.
 *
 * @param h5wasm The library.
 * @param file The file.
 * @param bytes Its bytes: no dataset can hold more than these expand to.
 * @param base Bytes before the superblock.
 * @param name Name of the file, for messages.
 * @param elsewhere Says which other file the library asked for, if any.
 */
export function hdf5Source(
  { Module: library }: typeof H5wasm,
  file: H5wasm.File,
  bytes: Uint8Array<ArrayBuffer>,
  base: number,
  name: string,
  elsewhere: () => string | undefined,
): Hdf5Source {
  const types = library.H5T_class_t;
  let budget = bytes.length * LARGEST_EXPANSION;

  const refuse = (path: string, what: string): never => {
    throw new InputError(`${name}: ${JSON.stringify(path.slice(1))} ${what}`);
  };
  const fail = (path: string, what: string): never => {
    const other = elsewhere();
    return refuse(
      path,
      other === undefined
        ? what
        : `lies in another file, ${
          JSON.stringify(other)
        }; put the data into one file`,
    );
  };
  /** Turns what h5wasm throws into one line; a trap of the C library passes through. */
  const attempt = <T>(path: string, action: () => T): T => {
    try {
      return action();
    } catch (thrown) {
      if (thrown instanceof WebAssembly.RuntimeError) throw thrown;
      return fail(path, "is missing or damaged");
    }
  };

  const checked = new Set<string>();
  const checkGroupOnce = (group: string): void => {
    if (checked.has(group)) return;
    attempt(
      group,
      () => checkGroup(bytes, base, addressOf(library, file, group)),
    );
    checked.add(group);
  };

  /** What a dataset claims to be, before memory is taken for it. */
  const look = (path: string): H5wasm.Metadata => {
    checkGroupOnce(path.slice(0, path.lastIndexOf("/")) || "/");
    const metadata = attempt(
      path,
      () => library.get_dataset_metadata(file.file_id, path),
    );
    // Only chunks go through filters.
    const filters = metadata.chunks === null ? [] : attempt(
      path,
      () => library.get_dataset_filters(file.file_id, path),
    );
    if (metadata.virtual_sources !== undefined) {
      refuse(
        path,
        "is a virtual dataset, whose numbers lie in others; write them into it",
      );
    }
    const unknown = filters.find(({ id }) => !FILTERS.includes(id));
    if (unknown !== undefined) {
      refuse(
        path,
        `is packed with the filter ${
          FILTER_NAMES[unknown.id] ?? `number ${unknown.id}`
        }, which is not supported; write it with gzip or without a filter`,
      );
    }
    const { shape, chunks, size } = metadata;
    const bytesOf = (axes: readonly number[] | null) =>
      axes?.reduce((product, n) => product * n, size) ?? 0;
    const needed = Math.max(bytesOf(shape), bytesOf(chunks));
    if (shape === null) {
      refuse(path, "holds nothing: neither numbers nor a shape");
    }
    if (needed > budget) {
      refuse(path, "is damaged: it claims more than the file can hold");
    }
    if (needed > library.MAXIMUM_MEMORY) {
      refuse(
        path,
        `is too large: it takes ${needed} bytes, the HDF5 library has ${library.MAXIMUM_MEMORY}`,
      );
    }
    return metadata;
  };

  /** Whether the bits of a dataset's numbers mean what class and size say. */
  const isUsual = (
    path: string,
    { type, size, signed, littleEndian }: H5wasm.Metadata,
    integers: boolean,
  ): boolean => {
    const message = headerMessages(bytes, base, addressOf(library, file, path))
      .find((message) => message.type === MESSAGE.datatype);
    if (message === undefined || message.flags & 2) return false;
    // An enum's own part is 8 bytes long; that of its integers follows.
    const isEnum = type === types.H5T_ENUM.value;
    const begin = message.begin + (isEnum ? 8 : 0);
    // The library turns big-endian numbers round, but not those of an enum.
    const order = littleEndian || isEnum;
    return usualType(integers, size, signed, order).every((byte, i) =>
      byte === (i === 0 ? bytes[begin] & CLASS_BITS : bytes[begin + i])
    );
  };

  /** Reads a dataset's bytes and hands them over; the memory is freed after that. */
  const read = <T>(
    path: string,
    { size, total_size: count, vlen, chunks }: H5wasm.Metadata,
    use: (bytes: Uint8Array<ArrayBuffer>) => T,
  ): T => {
    if (chunks !== null) {
      const filters = library.get_dataset_filters(file.file_id, path);
      const chunkBytes = chunks.reduce((product, n) => product * n, size);
      try {
        checkChunks(
          bytes,
          base,
          addressOf(library, file, path),
          chunkBytes,
          filters.map(({ id }) => id),
        );
      } catch {
        refuse(path, "is damaged: a chunk is shorter than it must be");
      }
    }
    budget -= size * count;
    const address = library._malloc(Math.max(1, size * count));
    if (address === 0) refuse(path, "is too large for the available memory");
    // What was never written, and has no fill value either, leaves the memory as it is.
    library.HEAPU8.fill(0, address, address + size * count);
    try {
      const status = attempt(path, () =>
        library.get_dataset_data(
          file.file_id,
          path,
          null,
          null,
          null,
          BigInt(address),
        ));
      if (status < 0) {
        fail(path, "is damaged: the HDF5 library refuses to read it");
      }
      const result = use(
        library.HEAPU8.slice(address, address + size * count),
      );
      if (vlen) {
        library.reclaim_vlen_memory(file.file_id, path, "", BigInt(address));
      }
      return result;
    } finally {
      library._free(address);
    }
  };

  return {
    names(group): string[] {
      checkGroupOnce(group);
      return attempt(
        group,
        () => library.get_names(file.file_id, group, false),
      );
    },

    numbers(path): Hdf5Numbers {
      const metadata = look(path);
      const { type, enum_type: enumType, size, signed } = metadata;
      const base = type === types.H5T_ENUM.value ? enumType!.type : type;
      const integers = base === types.H5T_INTEGER.value;
      if (!integers && base !== types.H5T_FLOAT.value) {
        refuse(path, "holds no numbers");
      }
      const array = integers ? integerArray(size, signed) : FLOATS[size];
      if (array === undefined) {
        refuse(path, `holds numbers of ${8 * size} bits`);
      }
      if (!attempt(path, () => isUsual(path, metadata, integers))) {
        refuse(path, "holds numbers in an unusual format, or is damaged");
      }
      return {
        shape: metadata.shape!,
        integers,
        read: () =>
          read(path, metadata, ({ buffer }) => toNumbers(new array!(buffer))),
      };
    },

    strings(path): string[] {
      const metadata = look(path);
      const { type, size, vlen } = metadata;
      if (type !== types.H5T_STRING.value || metadata.cset! > 1) {
        refuse(path, "holds no text");
      }
      if (vlen) {
        attempt(
          path,
          () =>
            checkTexts(
              bytes,
              base,
              addressOf(library, file, path),
              metadata.total_size,
            ),
        );
      }
      return read(path, metadata, (bytes) => {
        if (vlen) {
          const pointers = new Uint32Array(bytes.buffer);
          return Array.from(pointers, (at) => library.UTF8ToString(at));
        }
        return Array.from({ length: metadata.total_size }, (_, i) => {
          const text = bytes.subarray(i * size, (i + 1) * size);
          const end = text.indexOf(0);
          return new TextDecoder().decode(
            text.subarray(0, end < 0 ? size : end),
          );
        });
      });
    },
  };
}

/**
 * Where an object's header is.
 *
 * @param library h5wasm's module.
 * @param file An open file.
 * @param path The object.
 */
export function addressOf(
  library: typeof H5wasm.Module,
  file: H5wasm.File,
  path: string,
): number {
  const reference = library.create_object_reference(file.file_id, path);
  return readAddress(new DataView(Uint8Array.from(reference).buffer), 0);
}

const FLOATS: Readonly<Record<number, ArrayType | undefined>> = {
  2: Float16Array,
  4: Float32Array,
  8: Float64Array,
};

function integerArray(size: number, signed: boolean): ArrayType | undefined {
  switch (size) {
    case 1:
      return signed ? Int8Array : Uint8Array;
    case 2:
      return signed ? Int16Array : Uint16Array;
    case 4:
      return signed ? Int32Array : Uint32Array;
    case 8:
      return signed ? BigInt64Array : BigUint64Array;
  }
}

type ArrayType = new (
  buffer: ArrayBuffer,
) => ArrayLike<number> | BigInt64Array | BigUint64Array;
