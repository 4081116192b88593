import { equal, ok } from "node:assert/strict";
import { join } from "node:path";

const script = join(import.meta.dirname!, "../../scripts/table.ts");

/** `deno task table` with small sizes, and the page that it leaves. */
function table(folder: string, ...args: string[]) {
  const page = join(folder, "table.md");
  const { code, stderr } = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--frozen", "--allow-read", "--allow-write", script],
      ...["--folder", join(folder, "studies"), "--out", page, "--jobs", "1"],
      ...["--seeds", "0..1", "--training-seeds", "3,4", "--steps", "8"],
      ...args,
    ],
  }).outputSync();
  const error = new TextDecoder().decode(stderr);
  return { code, error, page: code === 0 ? Deno.readTextFileSync(page) : "" };
}

Deno.test("the table has a row for each learner and reference, from studies that go on where they were", () => {
  const folder = Deno.makeTempDirSync();
  try {
    const asked = ["--worlds", "spibbGridworld", "--learners", "tutorial"];
    const { code, page, error } = table(folder, ...asked);
    equal(code, 0, error);
    const study = join(folder, "studies/spibbGridworld/tutorial");
    const { policies } = JSON.parse(
      Deno.readTextFileSync(join(study, "study.json")),
    );
    const rows = page.split("\n").filter((line) => line.startsWith("| "));
    const details = rows.slice(rows.findLastIndex((row) => /IQM/.test(row)));
    equal(
      details.map((row) => row.split(" | ")[0].slice(2)).join(),
      "policy,---,cql, as the tutorial," +
        "*behaviour*,*mostFrequentAction*,*maximumLikelihoodModel*,*spibb*,*optimal*",
    );
    const [{ aggregates: { discountedReturnMean: { mean, worst } } }] =
      policies;
    ok(details[2].includes(` | ${mean.toFixed(4)} | `), details[2]);
    ok(
      details[2].includes(
        `${worst.value.toFixed(4)} (${worst.seed}, ${worst.trainingSeed})`,
      ),
    );
    ok(
      page.includes(
        "`tutorial`: seeds 0, 1, training seeds 3, 4, 8 steps.",
      ),
    );
    ok(page.includes("networks in gridworld"), "what is missing is said");
    Deno.removeSync(join(study, "manifest.json"));
    Deno.removeSync(join(study, "cells/tutorial/cql/1-3.json"));
    equal(table(folder, ...asked).page, page);
    equal(
      table(folder, "--worlds", "frozenlake").error.trim(),
      'error: --worlds: "frozenlake" is unknown; did you mean frozenLake?',
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
