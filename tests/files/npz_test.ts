/** NumPy's arrays: what is read of them, what is written, and each damage's line. */
import { deepEqual, equal } from "node:assert/strict";
import { openNpz, writeNpz } from "../../src/files/npz.ts";
import { writeZip } from "../../src/files/zip.ts";
import { refusal } from "../dataset/refusal.ts";

const TYPES = Deno.readFileSync(
  new URL("../fixtures/numpy/types.npz", import.meta.url),
);

Deno.test("npz: every type that NumPy writes", () => {
  const npz = openNpz(TYPES, "types.npz");
  const numbers = (name: string) => {
    const { shape, data, integers } = npz.numbers(name);
    return { shape, data: [...data], integers };
  };
  const shape = [2, 3];
  const quarters = [-0.5, -0.25, 0, 0.25, 0.5, 0.75];
  const whole = [-2, -1, 0, 1, 2, 3];
  for (const name of ["f8", "f8f", "f4be", "f2"]) {
    deepEqual(numbers(name), { shape, data: quarters, integers: false }, name);
  }
  for (const name of ["i8", "i2be", "i1"]) {
    deepEqual(numbers(name), { shape, data: whole, integers: true }, name);
  }
  for (const name of ["u1", "u4f"]) {
    const data = whole.map((value) => value + 2);
    deepEqual(numbers(name), { shape, data, integers: true }, name);
  }
  deepEqual(numbers("b1").data, [0, 0, 0, 1, 1, 1]);
  deepEqual(numbers("one"), { shape: [], data: [0.25], integers: false });
  deepEqual(numbers("none"), { shape: [0, 3], data: [], integers: false });
  deepEqual(npz.texts("U"), { shape: [2], data: ["hole", "gøal"] });
  deepEqual(npz.texts("Ube").data, ["hole", "goal"]);
  deepEqual(npz.texts("S").data, ["hole", "go"]);
  deepEqual(npz.texts("U0"), { shape: [], data: ["title"] });
});

Deno.test("npz: what is written is read, and has the same bytes each time", () => {
  const arrays = new Map([
    ["numbers", { shape: [2, 1], data: Float64Array.of(0.1, -0) }],
    ["counts", { shape: [], data: Int32Array.of(-7) }],
    ["flags", { shape: [3], data: Uint8Array.of(0, 1, 255) }],
    ["names", { shape: [2], data: ["", "ægir 🜚"] }],
  ]);
  const bytes = writeNpz(arrays);
  deepEqual(writeNpz(arrays), bytes);
  const npz = openNpz(bytes, "w.npz");
  deepEqual(npz.names, ["numbers", "counts", "flags", "names"]);
  deepEqual(npz.numbers("numbers"), {
    shape: [2, 1],
    data: Float64Array.of(0.1, -0),
    integers: false,
  });
  deepEqual([...npz.numbers("counts").data], [-7]);
  deepEqual([...npz.numbers("flags").data], [0, 1, 255]);
  deepEqual(npz.texts("names"), { shape: [2], data: ["", "ægir 🜚"] });
});

/** A `.npy` file with this header. */
function npy(header: string, size: number, version = 1): Uint8Array {
  const text = new TextEncoder().encode(header);
  const length = version === 1 ? [text.length, 0] : [text.length, 0, 0, 0];
  return Uint8Array.of(
    ...[0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0],
    ...length,
    ...text,
    ...new Uint8Array(size),
  );
}

/** A `.npz` file with this entry as its array `a`. */
const npzOf = (entry: Uint8Array) => writeZip(new Map([["a.npy", entry]]));

Deno.test("npz: arrays that are none, and arrays of what is not read", async () => {
  const read = (entry: Uint8Array) =>
    refusal(() => openNpz(npzOf(entry), "w.npz").numbers("a"));
  const header = (descr: string, shape: string) =>
    `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }\n`;
  const cases: [Uint8Array, string][] = [
    [new Uint8Array(0), "no array of NumPy"],
    [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10), "no array of NumPy"],
    [npy(header("'<f8'", "(2,)"), 16, 4), "version 4 of .npy is unknown"],
    [
      npy(header("'<f8'", "(2,)"), 16).subarray(0, 40),
      "is cut within its header",
    ],
    [npy("{'descr': 3}", 8), "its header cannot be read"],
    [
      npy(header("'|O'", "(2,)"), 16),
      "holds Python objects; save numbers or texts (no dtype object)",
    ],
    [
      npy(header("[('x', '<f8')]", "(2,)"), 16),
      "has fields; arrays of one type are read",
    ],
    [npy(header("'<c16'", "(2,)"), 32), "has the type <c16, which is not read"],
    [npy(header("'<f8'", "(2,)"), 15), "has 15 bytes where <f8 [2] needs 16"],
    [
      npy(header("'<f8'", "(99999999999, 3)"), 16),
      "has 16 bytes where <f8 [99999999999, 3] needs 2399999999976",
    ],
    [npy(header("'<U2'", "(1,)"), 8), "holds no numbers"],
    [
      npy(header("'<U0'", "(9999999999,)"), 0),
      "has the type <U0, which is not read",
    ],
  ];
  for (const [entry, line] of cases) {
    equal(await read(entry), `w.npz: array a: ${line}`);
  }
  const large = npy(header("'<i8'", "(1,)"), 8);
  large[large.length - 1] = 1;
  equal(
    await read(large),
    "w.npz: array a: element 0, 72057594037927940, is beyond 2^53",
  );
  equal(await read(npy(header("'<f8'", "()"), 8, 3)), "accepted");
  equal(
    await refusal(() => openNpz(npzOf(new Uint8Array(0)), "w.npz").texts("b")),
    "w.npz: array b is missing",
  );
});

Deno.test("npz: zip files that are damaged", async () => {
  const whole = writeNpz(
    new Map([["a", { shape: [1], data: Float64Array.of(2) }]]),
  );
  const line = async (
    change: (bytes: Uint8Array, view: DataView) => unknown,
  ) => {
    const bytes = whole.slice();
    const changed = change(bytes, new DataView(bytes.buffer));
    const file = changed instanceof Uint8Array ? changed : bytes;
    const text = await refusal(() => openNpz(file, "w.npz").numbers("a"));
    return text.replace("w.npz: not a sound zip file: ", "");
  };
  const directory = whole.length - 22 - 46 - 5;
  equal(await line(() => {}), "accepted");
  equal(await line(() => new Uint8Array(30)), "w.npz: no .npz file of NumPy");
  equal(
    await line((bytes) => bytes.subarray(0, whole.length - 1)),
    "its directory is missing; is the file cut?",
  );
  equal(
    await line((bytes) => bytes[directory - 1] ^= 1),
    "the data of a.npy are damaged",
  );
  equal(
    await line((_, view) => view.setUint16(directory + 10, 12, true)),
    "a.npy is packed by method 12; known are 0 and 8",
  );
  equal(
    await line((_, view) => view.setUint16(directory + 8, 1, true)),
    "a.npy is encrypted",
  );
  equal(
    await line((_, view) => view.setUint32(directory + 42, 7, true)),
    "a.npy is not where its directory says",
  );
  equal(
    await line((_, view) => view.setUint32(directory + 20, 5000, true)),
    "a.npy reaches beyond its end",
  );
  equal(
    await line((bytes) => bytes[directory + 46] = 98),
    "b.npy is not where its directory says",
  );
  // A gigabyte from a few bytes is refused before it is made.
  equal(
    await line((_, view) => {
      view.setUint16(directory + 10, 8, true);
      view.setUint32(directory + 24, 2 ** 30, true);
    }),
    "136 bytes of a.npy cannot hold 1073741824",
  );
  equal(
    await line((_, view) => view.setUint32(directory + 24, 2 ** 31, true)),
    "a.npy is larger than 2 GiB",
  );
  equal(
    await line((_, view) => view.setUint16(whole.length - 22 + 10, 2, true)),
    "entry 2 of its directory is damaged",
  );
  equal(
    await line((_, view) => view.setUint16(whole.length - 22 + 4, 1, true)),
    "it has several parts",
  );
});
