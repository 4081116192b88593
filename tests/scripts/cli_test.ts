import { deepEqual, equal, throws } from "node:assert/strict";
import {
  choiceFlag,
  helpText,
  integerFlag,
  readArguments,
  type Usage,
} from "../../scripts/cli.ts";
import { InputError } from "../../src/errors.ts";

const usage: Usage = {
  command: "deno task thing",
  about: "Does the thing.",
  flags: {
    seed: { value: "N", help: "names the random streams" },
    backend: { value: "NAME", help: "where to compute" },
    json: { help: "print JSON" },
  },
};
const fails = (args: string[], message: string, of: Usage = usage) =>
  throws(() => readArguments(of, args), new InputError(message));

Deno.test("flags with values, switches and operands", () => {
  const files = { ...usage, operands: "FILE…" };
  deepEqual(
    readArguments(files, ["a", "--seed", "3", "--json", "b", "--backend=wasm"]),
    {
      values: { seed: "3", backend: "wasm" },
      switches: new Set(["json"]),
      operands: ["a", "b"],
    },
  );
  deepEqual(readArguments(files, ["--backend", "-1,-2"]).values, {
    backend: "-1,-2",
  });
  const submits: Usage = {
    ...usage,
    flags: {
      ...usage.flags,
      sbatch: { value: "OPTIONS", help: "", takesOptions: true },
    },
  };
  for (const sbatch of ["--time=60 --partition=batch", "-t 60", "--seeds=1"]) {
    deepEqual(readArguments(submits, ["--sbatch", sbatch]).values, { sbatch });
  }
  for (const next of ["--seed", "--json", "--seed=3", "--sbatch"]) {
    fails(
      ["--sbatch", next],
      "--sbatch: needs a value, --sbatch OPTIONS",
      submits,
    );
  }
  deepEqual(readArguments(files, ["--", "--seed"]).operands, ["--seed"]);
});

Deno.test("what is wrong with a command line", () => {
  fails(["--sede", "3"], "unknown flag --sede; did you mean --seed?");
  fails(
    ["-s", "3"],
    "unknown flag -s; known: --seed, --backend, --json, --help",
  );
  fails(
    ["--toString"],
    "unknown flag --toString; known: --seed, --backend, --json, --help",
  );
  fails(["--seed"], "--seed: needs a value, --seed N");
  fails(["--seed="], "--seed: needs a value, --seed N");
  fails(["--seed", ""], "--seed: needs a value, --seed N");
  fails(["--seed", "-x"], "--seed: needs a value, --seed N");
  fails(["--seed", "--json"], "--seed: needs a value, --seed N");
  fails(["--json=yes"], "--json: takes no value");
  fails(["--seed", "1", "--seed=2"], "--seed: is given twice");
  fails(["--json", "--json"], "--json: is given twice");
  fails(
    ["x"],
    'unexpected argument "x"; deno task thing --help shows the flags',
  );
});

Deno.test("values of flags", () => {
  const seed = (text: string) =>
    integerFlag(readArguments(usage, [`--seed=${text}`]), "seed", 0, 9);
  equal(seed("7"), 7);
  equal(integerFlag(readArguments(usage, []), "seed", 0, 9), undefined);
  for (const bad of ["10", "-1", "1.0", "1e0", "0x1", "x", " 1"]) {
    const message = `--seed: must be an integer from 0 to 9, not "${bad}"`;
    throws(() => seed(bad), new InputError(message));
  }
  const backend = (text: string) =>
    choiceFlag(readArguments(usage, ["--backend", text]), "backend", [
      "auto",
      "wasm",
    ]);
  equal(backend("auto"), "auto");
  throws(
    () => backend("wsam"),
    new InputError('--backend: unknown "wsam"; did you mean wasm?'),
  );
});

Deno.test("the help lists every flag", () => {
  equal(
    helpText({ ...usage, operands: "FILE…" }),
    `Does the thing.

Usage: deno task thing [flags] FILE…

  --seed N        names the random streams
  --backend NAME  where to compute
  --json          print JSON
  --help          show this help
`,
  );
});
