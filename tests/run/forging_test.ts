/** Ways of forging a run directory, and how each is named by a check of it. */
import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { join } from "node:path";
import { entriesBelow } from "../../src/files/entries.ts";
import { canonicalJson } from "../../src/files/canonical_json.ts";
import {
  listFiles,
  readManifest,
  writeManifest,
} from "../../src/run/manifest.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { ManifestFile } from "../../src/files/listing.ts";
import { InputError } from "../../src/errors.ts";
import { visible } from "../../src/visible.ts";
import {
  finishedFile,
  finishedText,
  policyFile,
} from "../../src/run/policy_files.ts";
import { configuredAlgorithms } from "../../src/run/learn.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { recordedConfig } from "../../src/run/resume.ts";
import {
  isVerified,
  type Verification,
  verifyRun,
} from "../../src/run/verify.ts";
import {
  backends,
  copyFolder,
  pipe,
  runScriptOf,
  smallConfig,
  smallOverrides,
} from "./small_run.ts";

const [[, reference], [, wasm]] = backends;

const folder = Deno.makeTempDirSync();
globalThis.addEventListener(
  "unload",
  () => Deno.removeSync(folder, { recursive: true }),
);
const honest = join(folder, "honest");
await runPipeline({ config: smallConfig, backend: wasm, out: honest });
/** The run of another seed. */
const other = join(folder, "other");
await runPipeline({
  config: resolveConfig("smoke", { ...smallOverrides, seed: 43 }),
  backend: wasm,
  out: other,
});
const FILES = readManifest(honest).files.map(({ path }) => path);

type Forge = (run: string) => void;

/** Changes the text of a file, which must have something to change. */
const edit =
  (name: string, change: (text: string) => string): Forge => (run) => {
    const text = Deno.readTextFileSync(join(run, name));
    const changed = change(text);
    ok(changed !== text, name);
    Deno.writeTextFileSync(join(run, name), changed);
  };
const replace = (name: string, from: string | RegExp, to: string) =>
  edit(name, (text) => text.replace(from, to));
const flip = (name: string, fromEnd: number): Forge => (run) => {
  const bytes = Deno.readFileSync(join(run, name));
  bytes[bytes.length - fromEnd] ^= 1;
  Deno.writeFileSync(join(run, name), bytes);
};
const write = (name: string, text: string): Forge => (run) =>
  Deno.writeTextFileSync(join(run, name), text);
const remove = (name: string): Forge => (run) =>
  Deno.removeSync(join(run, name), { recursive: true });
const take = (...names: string[]): Forge => (run) => {
  for (const name of names) {
    Deno.copyFileSync(join(other, name), join(run, name));
  }
};
/** Moves a file away and puts something else in its place. */
const exchange =
  (name: string, put: (place: string, moved: string) => void): Forge =>
  (
    run,
  ) => {
    const moved = `${run}-moved`;
    Deno.renameSync(join(run, name), moved);
    put(join(run, name), moved);
  };
const sparse = (name: string): Forge => (run) => {
  Deno.writeTextFileSync(join(run, name), "");
  Deno.truncateSync(join(run, name), 3e9);
};
const all = (...forges: Forge[]): Forge => (run) =>
  forges.forEach((forge) => forge(run));

/** Makes records, hashes and manifest agree with what is there, as one who forges would. */
const hide: Forge = (run) => {
  let config = smallConfig;
  try {
    config = recordedConfig(run);
  } catch {
    // Records of a configuration that cannot be read.
  }
  const files = () => listFiles(run);
  const metrics = join(run, "metrics.json");
  let text = Deno.readTextFileSync(metrics);
  for (const algorithm of configuredAlgorithms(config)) {
    const { name } = algorithm;
    if (FILES.includes(finishedFile(name))) {
      const record = finishedText(config, algorithm, files());
      Deno.writeTextFileSync(join(run, finishedFile(name)), record);
    }
    const policy = policyFile(name);
    const hash = (list: readonly ManifestFile[]) =>
      list.find(({ path }) => path === policy)?.sha256 ?? "";
    text = text.replace(hash(readManifest(honest).files), hash(files()));
  }
  Deno.writeTextFileSync(metrics, text);
  list(run);
};

/** Makes only the manifest agree. */
const list: Forge = (run) => {
  const files = listFiles(run);
  const config = files.find(({ path }) => path === "config.json");
  const { about } = readManifest(honest);
  writeManifest(run, { ...about, configSha256: config?.sha256 }, files);
};

/** Changes what the manifest says. */
const state = (changes: Record<string, unknown>): Forge =>
  edit(
    "manifest.json",
    (text) => canonicalJson({ ...JSON.parse(text), ...changes }),
  );
const lists = (change: (files: Record<string, unknown>[]) => unknown): Forge =>
  edit("manifest.json", (text) => {
    const manifest = JSON.parse(text);
    return canonicalJson({ ...manifest, files: change(manifest.files) });
  });
/** The first entry is `bc/finished.json`, the second `bc/policy.onnx`. */
const entry = (changes: Record<string, unknown>) =>
  lists(([first, ...rest]) => [{ ...first, ...changes }, ...rest]);
const { versions } = readManifest(honest);
const ZEROS = "0".repeat(64);

async function check(forge: Forge, quick: boolean): Promise<Verification> {
  const run = Deno.makeTempDirSync({ dir: folder });
  Deno.removeSync(run);
  copyFolder(honest, run);
  forge(run);
  const before = snapshotOf(run);
  try {
    return await verifyRun({ directory: run, backend: reference, quick });
  } finally {
    deepEqual(snapshotOf(run), before);
  }
}

/** Path, size and time of each entry; pipes are not opened. */
function snapshotOf(run: string): string[] {
  return entriesBelow(run).map(({ path, kind }) => {
    const { size, mtime } = Deno.lstatSync(join(run, path));
    return `${path} ${kind} ${size} ${mtime?.getTime()}`;
  });
}

/** Found by a check of any kind: the paths that it names, among others. */
const named: [what: string, forge: Forge, paths: string[]][] = [
  ["a bit in every file", all(...FILES.map((name) => flip(name, 3))), FILES],
  [
    "a byte less in every file",
    all(
      ...FILES.map((name): Forge => (run) => {
        const { size } = Deno.statSync(join(run, name));
        Deno.truncateSync(join(run, name), size - 1);
      }),
    ),
    FILES,
  ],
  ["no file at all", all(...FILES.map(remove)), FILES],

  // Hidden changes.
  [
    "the policies exchanged",
    all((run) => {
      const [a, b] = ["bc", "cql"].map((name) => join(run, policyFile(name)));
      const bytes = Deno.readFileSync(a);
      Deno.copyFileSync(b, a);
      Deno.writeFileSync(b, bytes);
    }, hide),
    ["bc/policy.safetensors", "cql/policy.safetensors"],
  ],
  [
    "all that an algorithm left, of another seed",
    all(
      take(...FILES.filter((path) => path.startsWith("cql/"))),
      hide,
    ),
    ["cql/training.csv"],
  ],
  [
    "the record of another seed",
    all(take("bc/finished.json"), list),
    ["bc/finished.json"],
  ],
  ["no record", all(remove("bc/finished.json"), list), ["bc/finished.json"]],
  [
    "the ONNX file of another seed",
    all(take("cql/policy.onnx"), hide),
    ["cql/policy.onnx"],
  ],
  [
    "a policy of another size",
    all(
      replace("config.json", "[8]", "[9]"),
      hide,
    ),
    ["bc/policy.safetensors", "cql/policy.safetensors"],
  ],
  [
    "a policy that is none",
    all(write("bc/policy.safetensors", "not one"), hide),
    ["bc/policy.safetensors"],
  ],
  [
    "a weight that is not finite",
    all((run) => {
      const path = join(run, "bc/policy.safetensors");
      const bytes = Deno.readFileSync(path);
      bytes.fill(0xff, bytes.length - 4);
      Deno.writeFileSync(path, bytes);
    }, hide),
    ["bc/policy.safetensors"],
  ],
  [
    "a better number among the results",
    all(
      replace(
        "metrics.json",
        /"hazardProbability": [\d.e-]+/,
        '"hazardProbability": 0.001',
      ),
      list,
    ),
    ["metrics.json"],
  ],
  [
    "the results of another seed",
    all(take("metrics.json"), list),
    ["metrics.json"],
  ],
  [
    "results of a policy that is not there",
    all(
      replace("metrics.json", /"sha256": "\w{64}"/, `"sha256": "${ZEROS}"`),
      list,
    ),
    ["metrics.json"],
  ],
  [
    "results that are not JSON",
    all(write("metrics.json", "{"), list),
    ["metrics.json"],
  ],
  [
    "the first row of a table",
    all(replace("bc/training.csv", /(\n25,)[^,]+/, "$10.25"), hide),
    ["bc/training.csv"],
  ],
  [
    "a row less in a table",
    all(replace("bc/training.csv", /\n50,.*/, ""), hide),
    ["bc/training.csv"],
  ],
  [
    "a cell that is not a number",
    all(replace("cql/training.csv", /(\n60,)[^,]+/, "$1NaN"), hide),
    ["cql/training.csv"],
  ],
  [
    "a word of the report",
    all(replace("report.html", /Offline|offline/, "Online"), list),
    ["report.html"],
  ],
  ["a plot", all(replace("plots/returns.svg", "#", "#0"), list), [
    "plots/returns.svg",
  ]],
  ["no plot", all(remove("plots/returns.svg"), list), ["plots/returns.svg"]],
  ["a plot too many", all(write("plots/mine.svg", "<svg/>"), list), [
    "plots/mine.svg",
  ]],
  ["a file too many", all(write("timings.csv", "0"), list), ["timings.csv"]],
  ["a reward of the data", all(flip("dataset.safetensors", 40), list), [
    "dataset.safetensors",
  ]],
  ["the data of another seed", all(take("dataset.safetensors"), list), [
    "dataset.safetensors",
  ]],
  [
    "another seed",
    all(replace("config.json", '"seed": 42', '"seed": 7'), hide),
    [
      "dataset.safetensors",
      "bc/training.csv",
      "cql/training.csv",
    ],
  ],
  [
    "more steps than were made",
    all(replace("config.json", '"steps": 60', '"steps": 600'), hide),
    ["bc/training.csv"],
  ],
  [
    "a configuration in other writing",
    all(edit("config.json", (text) => JSON.stringify(JSON.parse(text))), hide),
    ["config.json"],
  ],
  [
    "a configuration with a key that there is not",
    all(replace("config.json", "{", '{ "trust": true,'), hide),
    ["config.json"],
  ],
  [
    "a configuration with a key twice",
    all(replace("config.json", '"seed": 42', '"seed": 1, "seed": 42'), hide),
    ["config.json"],
  ],
  ["a configuration that is none", all(write("config.json", "{"), hide), [
    "config.json",
  ]],
  [
    "data of which the configuration knows nothing",
    all(replace("config.json", '"sha256": null', `"sha256": "${ZEROS}"`), hide),
    ["dataset.safetensors"],
  ],
  [
    "a time below nothing",
    all(replace("timings.json", /: \d+/, ": -1"), list),
    ["timings.json"],
  ],
  [
    "a time without end",
    all(replace("timings.json", /: \d[\d.]*/, ": 1e999"), list),
    ["timings.json"],
  ],
  ["no times", all(remove("timings.json"), list), ["timings.json"]],

  // What the manifest says.
  ["a backend that there is not", state({ backend: "tpu" }), ["manifest.json"]],
  ["no backend", state({ backend: undefined }), ["manifest.json"]],
  ["a device that is not text", state({ device: 1 }), ["manifest.json"]],
  ["another lock file", state({ lockSha256: ZEROS }), ["manifest.json"]],
  [
    "another kernel",
    state({ kernelSha256: { ...versions.kernelSha256, "adam.wgsl": ZEROS } }),
    ["manifest.json"],
  ],
  ["no kernels", state({ kernelSha256: {} }), ["manifest.json"]],
  ["another configuration's hash", state({ configSha256: ZEROS }), [
    "manifest.json",
  ]],
  ["no configuration's hash", state({ configSha256: undefined }), [
    "manifest.json",
  ]],
  ["a key too many", state({ verified: true }), ["manifest.json"]],
  ["another hash of a file", entry({ sha256: ZEROS }), ["bc/finished.json"]],
  ["another size of a file", entry({ bytes: 2 ** 50 }), ["bc/finished.json"]],
  ["a file left out", lists(([, ...rest]) => rest), ["bc/finished.json"]],
  [
    "a file that is not there",
    lists((files) => [
      { ...files[0], path: "bc/a.json" },
      ...files,
    ]),
    ["bc/a.json"],
  ],

  // What lies in the folder.
  ["a file of one's own", write("notes.txt", "mine"), ["notes.txt"]],
  ["a hidden file", write("bc/.hidden", "mine"), ["bc/.hidden"]],
  ["a hidden file that is listed nowhere", all(write(".lock", "mine"), list), [
    ".lock",
  ]],
  ["an empty folder", (run) => Deno.mkdirSync(join(run, "dql")), ["dql"]],
  ["checkpoints", (run) => Deno.mkdirSync(join(run, "bc/checkpoints")), [
    "bc/checkpoints",
  ]],
  [
    "a name of another case",
    (run) =>
      Deno.renameSync(join(run, "metrics.json"), join(run, "Metrics.json")),
    [
      "metrics.json",
      "Metrics.json",
    ],
  ],
  // Cyrillic е.
  [
    "a name that looks alike",
    (run) =>
      Deno.renameSync(join(run, "report.html"), join(run, "r\u0435port.html")),
    [
      "report.html",
      "r\u0435port.html",
    ],
  ],
  ["a name that a terminal would obey", write("\x1b[2Jall.txt", "mine"), [
    "\x1b[2Jall.txt",
  ]],
  ["a file of 3 GB beside the run", sparse("large"), ["large"]],
  ["a file of 3 GB in the place of another", sparse("metrics.json"), [
    "metrics.json",
  ]],
  [
    "a folder in the place of a file",
    exchange("metrics.json", (place) => Deno.mkdirSync(place)),
    ["metrics.json"],
  ],
];

/** Links and pipes, which Windows has not or only with a right. */
const unix: typeof named = [
  [
    "a link to the same content",
    exchange(
      "bc/training.csv",
      (place, moved) => Deno.symlinkSync(moved, place),
    ),
    ["bc/training.csv"],
  ],
  [
    "a link to a folder",
    exchange("bc", (place, moved) => Deno.symlinkSync(moved, place)),
    ["bc", "bc/policy.safetensors"],
  ],
  [
    "a link to nowhere",
    (run) => Deno.symlinkSync("/nowhere/at/all", join(run, "cql/link")),
    ["cql/link"],
  ],
  [
    "a link to the folder itself",
    (run) => Deno.symlinkSync(run, join(run, "plots/again")),
    ["plots/again"],
  ],
  [
    "the manifest behind a link",
    exchange("manifest.json", (place, moved) => Deno.symlinkSync(moved, place)),
    ["manifest.json"],
  ],
  ["a pipe", (run) => pipe(join(run, "cql/pipe")), ["cql/pipe"]],
  ["a pipe in the place of a file", exchange("metrics.json", pipe), [
    "metrics.json",
  ]],
  ["a pipe in the place of the configuration", exchange("config.json", pipe), [
    "config.json",
  ]],
];

for (
  const [what, forge, paths] of Deno.build.os === "windows"
    ? named
    : [...named, ...unix]
) {
  Deno.test(`forged: ${what}`, async () => {
    const found = await check(forge, true);
    ok(!isVerified(found));
    const reported = differences(found).map(({ path }) => path);
    deepEqual(
      paths.filter((path) => !reported.includes(path)),
      [],
      `${reported}`,
    );
  });
}

function differences({ manifest, replay }: Verification) {
  return [...manifest, ...replay?.differences ?? []];
}

/** What only the whole check finds: everything that follows from it has been made anew. */
const trained: [what: string, forge: Forge, path: string, what: RegExp][] = [
  [
    "a weight of a policy",
    all(flip("cql/policy.safetensors", 4), hide),
    "cql/policy.safetensors",
    /^is not what the configuration gives; they differ from byte \d+ on$/,
  ],
  [
    "a later row of a table",
    all(replace("cql/training.csv", /(\n90,)[^,]+/, "$10.25"), hide),
    "cql/training.csv",
    /equal up to step 60, different from there on$/,
  ],
];
for (const [what, forge, path, expected] of trained) {
  Deno.test(`forged, which the whole check finds: ${what}`, async () => {
    const found = await check(forge, false);
    const [difference] = differences(found).filter((d) => d.path === path);
    match(difference.what, expected);
  });
}

/** Not a manifest of this suite: there is nothing to compare with. */
const refused: [what: string, forge: Forge, message: RegExp][] = [
  ["empty", write("manifest.json", ""), /is not JSON$/],
  [
    "a number that is none",
    replace("manifest.json", /"bytes": \d+/, '"bytes": NaN'),
    /is not JSON$/,
  ],
  [
    "a number without end",
    replace("manifest.json", /"bytes": \d+/, '"bytes": 1e999'),
    /files are not a list/,
  ],
  ["bytes below nothing", entry({ bytes: -1 }), /files are not a list/],
  ["half a byte", entry({ bytes: 0.5 }), /files are not a list/],
  [
    "a hash in capitals",
    entry({ sha256: "A".repeat(64) }),
    /files are not a list/,
  ],
  [
    "a key of a file too many",
    entry({ checked: true }),
    /files are not a list/,
  ],
  [
    "a path from the root",
    entry({ path: "/etc/passwd" }),
    /files are not a list/,
  ],
  [
    "a path that leads out",
    entry({ path: "bc/../../other/config.json" }),
    /files are not a list/,
  ],
  [
    "a path with a dot",
    entry({ path: "./bc/finished.json" }),
    /files are not a list/,
  ],
  [
    "a path of Windows",
    entry({ path: "bc\\finished.json" }),
    /files are not a list/,
  ],
  ["a path with escapes", entry({ path: "\x1b[2Jbc" }), /files are not a list/],
  [
    "the manifest itself",
    entry({ path: "manifest.json" }),
    /files are not a list/,
  ],
  ["files that are none", state({ files: {} }), /files are not a list/],
  [
    "a file twice",
    lists(([first, ...rest]) => [first, first, ...rest]),
    /names a file twice/,
  ],
  [
    "a file twice in other case",
    lists((
      [first, ...rest],
    ) => [{ ...first, path: "BC/finished.json" }, first, ...rest]),
    /names a file twice/,
  ],
  [
    "files in another order",
    lists((files) => files.toReversed()),
    /are not in order$/,
  ],
  [
    "a key twice",
    replace("manifest.json", "{", '{\n  "backend": "webgpu",'),
    /is not written as this suite writes it$/,
  ],
  [
    "another writing",
    edit("manifest.json", (text) => JSON.stringify(JSON.parse(text))),
    /is not written as this suite writes it$/,
  ],
  [
    "another schema",
    state({ schema: "holdfast/manifest/2" }),
    /its schema is not/,
  ],
  [
    "a version that is none",
    state({ suiteVersion: "\x1b[31m" }),
    /its versions are not valid$/,
  ],
  [
    "no version",
    state({ denoVersion: undefined }),
    /its versions are not valid$/,
  ],
  [
    "a hash that is none",
    state({ lockSha256: "" }),
    /its lockSha256 is not a hash$/,
  ],
  [
    "kernels that are none",
    state({ kernelSha256: { a: 1 } }),
    /its kernelSha256 are not hashes by file name$/,
  ],
  [
    "no configuration",
    lists((files) => files.filter(({ path }) => path !== "config.json")),
    /its manifest names no config\.json/,
  ],
  [
    "no manifest",
    remove("manifest.json"),
    /is not finished; resume it first \(there is no manifest\.json\)$/,
  ],
];
for (const [what, forge, message] of refused) {
  Deno.test(`a forged manifest is refused: ${what}`, async () => {
    await rejects(check(forge, true), (error) => {
      ok(error instanceof InputError, `${error}`);
      match(error.message, message);
      equal(visible(error.message, Infinity), error.message);
      return true;
    });
  });
}

Deno.test("what cannot be known is given as a note or a claim, as docs/durability.md says", async () => {
  const device = "A GPU\x1b[2J";
  const found = await check(
    all(
      state({ backend: "webgpu", device, adapter: { name: "x" } }),
      state({ suiteVersion: "9.9.9", denoVersion: "9.9.9" }),
      state({ lockSha256: ZEROS }),
      write(".lock", ""),
    ),
    true,
  );
  ok(isVerified(found));
  deepEqual(found.claims, [
    `backend webgpu, ${device}`,
    'adapter {"name":"x"}',
  ]);
  deepEqual(found.software, [
    `made with suite version 9.9.9, checked with ${versions.suiteVersion}`,
    `made with Deno 9.9.9, checked with ${Deno.version.deno}`,
    "the lock file and kernels of that version are not checked",
  ]);
  const times = all(replace("timings.json", /: \d+/, ": 1"), list);
  ok(isVerified(await check(times, true)));
});

Deno.test("nothing of a run reaches the terminal raw", async () => {
  const run = copyFolder(honest, join(folder, "raw"));
  const escape = "\x1b]0;PWNED\x07\x9b2J\u202e";
  Deno.writeTextFileSync(join(run, `${escape}a`), "mine");
  state({ backend: "webgpu", device: escape, [`key${escape}`]: 1 })(run);
  const { code, stdout, stderr } = await runScriptOf(
    "verify",
    ...[run, "--quick", "--backend", "reference"],
  );
  equal(code, 1, stderr);
  const shown = "\\u001b]0;PWNED\\u0007\\u009b2J\\u202e";
  const lines = stdout.split("\n");
  for (
    const line of [
      `as claimed, which nothing here can show: backend webgpu, ${shown}`,
      `differs: ${shown}a: is not in the manifest`,
      `differs: manifest.json: has the unknown key key${shown}`,
    ]
  ) ok(lines.includes(line), `${line}\n${stdout}`);
  for (const line of [...lines, ...stderr.split("\n")]) {
    equal(visible(line, Infinity), line);
  }
});

Deno.test("a check whose temporary folder is damaged finds no difference: it ends with a line", async () => {
  let made = "";
  const { makeTempDirSync } = Deno;
  Deno.makeTempDirSync = (options) => made = makeTempDirSync(options);
  try {
    const run = verifyRun({
      directory: honest,
      backend: reference,
      events: {
        onStage: (stage) =>
          stage === "plots" && Deno.removeSync(join(made, "config.json")),
      },
    });
    await rejects(run, /config\.json: vanished while the run was at work/);
  } finally {
    Deno.makeTempDirSync = makeTempDirSync;
  }
  await rejects(Deno.lstat(made), Deno.errors.NotFound);
});
