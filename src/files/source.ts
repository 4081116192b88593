/**
 * A file that a person named, packed or not, or what comes in on stdin: read in pieces, at places
 * or whole.
 *
 * @module
 */
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { InputError } from "../errors.ts";
import { concatenatedBytes } from "../numerics/arrays.ts";
import { MOST_BYTES } from "./most_bytes.ts";
import { readFile } from "./read.ts";

/** What names stdin in place of a file. */
export const STDIN = "-";

/** Bytes to be read. */
export interface ByteSource {
  /** For messages: the file's path, or `stdin`. */
  readonly name: string;
  /** The first bytes, at most {@link HEAD_BYTES}. */
  readonly head: Uint8Array;
  /** Whether it is a file as it is, neither packed nor stdin: places cost nothing. */
  readonly isPlain: boolean;
  /** All bytes in pieces; only once, and not beside the others. */
  pieces(): AsyncIterable<Uint8Array>;
  /**
   * All bytes.
   * @throws InputError if there are more than 2 GiB.
   */
  whole(): Promise<Uint8Array<ArrayBuffer>>;
  /** Closes the file. */
  close(): void;
}

/** Bytes that can be read at any place. */
export interface BytesAtPlaces {
  /** Bytes in all. */
  readonly length: number;
  /** A copy of bytes `begin` … `end` - 1, or of fewer at the end. */
  read(begin: number, end: number): Uint8Array<ArrayBuffer>;
}

/** So many bytes show what a file is. */
export const HEAD_BYTES = 4096;

/**
 * Opens a file, or stdin for {@link STDIN}. What is packed with gzip is unpacked on the way.
 *
 * @param onProgress Called with the bytes read of the file as it is, and its size; stdin has none.
 * @throws InputError if it is missing, not a file or cannot be read; reading throws for damage.
 */
export async function openSource(
  path: string,
  onProgress?: (done: number, total: number | undefined) => void,
): Promise<ByteSource> {
  const isStdin = path === STDIN;
  if (isStdin && Deno.stdin.isTerminal()) {
    throw new InputError("stdin: is a terminal; give the data with a pipe");
  }
  const name = isStdin ? "stdin" : path;
  const file = isStdin ? undefined : openFile(path);
  const total = file?.statSync().size;
  const raw = counted(
    isStdin ? Deno.stdin.readable : file!.readable,
    name,
    (done) => onProgress?.(done, total),
  );
  const packed = await peek(raw);
  const isPacked = isGzip(packed.head);
  const { head, pieces } = isPacked
    ? await peek(unpacked(packed.pieces(), name))
    : packed;
  const all = async () => {
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of pieces()) {
      parts.push(part);
      length += part.length;
      if (length > MOST_BYTES) {
        throw new InputError(
          `${name}: has more than 2 GiB${
            isPacked ? " when unpacked" : ""
          }; files of up to 2 GiB are read`,
        );
      }
    }
    return concatenatedBytes(parts);
  };
  const isPlain = file !== undefined && !isPacked;
  return {
    name,
    head,
    isPlain,
    pieces,
    whole: () => isPlain ? Promise.resolve(readFile(path)) : all(),
    close() {
      try {
        file?.close();
      } catch {
        // Its stream has closed it.
      }
    },
  };
}

/**
 * Opens a file that a person named.
 *
 * @throws InputError if it is missing, not a file or cannot be read.
 */
export function openFile(path: string): Deno.FsFile {
  try {
    const { isFile } = Deno.statSync(path);
    if (!isFile) {
      throw new InputError(
        `${path}: is not a file; write the data to one first, or give ${STDIN} for stdin`,
      );
    }
    return Deno.openSync(path);
  } catch (error) {
    if (error instanceof InputError) throw error;
    const missing = error instanceof Deno.errors.NotFound;
    throw new InputError(
      `${path}: ${missing ? "does not exist" : "cannot be read"}`,
    );
  }
}

/** Bytes at places of an open file, which must not be read otherwise meanwhile. */
export function placesOf(file: Deno.FsFile, name: string): BytesAtPlaces {
  return {
    length: file.statSync().size,
    read: (begin, end) => readAt(file, name, begin, end),
  };
}

function readAt(
  file: Deno.FsFile,
  name: string,
  begin: number,
  end: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Math.max(0, end - begin));
  let length = 0;
  try {
    file.seekSync(begin, Deno.SeekMode.Start);
    while (length < bytes.length) {
      const count = file.readSync(bytes.subarray(length));
      if (count === null) break;
      length += count;
    }
  } catch {
    throw new InputError(`${name}: cannot be read`);
  }
  return length === bytes.length ? bytes : bytes.slice(0, length);
}

/** Counts what goes through, and says in one line what goes wrong. */
async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  name: string,
  onBytes: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  let done = 0;
  const iterator = pieces[Symbol.asyncIterator]();
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await iterator.next();
    } catch {
      throw new InputError(`${name}: cannot be read`);
    }
    if (next.done) return;
    done += next.value.length;
    onBytes(done);
    yield next.value;
  }
}

/** Looks at the first bytes and leaves them in. */
async function peek(
  source: AsyncGenerator<Uint8Array>,
): Promise<{ head: Uint8Array; pieces: () => AsyncGenerator<Uint8Array> }> {
  const seen: Uint8Array[] = [];
  let length = 0;
  while (length < HEAD_BYTES) {
    const { value, done } = await source.next();
    if (done) break;
    seen.push(value);
    length += value.length;
  }
  return {
    head: concatenatedBytes(seen).subarray(0, HEAD_BYTES),
    async *pieces() {
      yield* seen.splice(0);
      yield* source;
    },
  };
}

function isGzip(head: Uint8Array): boolean {
  // A safetensors file begins with a length of any bytes, and a brace.
  return head[0] === 0x1f && head[1] === 0x8b && head[2] === 8 &&
    head[8] !== 0x7b;
}

async function* unpacked(
  pieces: AsyncGenerator<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array> {
  // Of node:zlib, because a file may be several packed ones after each other.
  const gunzip = createGunzip();
  let failure: unknown;
  const source = Readable.from(pieces);
  source.on("error", (error) => {
    failure = error;
    gunzip.destroy(error);
  });
  try {
    for await (const piece of source.pipe(gunzip)) yield piece;
  } catch (error) {
    if (failure instanceof InputError) throw failure;
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(`${name}: packed with gzip, and damaged: ${why}`);
  }
}
