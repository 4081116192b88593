/**
 * What comes down on a first run: `deno.json` holds what the suite needs, `deno.dev.json` that and
 * the packages of tests and benchmarks, `deno.page.json` those of the page. What they share is the same.
 *
 * @module
 */
import { deepEqual, match, ok } from "node:assert/strict";

const root = new URL("../../", import.meta.url);
const text = (name: string) => Deno.readTextFileSync(new URL(name, root));
const main = JSON.parse(text("deno.json"));
const dev = JSON.parse(text("deno.dev.json"));

Deno.test("packages: tests and benchmarks see what the suite sees, exact versions alone", () => {
  deepEqual(dev.imports, { ...dev.imports, ...main.imports });
  deepEqual(dev.compilerOptions, main.compilerOptions);
  for (const specifier of Object.values(dev.imports)) {
    match(specifier as string, /^npm:(@\w+\/)?[\w-]+@\d+\.\d+\.\d+(\/\w+)?$/);
  }
});

Deno.test("packages: the page has the suite's versions, and its lock their hashes", () => {
  const { imports } = JSON.parse(text("deno.page.json"));
  const own = { ...imports, vega: imports["vega-itself"] };
  for (const [name, specifier] of Object.entries<string>(main.imports)) {
    if (name in own) deepEqual(own[name], specifier);
  }
  const [suite, page] = ["deno.lock", "deno.page.lock"].map(integrities);
  for (const [name, hash] of Object.entries(page)) {
    deepEqual(hash, suite[name] ?? hash);
  }
});

Deno.test("packages: the lock of the tests has every package of the suite's lock", () => {
  const [suite, tests] = ["deno.lock", "deno.dev.lock"].map(integrities);
  deepEqual(tests, { ...tests, ...suite });
  ok(Object.keys(suite).length > 50);
});

Deno.test("packages: nothing for development alone comes down for a pipeline", () => {
  const names = Object.keys(integrities("deno.lock")).join("\n");
  for (const name of ["tfjs", "onnxruntime", "assemblyscript", "core-js"]) {
    ok(!names.includes(name), name);
  }
});

Deno.test("packages: locks name no registry", () => {
  for (const lock of ["deno.lock", "deno.dev.lock", "deno.page.lock"]) {
    ok(!/https?:|tarball/.test(text(lock)), lock);
  }
});

/** SHA-512 of each package in a lock, by name and version without its peers. */
function integrities(lock: string): Record<string, string> {
  const { npm } = JSON.parse(text(lock)) as {
    npm: Record<string, { integrity: string }>;
  };
  return Object.fromEntries(
    Object.entries(npm).map(([id, { integrity }]) => [
      id.replace(/(?<=.)_.*/, ""),
      integrity,
    ]),
  );
}
