import * as h5wasm from "h5wasm";

/** What a dataset of a made-up file holds; a scalar has shape []. */
export type Entry =
  | string
  | string[]
  | readonly [
    Float32Array | Float64Array | Int8Array | Int32Array | BigInt64Array,
    number[],
  ];

/** Integers as d3rlpy and Minari write them. */
export const i64 = (...numbers: number[]): BigInt64Array =>
  BigInt64Array.from(numbers, BigInt);

/** An HDF5 file with these datasets by path; groups are made on the way. */
export async function buildHdf5(
  entries: Readonly<Record<string, Entry | undefined>>,
): Promise<Uint8Array<ArrayBuffer>> {
  await h5wasm.ready;
  const file = new h5wasm.File("/built.h5", "w");
  const groups = new Set<string>();
  for (const [path, entry] of Object.entries(entries)) {
    if (entry === undefined) continue;
    const [group, name] = path.includes("/") ? path.split("/") : ["", path];
    if (group && !groups.has(group)) file.create_group(group);
    groups.add(group);
    const parent = group ? file.get(group) as h5wasm.Group : file;
    if (typeof entry === "string" || typeof entry[0] === "string") {
      parent.create_dataset({ name, data: entry as string | string[] });
    } else {
      const [data, shape] = entry as Exclude<Entry, string | string[]>;
      parent.create_dataset({ name, data, shape });
    }
  }
  file.close();
  return h5wasm.FS!.readFile("/built.h5") as Uint8Array<ArrayBuffer>;
}
