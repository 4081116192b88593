import assert from "node:assert/strict";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { openWorker, runInWorker } from "../../src/dataset/formats/worker.ts";
import { InputError } from "../../src/errors.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";

/** For each dump, what h5py makes of each flipped bit; see `flips.py` beside it. */
interface Record {
  readonly whole: string;
  readonly flips: readonly (readonly [number, number, string])[];
}

const folder = new URL("../fixtures/hdf5/", import.meta.url);
const record: { readonly [file: string]: Record } = JSON.parse(
  Deno.readTextFileSync(new URL("flips.json", folder)),
);

/** Some damaged files send the HDF5 library round in circles. */
const SILENCE_MS = 2000;

/** The digits that `flips.py` takes of the same arrays. */
function digits(dataset: Dataset): string {
  const { actionNames } = dataset;
  const codes = BigInt64Array.from(
    dataset.actions,
    (action) => BigInt(actionNames?.[action] ?? action),
  );
  const parts = [
    dataset.observations,
    codes,
    dataset.rewards,
    dataset.terminated,
    dataset.episodeOffsets,
  ].map(({ buffer, byteOffset, byteLength }) =>
    new Uint8Array(buffer, byteOffset, byteLength)
  );
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return sha256Hex(bytes).slice(0, 16);
}

Deno.test("HDF5: of 1,200 flipped bits, what h5py refuses is refused, and nothing is read that h5py does not read", async () => {
  const hdf5 = openWorker(SILENCE_MS);
  const read = async (bytes: Uint8Array<ArrayBuffer>) => {
    try {
      const read = await hdf5.run("readD3rlpy", "d", bytes, "d", undefined);
      return digits(read.dataset);
    } catch (error) {
      assert(error instanceof InputError, String(error));
      return "refused";
    }
  };
  try {
    for (const [file, { whole, flips }] of Object.entries(record)) {
      const original = Deno.readFileSync(new URL(file, folder));
      const sound = await runInWorker(
        "readD3rlpy",
        "d",
        original,
        "d",
        undefined,
      );
      assert.equal(digits(sound.dataset), whole);
      let refused = 0;
      let kept = 0;
      for (const [at, bit, verdict] of flips) {
        const bytes = original.slice();
        bytes[at] ^= 1 << bit;
        const result = await read(bytes);
        if (result === "refused") refused++;
        else {
          assert.equal(result, verdict, `${file}: bit ${bit} of byte ${at}`);
          if (result === whole) kept++;
        }
      }
      const byH5py = flips.filter(([, , verdict]) => verdict === "refused");
      const keptByH5py = flips.filter(([, , verdict]) => verdict === whole);
      console.log(
        `${file}: ${refused} refused (h5py ${byH5py.length}), ` +
          `${kept} unchanged (h5py ${keptByH5py.length})`,
      );
      // Reading nothing would be right too; most flips hit bytes that mean nothing.
      assert(kept > 0.97 * keptByH5py.length);
    }
  } finally {
    hdf5.close();
  }
});
