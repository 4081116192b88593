import { ok } from "node:assert/strict";
import { ALGORITHMS } from "../../src/algorithms/index.ts";
import { ENVIRONMENTS } from "../../src/environments/index.ts";

const page = (name: string) =>
  Deno.readTextFileSync(new URL(`../../docs/${name}`, import.meta.url));

for (
  const [definitions, text] of [
    [ALGORITHMS, page("configuration.md") + page("algorithms.md")],
    [ENVIRONMENTS, page("environments.md")],
  ] as const
) {
  for (const { name, settings } of definitions) {
    Deno.test(`the docs name ${name} and each of its settings`, () => {
      ok(text.includes(`\`${name}\``), name);
      for (const key of Object.keys(settings)) {
        ok(new RegExp(`[\`.]${key}\``).test(text), `${name}.${key}`);
      }
    });
  }
}
