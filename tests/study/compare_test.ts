import { equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { referenceBackend } from "../../src/backends/reference.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import type { ConfigOverrides } from "../../src/config/config.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { datasetSha256 } from "../../src/run/problem.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { compareFolders } from "../../src/study/compare.ts";
import { resolveStudy } from "../../src/study/config.ts";
import { runStudy } from "../../src/study/study.ts";
import { logOverrides, tosses } from "../run/small_log.ts";
import {
  copyFolder,
  refused,
  runScriptOf,
  smallOverrides,
  snapshot,
} from "../run/small_run.ts";
import { overrides } from "./small_study.ts";

const folder = Deno.makeTempDirSync();
globalThis.addEventListener(
  "unload",
  () => Deno.removeSync(folder, { recursive: true }),
);
const at = (name: string) => join(folder, name);

async function run(
  name: string,
  more: ConfigOverrides = {},
  backend = referenceBackend,
): Promise<string> {
  const config = resolveConfig("smoke", { ...smallOverrides, ...more });
  await runPipeline({ config, backend, out: at(name) });
  return at(name);
}

const base = await run("base");
const again = await run("again", {}, wasmBackend({ threads: 1 }));
const other = await run("other", {
  algorithms: {
    ...smallOverrides.algorithms,
    cql: { ...smallOverrides.algorithms.cql, alpha: 0.5 },
  },
});
const tables = await run("tables", {
  without: ["bc", "cql"],
  algorithms: { spibb: {} },
});
const moved = await run("moved", {
  environment: { ...smallOverrides.environment, slipProbability: 0.2 },
});

const log = tosses();
const logConfig = resolveConfig(
  "smoke",
  { ...logOverrides, dataset: { heldOut: 0.5 } },
  { datasetSha256: datasetSha256(log) },
);
await runPipeline({
  config: logConfig,
  backend: referenceBackend,
  out: at("log"),
  dataset: log,
});

/** What a comparison says on a terminal, and its page without tags. */
async function compared(...folders: string[]) {
  const comparison = await compareFolders(folders);
  let text = "";
  comparison.print({
    isTerminal: false,
    columns: 80,
    write: (part) => text += part,
  });
  const page = comparison.html.replace(/<style>.*?<\/style>/s, "")
    .replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");
  return { text, page };
}

function includes(text: string, ...parts: string[]): void {
  for (const part of parts) ok(text.includes(part), `${part}\n---\n${text}`);
}

Deno.test("runs: what differs in configuration, values and bits, and what does not", async () => {
  const { text, page } = await compared(base, again, other, tables);
  const { exact, regret } = JSON.parse(
    Deno.readTextFileSync(join(base, "metrics.json")),
  ).policies.cql;
  includes(
    text,
    "data: equal, bit for bit\n",
    "bc: equal, bit for bit\n",
    "cql: base = again; other\n",
    "spibb: only in tables\n",
    "  algorithms.cql.alpha: 0.1 | 0.1 | 0.5 | –\n",
    "  algorithms.spibb: – | – | – | { … }\n",
  );
  const rowOf = (label: string) =>
    new RegExp(`^cql +${label} .*$`, "m").exec(text)![0];
  equal(rowOf("again").replace("again", " base"), rowOf("base"));
  includes(
    page,
    "Comparison: base, again, other, tables",
    "All runs have the same world.",
    "algorithms.cql.alpha 0.1 0.1 0.5 –",
    `base ${exact.returnMean.toFixed(2).replace("-", "−")} `,
    ` ${regret.toFixed(2)} `,
    // The second run's values are those of the first.
    "equal",
    "backend reference wasm reference reference",
    "suite 0.2.0 0.2.0 0.2.0 0.2.0",
  );
});

Deno.test("runs of other worlds have no differences, and keep their regret", async () => {
  const { text, page } = await compared(base, moved);
  includes(
    text,
    "data: different\n",
    "1 key differs\n  environment.slipProbability: 0.05 | 0.2\n",
  );
  includes(page, "The worlds differ", "optimal base ", " moved ");
  ok(!page.includes("Small numbers are differences"));
});

Deno.test("a run whose world is not known has estimates, beside one that knows its own", async () => {
  const { offPolicy } = JSON.parse(
    Deno.readTextFileSync(join(at("log"), "metrics.json")),
  ).policies.bc;
  const { text, page } = await compared(at("log"), base);
  includes(page, "Not every run knows its world", "What the data say");
  const size = `${Number(offPolicy.effectiveSampleSize.toPrecision(4))}`;
  match(
    text,
    new RegExp(`^bc +log +(yes|no) +${size.replace(".", "\\.")} `, "m"),
  );
  includes(text, "environment: null | {");
});

const small = (more: object, seeds: number[]) =>
  resolveStudy({
    presets: ["smoke"],
    seeds,
    overrides: { ...overrides, ...more },
  });

Deno.test("studies: intervals, curves, and on how many seeds the bits are equal", async () => {
  const one = small({}, [0, 1]);
  const two = small({
    algorithms: { ...overrides.algorithms, spibb: {} },
    environment: { ...overrides.environment, slipProbability: 0.05 },
  }, [1, 2]);
  for (const [name, study] of Object.entries({ one, two })) {
    await runStudy({ study, out: at(name), jobs: 1, backend: "reference" });
  }
  const { text, page } = await compared(at("one"), at("two"));
  includes(
    text,
    "cql: equal, bit for bit, on all 1 seeds in common\n",
    "spibb: only in two\n",
    "  seeds: [0,1] | [1,2]\n",
  );
  // A reference and a learner of one name are two.
  match(text, /^spibb +two .*$/m);
  equal([...text.matchAll(/^spibb /gm)].length, 3);
  match(text, /^spibb \(reference\) +one .*\nspibb \(reference\) +two .*$/m);
  const { policies } = JSON.parse(
    Deno.readTextFileSync(join(at("two"), "study.json")),
  );
  const { value } = policies[1].aggregates.returnMean.interquartileMean;
  equal(policies[1].policy, "cql");
  includes(page, `two ${value.toFixed(2).replace("-", "−")} `, "Training");
  await refused(
    compareFolders([base, at("one")]),
    /base is a run and .*one a study: compare runs with runs, and studies with studies$/,
  );
});

Deno.test("what cannot be compared is refused in one line", async () => {
  const empty = at("empty");
  Deno.mkdirSync(empty);
  await refused(compareFolders([base]), /^give two or more run or study/);
  await refused(compareFolders([base, empty]), /empty: holds no run or study/);
  await refused(compareFolders([base, at("nowhere")]), /nowhere: holds no run/);
  Deno.symlinkSync(base, at("link"));
  await refused(
    compareFolders([base, other, at("link")]),
    /link: is the same folder as .*base; give each once$/,
  );
  const broken = copyFolder(base, at("broken"));
  for (
    const [path, change] of [
      ["bc/training.csv", "step\n"],
      ["config.json", "{}"],
      ["metrics.json", "[]"],
    ]
  ) {
    const text = Deno.readTextFileSync(join(broken, path));
    Deno.writeTextFileSync(join(broken, path), change);
    await refused(
      compareFolders([base, broken]),
      new RegExp(`${path}: was changed after it was made; deno task verify`),
    );
    Deno.writeTextFileSync(join(broken, path), text);
  }
  Deno.removeSync(join(broken, "metrics.json"));
  await refused(compareFolders([base, broken]), /metrics\.json: vanished/);
  Deno.removeSync(join(broken, "manifest.json"));
  await refused(compareFolders([base, broken]), /broken: is not finished/);
});

Deno.test("a manifest that fits metrics of another kind is refused in one line", async () => {
  const forged = copyFolder(base, at("forged"));
  const path = join(forged, "metrics.json");
  const manifest = JSON.parse(
    Deno.readTextFileSync(join(forged, "manifest.json")),
  );
  const { canonicalJson } = await import("../../src/files/canonical_json.ts");
  const { fileOf } = await import("../../src/run/made_files.ts");
  const metrics = JSON.parse(Deno.readTextFileSync(path));
  const { policies, ...rest } = metrics;
  for (
    const [value, message] of [
      [
        [],
        /metrics\.json: schema is not as this version of the suite writes it/,
      ],
      [rest, /metrics\.json: policies is not as this version/],
      [{ ...metrics, policies: { "../x": policies.bc } }, /is no algorithm/],
      [
        { ...metrics, policies: { bc: policies.cql } },
        /the SHA-256 of bc is not that of its file/,
      ],
    ] as const
  ) {
    const text = canonicalJson(value);
    Deno.writeTextFileSync(path, text);
    const files = manifest.files.map((file: { path: string }) =>
      file.path === "metrics.json" ? fileOf("metrics.json", text) : file
    );
    Deno.writeTextFileSync(
      join(forged, "manifest.json"),
      canonicalJson({ ...manifest, files }),
    );
    await refused(compareFolders([base, forged]), message);
  }
});

Deno.test("the command leaves its page and nothing else, and replaces only such a page", async () => {
  const out = at("pages/page.html");
  const before = snapshot(base);
  const good = await runScriptOf("compare", base, other, "--out", out);
  equal(good.code, 0, good.stderr);
  equal(good.stdout.split("\n").at(-2), out);
  const page = Deno.readTextFileSync(out);
  match(page, /<title>Comparison: base, other<\/title>/);
  equal((await runScriptOf("compare", base, other, "--out", out)).code, 0);
  equal(Deno.readTextFileSync(out), page);
  const foreign = at("mine.html");
  Deno.writeTextFileSync(foreign, "mine");
  for (
    const [place, message] of [
      [foreign, /mine\.html: is there and no page of this command/],
      [
        join(base, "page.html"),
        /page\.html lies in .*base, which would no longer/,
      ],
      [folder, /is there and no page of this command/],
    ] as const
  ) {
    const bad = await runScriptOf("compare", base, other, "--out", place);
    equal(bad.code, 2);
    match(bad.stderr, /^error: [^\n]*\n$/);
    match(bad.stderr, message);
  }
  equal(Deno.readTextFileSync(foreign), "mine");
  ok(`${snapshot(base)}` === `${before}`);
});
