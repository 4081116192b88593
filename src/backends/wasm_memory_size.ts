/**
 * Sets the size of the memory that a WebAssembly module imports.
 *
 * @module
 */

// What the import looks like in `kernels.wasm`: module "env", name "memory", kind 2 (memory),
// limits 3 (shared, with a maximum); then minimum and maximum, 65536 pages in LEB128.
const IMPORT = [3, ...text("env"), 6, ...text("memory"), 2, 3];
const BUILT_SIZE = [0x80, 0x80, 0x04];

/**
 * A copy of the module whose imported memory has exactly `pages` pages, instead of the 65536 that
 * `scripts/build_kernels.ts` gives it.
 * @param pages At most 65536.
 * @throws Error when the module is not built so.
 */
export function withMemorySize(
  module: Uint8Array,
  pages: number,
): Uint8Array<ArrayBuffer> {
  const built = [...IMPORT, ...BUILT_SIZE, ...BUILT_SIZE];
  const start = module.findIndex((_, i) =>
    built.every((byte, k) => module[i + k] === byte)
  );
  if (start < 0) throw new Error("kernels.wasm does not import its memory");
  const sized = new Uint8Array(module);
  // The same three bytes of LEB128, with leading zeros where they are needed.
  const size = [pages & 0x7f | 0x80, pages >> 7 & 0x7f | 0x80, pages >> 14];
  sized.set([...size, ...size], start + IMPORT.length);
  return sized;
}

function text(name: string): number[] {
  return [...new TextEncoder().encode(name)];
}
