import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { InputError } from "../../src/errors.ts";
import {
  parseSeeds,
  resolveStudy,
  seedConfig,
  studyCells,
} from "../../src/study/config.ts";
import { resolveConfig } from "../../src/config/resolve.ts";

Deno.test("seeds are numbers, ranges with both ends and mixtures, and come sorted", () => {
  deepEqual(parseSeeds("0..9"), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  deepEqual(parseSeeds("7"), [7]);
  deepEqual(parseSeeds("7..7"), [7]);
  deepEqual(parseSeeds("0,3,7"), [0, 3, 7]);
  deepEqual(parseSeeds("100..102, 3, 7..8"), [3, 7, 8, 100, 101, 102]);
  deepEqual(parseSeeds("4294967295"), [4294967295]);
  equal(parseSeeds("1..10000").length, 10000);
});

const wrongSeeds: [text: string, expected: string][] = [
  ["", '"" is neither a seed nor a range'],
  ["1,,2", '"" is neither a seed nor a range'],
  ["-1", '"-1" is neither a seed nor a range'],
  ["1.5", '"1.5" is neither a seed nor a range'],
  ["1...3", '"1...3" is neither a seed nor a range'],
  ["a..b", '"a..b" is neither a seed nor a range'],
  ["9..0", "9..0 runs backwards"],
  ["4294967296", "a seed is at most 4294967295"],
  ["0..4294967295", "more than 10000 seeds"],
  ["0..10000", "more than 10000 seeds"],
  ["0..5,3", "seed 3 is given twice"],
];
for (const [text, expected] of wrongSeeds) {
  Deno.test(`--seeds ${JSON.stringify(text)} is refused in one line`, () => {
    throws(
      () => parseSeeds(text),
      new InputError(`--seeds: ${expected}; write such as 0..9 or 0,3,7..9`),
    );
  });
}

Deno.test("the configuration of a seed is that of a run of the pipeline", () => {
  const overrides = { algorithms: { cql: { alpha: 2 } } };
  const study = resolveStudy({
    presets: ["smoke", "tutorial"],
    seeds: [5],
    overrides,
  });
  for (const preset of ["smoke", "tutorial"]) {
    deepEqual(
      seedConfig(study, preset, 5),
      resolveConfig(preset, overrides, { seed: 5 }),
    );
  }
});

Deno.test("equal requests give equal configurations", () => {
  const one = resolveStudy({
    presets: ["smoke"],
    algorithms: ["cql", "bc"],
    seeds: [3, 1],
    overrides: { seed: 8 },
  });
  const other = resolveStudy({ presets: ["smoke"], seeds: [1, 3] });
  equal(JSON.stringify(one), JSON.stringify(other));
});

Deno.test("a study's cells are presets times algorithms and references times seeds", () => {
  const study = resolveStudy({
    presets: ["smoke"],
    algorithms: ["dqn", "bc"],
    seeds: [1, 2],
  });
  deepEqual(
    studyCells(study).map(({ preset, policy, seed }) =>
      `${preset}/${policy}/${seed}`
    ),
    [
      "smoke/bc/1",
      "smoke/bc/2",
      "smoke/dqn/1",
      "smoke/dqn/2",
      "smoke/references/1",
      "smoke/references/2",
    ],
  );
});

const wrongStudies: [
  request: Omit<Parameters<typeof resolveStudy>[0], "seeds">,
  expected: string,
][] = [
  [{ presets: ["smoek"] }, 'unknown preset "smoek"; did you mean smoke?'],
  [{ presets: ["smoke", "smoke"] }, "preset smoke is given twice"],
  [
    { presets: ["smoke"], algorithms: ["cqll"] },
    'unknown algorithm "cqll"; did you mean cql?',
  ],
  [
    { presets: ["smoke"], algorithms: ["bc", "bc"] },
    "algorithm bc is given twice",
  ],
  [
    { presets: ["smoke"], overrides: { algorithms: [] }, source: "c.json" },
    "c.json: algorithms: must be an object, not a list of 0",
  ],
  [
    { presets: ["smoke"], overrides: { environment: null } },
    "config: environment: null needs data from a file; give --dataset FILE",
  ],
];
for (const [request, expected] of wrongStudies) {
  Deno.test(`refused: ${expected}`, () => {
    throws(
      () => resolveStudy({ ...request, seeds: [0] }),
      (error) => {
        ok(error instanceof InputError);
        equal(error.message, expected);
        return true;
      },
    );
  });
}
