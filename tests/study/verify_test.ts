import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { canonicalJson } from "../../src/files/canonical_json.ts";
import { listFiles } from "../../src/run/manifest.ts";
import { runStudy } from "../../src/study/study.ts";
import {
  verifyStudy,
  type VerifyStudyOptions,
} from "../../src/study/verify.ts";
import { jsonHash } from "../../src/run/task_hash.ts";
import { inFolder, runScriptOf, snapshot } from "../run/small_run.ts";
import { backend, copyFolder, study, temporary } from "./small_study.ts";

const whole = temporary();
addEventListener("unload", () => whole[Symbol.dispose]());
const finished = join(whole.path, "study");
await runStudy({ study, out: finished, jobs: 2, backend });

const verify = (
  directory: string,
  options: Partial<VerifyStudyOptions> = {},
) => verifyStudy({ directory, backend, jobs: 1, ...options });

const paths = async (
  directory: string,
  options: Partial<VerifyStudyOptions> = {},
) => {
  const { differences } = await verify(directory, options);
  return [...new Set(differences.map(({ path }) => path))].sort();
};

// deno-lint-ignore no-explicit-any
type Any = any;

function editJson(path: string, change: (value: Any) => void): void {
  const value = JSON.parse(Deno.readTextFileSync(path));
  change(value);
  Deno.writeTextFileSync(path, canonicalJson(value));
}

/** Edits a cell and gives it the hash of what it then holds. */
function editCell(path: string, change: (value: Any) => void): void {
  editJson(path, (value) => {
    change(value);
    const { sha256: _, ...content } = value;
    value.sha256 = jsonHash(content);
  });
}

function editText(path: string, change: (text: string) => string): void {
  const text = Deno.readTextFileSync(path);
  const changed = change(text);
  ok(changed !== text);
  Deno.writeTextFileSync(path, changed);
}

/** Makes the manifest agree with what is there, as someone would who hides a change. */
function forgeManifest(directory: string): void {
  editJson(join(directory, "manifest.json"), (manifest) => {
    manifest.files = listFiles(directory);
  });
}

Deno.test("a study is verified, whatever is run again, and stays as it is", async () => {
  const before = snapshot(finished);
  for (
    const [options, again] of [
      [{}, 6],
      [{ cells: 2 }, 2],
      [{ cells: 0 }, 0],
      [{ share: 0.4 }, 3],
    ] as const
  ) {
    deepEqual(await verify(finished, options), {
      files: 21,
      software: [],
      differences: [],
      trainings: 6,
      again,
    });
  }
  deepEqual(snapshot(finished), before);
});

const bc1 = "cells/smoke/bc/1.json";

/** Forgeries, and what is named at least, without training again. The manifest always agrees. */
const forgeries: [
  what: string,
  forge: (directory: string) => void,
  named: readonly string[],
][] = [
  [
    "a number of study.json",
    (at) =>
      editText(
        join(at, "study.json"),
        (t) => t.replace(/"value": -?\d/, "$&1"),
      ),
    ["study.json"],
  ],
  [
    "a row of study.csv",
    (at) =>
      editText(join(at, "study.csv"), (t) => t.replace(",learner,1,", "$&1")),
    ["study.csv"],
  ],
  [
    "a word of the report",
    (at) =>
      editText(join(at, "report.html"), (t) => t.replace("Seeds", "Ten seeds")),
    ["report.html"],
  ],
  [
    "a plot",
    (at) =>
      editText(
        join(at, "plots/curves-smoke.svg"),
        (t) => t.replace("step", "stop"),
      ),
    ["plots/curves-smoke.svg"],
  ],
  [
    "a missing table",
    (at) => Deno.removeSync(join(at, "curves.csv")),
    ["curves.csv"],
  ],
  [
    "a file of one's own",
    (at) => Deno.writeTextFileSync(join(at, "cells/smoke/notes.txt"), "mine"),
    ["cells/smoke/notes.txt"],
  ],
  [
    "a cell of a seed that is not in the study",
    (at) => Deno.copyFileSync(join(at, bc1), join(at, "cells/smoke/bc/7.json")),
    ["cells/smoke/bc/7.json"],
  ],
  [
    "a cell without its hash renewed",
    (at) => editJson(join(at, bc1), ({ exact }) => exact.lengthMean++),
    [bc1],
  ],
  [
    "a missing cell",
    (at) => Deno.removeSync(join(at, bc1)),
    [bc1],
  ],
  [
    "two cells that changed places",
    (at) => {
      const [a, b] = [join(at, bc1), join(at, "cells/smoke/bc/2.json")];
      const text = Deno.readTextFileSync(a);
      Deno.copyFileSync(b, a);
      Deno.writeTextFileSync(b, text);
    },
    [bc1, "cells/smoke/bc/2.json"],
  ],
  [
    "better values than those of the actions",
    (at) =>
      editCell(join(at, bc1), ({ exact, curve }) => {
        exact.returnMean += 50;
        curve.rows.at(-1)[curve.columns.indexOf("returnMean")] += 50;
      }),
    [bc1],
  ],
  [
    "better values of a reference policy",
    (at) =>
      editCell(
        join(at, "cells/smoke/references/0.json"),
        ({ exact }) => exact.spibb.returnMean++,
      ),
    ["cells/smoke/references/0.json"],
  ],
  [
    "seeds left out of the configuration",
    (at) =>
      editJson(join(at, "study.config.json"), (study) => study.seeds.pop()),
    [
      ...["bc", "cql", "references"].map((p) => `cells/smoke/${p}/2.json`),
      "aggregates.csv",
      "curves.csv",
    ],
  ],
  [
    "a setting of the configuration",
    (at) =>
      editJson(
        join(at, "study.config.json"),
        ({ presets }) => presets.smoke.algorithms.bc.beta++,
      ),
    ["cells/smoke/bc/0.json", bc1, "cells/smoke/bc/2.json"],
  ],
  [
    "a cell that is a link to the same bytes",
    (at) => {
      Deno.renameSync(join(at, bc1), join(at, "..", "elsewhere.json"));
      Deno.symlinkSync(join(at, "..", "elsewhere.json"), join(at, bc1));
    },
    [bc1],
  ],
  [
    "a hidden file",
    (at) => Deno.writeTextFileSync(join(at, "cells/.notes"), "mine"),
    ["cells/.notes"],
  ],
  [
    "a claim in the manifest",
    (at) => editJson(join(at, "manifest.json"), (it) => (it.device = "GPU")),
    ["manifest.json"],
  ],
  [
    "a configuration that the suite does not write",
    (at) =>
      editJson(join(at, "study.config.json"), (study) => (study.more = 1)),
    ["study.config.json"],
  ],
  [
    "another version in the configuration",
    (at) =>
      editJson(
        join(at, "study.config.json"),
        (study) => study.suiteVersion = "0.0.9",
      ),
    ["study.config.json"],
  ],
];

for (const [what, forge, expected] of forgeries) {
  Deno.test(
    `forged: ${what}`,
    inFolder(async (folder) => {
      const directory = copyFolder(finished, join(folder, "study"));
      forge(directory);
      forgeManifest(directory);
      const named = await paths(directory, { cells: 0 });
      for (const path of expected) {
        ok(named.includes(path), `${path}: ${named}`);
      }
    }),
  );
}

Deno.test(
  "forged: a learner's cell that agrees with itself, which only training again finds",
  inFolder(async (folder) => {
    const directory = copyFolder(finished, join(folder, "study"));
    const other = JSON.parse(
      Deno.readTextFileSync(join(directory, "cells/smoke/bc/2.json")),
    );
    editCell(join(directory, bc1), (value) => {
      value.policySha256 = other.policySha256;
      value.curve.rows[0][1] /= 2;
    });
    // It says what was computed.
    Deno.removeSync(join(directory, "manifest.json"));
    await runStudy({ study, out: directory, backend });
    deepEqual(await paths(directory, { cells: 0 }), []);
    const named = await paths(directory);
    deepEqual(named, [bc1, "report.html", "study.csv"]);
    // Two of six: seed 0 does not choose it, seed 3 does.
    const chosen = async (seed: number) => {
      const found = await paths(directory, { cells: 2, seed });
      return found.includes(bc1);
    };
    deepEqual([await chosen(0), await chosen(3)], [false, true]);
  }),
);

Deno.test(
  "the script names each difference in a line",
  inFolder(async (folder) => {
    const directory = copyFolder(finished, join(folder, "study"));
    const flags = ["--quick", "--backend", "reference", "--threads", "1"];
    const sound = await runScriptOf("verify", directory, ...flags);
    equal(
      sound.stdout,
      `verified: ${directory}: all 21 files have the hashes of the manifest; 0 of 6 trainings run ` +
        "again and all that follows from the cells derived again, equal bit for bit\n",
    );
    equal(sound.code, 0, sound.stderr);
    Deno.removeSync(join(directory, bc1));
    const { code, stdout } = await runScriptOf("verify", directory, ...flags);
    equal(code, 1);
    const lines = stdout.trimEnd().split("\n");
    ok(lines.includes(`differs: ${bc1}: is missing`), stdout);
    equal(lines.at(-1), `${directory}: ${lines.length - 1} differences`);
    Deno.removeSync(join(directory, "manifest.json"));
    const unfinished = await runScriptOf("verify", directory);
    equal(unfinished.code, 2);
    match(
      unfinished.stderr,
      /^error: .*study: is not finished; resume it first \(there is no manifest\.json\)\n$/,
    );
  }),
);
