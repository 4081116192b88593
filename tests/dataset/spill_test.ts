/** A table that is written while it is read becomes the file that it becomes in memory. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { openDataset } from "../../src/dataset/formats/dataset_file.ts";
import { datasetToCsv } from "../../src/dataset/formats/csv_write.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { openSpill } from "../../src/dataset/formats/spill.ts";
import { randomStream } from "../../src/numerics/random.ts";
import { randomDataset } from "../../src/backends/random_task.ts";
import { inFolder } from "../run/small_run.ts";
import { refusal } from "./refusal.ts";

const namesIn = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

for (const masked of [false, true]) {
  Deno.test(
    `written while it is read${masked ? ", masked" : ""}: the same bytes`,
    inFolder(async (folder) => {
      const seed = 2 ** 32 * Math.random() >>> 0;
      const shape = { inputs: 3, actions: 4, episodes: 200, masked };
      const made = randomDataset(shape, randomStream(seed, "data"));
      const propensities = new Float64Array(made.actions.length).fill(0.25);
      const log = join(folder, "log.csv");
      Deno.writeFileSync(log, datasetToCsv({ ...made, propensities }));
      const into = join(folder, "log.safetensors");
      const notes: [string[], string[]] = [[], []];
      const stored = await openDataset(log, {
        into,
        onNote: (note) => notes[0].push(note),
      });
      const read = await openDataset(log, {
        onNote: (note) => notes[1].push(note),
      });
      ok(stored.stored);
      deepEqual(
        Deno.readFileSync(into),
        datasetToSafetensors(read),
        `seed ${seed}`,
      );
      deepEqual(notes[0], notes[1]);
      deepEqual(namesIn(folder), ["log.csv", "log.safetensors"]);
      match(
        await refusal(() => openDataset(log, { into })),
        /log\.safetensors: exists already/,
      );
    }),
  );
}

Deno.test(
  "names of actions, columns and ends are kept, and rows that are no data leave nothing",
  inFolder(async (folder) => {
    const log = join(folder, "log.csv");
    const into = join(folder, "log.safetensors");
    const head = "episode,age,action,reward,terminated,outcome\n";
    Deno.writeTextFileSync(
      log,
      `${head}a,1,up,0,0,\na,2,down,1,1,well\nb,3,left,2,1,ill\n`,
    );
    const columns = { observations: ["age"] };
    await openDataset(log, { into, columns });
    deepEqual(
      Deno.readFileSync(into),
      datasetToSafetensors(await openDataset(log, { columns })),
    );
    Deno.removeSync(into);
    for (
      const rows of ["", "a,1,up,0,0,\na,x,up,0,1,\n", "a,1,up,1e999,1,\n"]
    ) {
      Deno.writeTextFileSync(log, head + rows);
      const lines = await Promise.all(
        [into, undefined].map((into) =>
          refusal(() => openDataset(log, { into, columns }))
        ),
      );
      equal(lines[0], lines[1]);
      ok(lines[0] !== "accepted");
      deepEqual(namesIn(folder), ["log.csv"]);
    }
  }),
);

Deno.test(
  "a column on disk holds what was pushed, set and dropped, across its blocks",
  inFolder((folder) => {
    using spill = openSpill(join(folder, "x"));
    const column = spill.column((n) => new Uint32Array(n), "column");
    const block = 2 ** 18;
    const total = 3 * block + 5;
    const expected = Uint32Array.from({ length: total }, (_, i) => i);
    for (let i = 0; i < total; i++) {
      // At the beginning of a block, steps back into the one before.
      if (i === block + 1 || i === 2 * block + 2) {
        column.drop(3);
        for (let k = i - 3; k < i; k++) column.push(k);
      }
      column.push(i);
      if (i > 3 && column.at(i - 3) !== i - 3) throw new Error(`${i - 3}`);
    }
    column.set(3 * block - 1, expected[3 * block - 1] = 7);
    equal(column.length, total);
    let at = 0;
    for (const piece of column.pieces()) {
      deepEqual(piece, expected.subarray(at, at += piece.length));
    }
    equal(at, total);
  }),
);
