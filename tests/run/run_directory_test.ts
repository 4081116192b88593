import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { join } from "node:path";
import { writeFileAtomic } from "../../src/files/atomic.ts";
import { canonicalJson } from "../../src/files/canonical_json.ts";
import {
  listFiles,
  suiteVersions,
  writeManifest,
} from "../../src/run/manifest.ts";
import {
  artifactPath,
  createRunDirectory,
  writeArtifact,
  writeJsonArtifact,
} from "../../src/run/run_directory.ts";
import { runFiles } from "../../src/run/run_files.ts";
import { fileOf } from "../../src/run/made_files.ts";
import { lockDirectory } from "../../src/run/lock.ts";
import { openCsv } from "../../src/run/training_csv.ts";
import { InputError } from "../../src/errors.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";

/** Runs a test in a folder of its own. */
function inFolder(test: (folder: string) => void): () => void {
  return () => {
    const folder = Deno.makeTempDirSync();
    try {
      test(folder);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

const names = (folder: string) =>
  [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

function inputError(message: string | RegExp): (error: unknown) => boolean {
  return (error) => {
    ok(error instanceof InputError, `${error}`);
    ok(!error.message.includes("\n"));
    if (typeof message === "string") equal(error.message, message);
    else ok(message.test(error.message), error.message);
    return true;
  };
}

Deno.test(
  "a run's folder may be new, nested or empty",
  inFolder((folder) => {
    const nested = join(folder, "a", "b");
    createRunDirectory(nested);
    deepEqual(names(nested), []);
    createRunDirectory(nested);
  }),
);

Deno.test(
  "a folder with another run, with anything else, and a file are refused untouched",
  inFolder((folder) => {
    Deno.writeTextFileSync(join(folder, "note.txt"), "mine");
    throws(
      () => createRunDirectory(folder),
      inputError(
        `${folder}: is not empty (it holds note.txt); choose another folder with --out`,
      ),
    );
    writeJsonArtifact(folder, "config.json", {});
    throws(
      () => createRunDirectory(folder),
      inputError(
        `${folder}: holds another run; choose another folder with --out`,
      ),
    );
    const file = join(folder, "note.txt");
    throws(
      () => createRunDirectory(file),
      inputError(`${file}: is a file; choose another folder with --out`),
    );
    throws(
      () => createRunDirectory(join(file, "below")),
      inputError(/^cannot write|is a file/),
    );
    deepEqual(names(folder), ["config.json", "note.txt"]);
    equal(Deno.readTextFileSync(file), "mine");
  }),
);

Deno.test(
  "an artifact is written whole, replaces the old one, and leaves no temporary file",
  inFolder((folder) => {
    writeArtifact(folder, "bc/policy.bin", new Uint8Array([1, 2, 3]));
    writeArtifact(folder, "bc/policy.bin", new Uint8Array([4, 5]));
    deepEqual([...Deno.readFileSync(join(folder, "bc/policy.bin"))], [4, 5]);
    deepEqual(names(join(folder, "bc")), ["policy.bin"]);
  }),
);

Deno.test(
  "a write that fails says why and leaves what was there",
  inFolder((folder) => {
    // A folder in the way: the rename fails after the temporary file was written.
    Deno.mkdirSync(join(folder, "metrics.json"));
    Deno.writeTextFileSync(join(folder, "metrics.json", "inside"), "kept");
    throws(
      () => writeFileAtomic(join(folder, "metrics.json"), "new"),
      inputError(/^cannot write .*metrics\.json: /),
    );
    deepEqual(names(folder), ["metrics.json"]);
    equal(
      Deno.readTextFileSync(join(folder, "metrics.json", "inside")),
      "kept",
    );
  }),
);

Deno.test(
  "a leftover of a killed write is overwritten, and is not an artifact",
  inFolder((folder) => {
    Deno.writeTextFileSync(
      join(folder, ".config.json.tmp"),
      "half of a file that is longer",
    );
    deepEqual(listFiles(folder), []);
    writeArtifact(folder, "config.json", "{}\n");
    equal(Deno.readTextFileSync(join(folder, "config.json")), "{}\n");
    deepEqual(names(folder), ["config.json"]);
  }),
);

for (
  const name of [
    "../x",
    "a/../../x",
    "/etc/x",
    "..",
    ".",
    "a\\..\\..\\x",
    "a/..",
  ]
) {
  Deno.test(`no artifact leaves its folder: ${name}`, () => {
    throws(
      () => artifactPath("run", name),
      inputError(/leads out of the run's folder$/),
    );
  });
}

Deno.test("canonical JSON", () => {
  equal(
    canonicalJson({
      b: 1e-7,
      a: [0.1, -0, "é\n"],
      cells: [[1, 2], [3, 4]],
      none: {},
      not: undefined,
      no: null,
      list: [],
    }),
    `{
  "b": 1e-7,
  "a": [0.1, 0, "é\\n"],
  "cells": [
    [1, 2],
    [3, 4]
  ],
  "none": {},
  "no": null,
  "list": []
}
`,
  );
  throws(() => canonicalJson({ a: [NaN] }), /JSON cannot hold NaN/);
  throws(() => canonicalJson(Infinity), /JSON cannot hold Infinity/);
});

Deno.test(
  "the manifest lists every file that was made with hash and size, in order, and nothing private",
  inFolder((folder) => {
    const files = runFiles(folder);
    files.write("plots/b.svg", "<svg/>");
    files.write("config.json", "abc");
    files.write("bc/policy.bin", new Uint8Array(3));
    Deno.writeTextFileSync(join(folder, "notes.txt"), "mine");
    files.check();
    writeManifest(folder, { backend: "wasm" }, files.list());
    writeManifest(folder, { backend: "wasm" }, files.list());
    const text = Deno.readTextFileSync(join(folder, "manifest.json"));
    deepEqual(JSON.parse(text), {
      schema: "holdfast/manifest/1",
      ...suiteVersions(),
      backend: "wasm",
      files: [
        {
          path: "bc/policy.bin",
          sha256: sha256Hex(new Uint8Array(3)),
          bytes: 3,
        },
        {
          path: "config.json",
          sha256:
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
          bytes: 3,
        },
        {
          path: "plots/b.svg",
          sha256: sha256Hex(new TextEncoder().encode("<svg/>")),
          bytes: 6,
        },
      ],
    });
    ok(!text.includes(folder));
    ok(/^\d+\.\d+\.\d+$/.test(suiteVersions().suiteVersion));
    equal(suiteVersions().denoVersion, Deno.version.deno);
    equal(
      suiteVersions().lockSha256,
      sha256Hex(Deno.readFileSync(new URL("../../deno.lock", import.meta.url))),
    );
  }),
);

Deno.test(
  "a file that vanishes or changes while a run is at work is an error",
  inFolder((folder) => {
    const files = runFiles(folder);
    files.write("bc/policy.bin", new Uint8Array(3));
    files.note(fileOf("table.csv", "a\n"));
    const at = (name: string) => join(folder, name);
    const refuses = (name: string, what: string) =>
      throws(
        () => files.check(),
        new InputError(
          `${
            at(name)
          }: ${what} while the run was at work; nothing else may write there`,
        ),
      );
    refuses("table.csv", "vanished");
    Deno.writeTextFileSync(at("table.csv"), "a\n");
    files.check();
    Deno.writeTextFileSync(at("table.csv"), "b\n");
    refuses("table.csv", "was changed");
    files.write("table.csv", "b\n");
    files.check();
    Deno.removeSync(at("bc/policy.bin"));
    Deno.symlinkSync(at("table.csv"), at("bc/policy.bin"));
    refuses("bc/policy.bin", "was changed");
  }),
);

Deno.test(
  "no write goes through a link, whatever lies in its way",
  inFolder((folder) => {
    const run = join(folder, "run");
    const elsewhere = join(folder, "elsewhere");
    for (const path of [run, elsewhere]) Deno.mkdirSync(path);
    const mine = join(elsewhere, "mine");
    Deno.writeTextFileSync(mine, "mine");
    // At the place of the temporary file, and at that of the file.
    for (const name of [".a.tmp", "a"]) Deno.symlinkSync(mine, join(run, name));
    writeArtifact(run, "a", "theirs");
    ok(Deno.lstatSync(join(run, "a")).isFile);
    // A folder of the run that is a link, or lies behind one.
    Deno.symlinkSync(elsewhere, join(run, "bc"));
    for (const name of ["bc/a", "bc/b/a"]) {
      throws(
        () => writeArtifact(run, name, "theirs"),
        inputError(/bc: is a link, which no run leaves; remove it$/),
      );
    }
    Deno.symlinkSync(mine, join(run, ".lock"));
    throws(
      () => lockDirectory(run),
      new InputError(`${join(run, ".lock")}: is not a file; remove it`),
    );
    deepEqual(names(elsewhere), ["mine"]);
    equal(Deno.readTextFileSync(mine), "mine");
  }),
);

Deno.test(
  "every row of a table is in the file when it has been given",
  inFolder((folder) => {
    const path = join(folder, "training.csv");
    using csv = openCsv(path, ["step", "tdLoss"]);
    equal(Deno.readTextFileSync(path), "step,tdLoss\n");
    csv.row([100, 0.1 + 0.2]);
    equal(
      Deno.readTextFileSync(path),
      "step,tdLoss\n100,0.30000000000000004\n",
    );
    csv.row([200, 1e-7]);
    equal(
      Deno.readTextFileSync(path),
      "step,tdLoss\n100,0.30000000000000004\n200,1e-7\n",
    );
    throws(() => csv.row([1]), /1 values for 2 columns/);
    throws(
      () => openCsv(join(path, "below.csv"), ["step"]),
      inputError(/^cannot write /),
    );
  }),
);
