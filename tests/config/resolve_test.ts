import type { Config } from "../../src/config/config.ts";
import type { GridworldConfig } from "../../src/environments/gridworld.ts";
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { resolveConfig } from "../../src/config/resolve.ts";
import { type PresetName, presets } from "../../src/config/presets.ts";
import { InputError } from "../../src/errors.ts";

/** The one line that a wrong configuration gets. */
function message(overrides: unknown, preset = "tutorial", flags = {}): string {
  try {
    resolveConfig(preset, overrides, flags, "config.json");
  } catch (error) {
    ok(error instanceof InputError, `${error}`);
    ok(!error.message.includes("\n"));
    return error.message;
  }
  throw new Error("no error");
}

const gridworldOf = ({ environment }: Config) => environment as GridworldConfig;

Deno.test("the tutorial preset is the tutorial's configuration", () => {
  deepEqual(resolveConfig("tutorial"), {
    seed: 42,
    environment: {
      size: 15,
      maxSteps: 80,
      slipProbability: 0.05,
      start: [0, 0],
      goal: [14, 14],
      hazards: null,
    },
    dataset: {
      episodes: 500,
      epsilon: 0.22,
      bootstrapOnTruncation: false,
      sha256: null,
      heldOut: 0,
      splitSeed: 0,
      resample: false,
    },
    network: { hidden: [256, 256], encoder: "none" },
    algorithms: {
      bc: {
        steps: 25000,
        learningRate: 3e-4,
        learningRateSchedule: "constant",
        batchSize: 256,
        beta: 0.5,
        ensembleSize: 1,
        logInterval: 250,
      },
      cql: {
        steps: 80000,
        learningRate: 3e-4,
        learningRateSchedule: "constant",
        batchSize: 256,
        gamma: 0.99,
        alpha: 6,
        temperature: 1,
        targetUpdateInterval: 8000,
        ensembleSize: 1,
        rewardScale: 1,
        targetActionNoise: 0,
        criticCount: 1,
        quantiles: 0,
        risk: 1,
        checkpointChoice: "last",
        logInterval: 1000,
      },
    },
    evaluation: { episodes: 30, mismatchSamples: 7000 },
  });
});

Deno.test("flags win over the file, the file over the preset", () => {
  const file = {
    seed: 7,
    environment: { size: 9 },
    algorithms: { cql: { alpha: 1 } },
  };
  const config = resolveConfig("tutorial", file, { seed: 8 });
  equal(config.seed, 8);
  equal(resolveConfig("tutorial", file).seed, 7);
  deepEqual(gridworldOf(config).goal, [8, 8]);
  equal(config.environment!.maxSteps, 80);
  equal(config.algorithms.cql!.alpha, 1);
  equal(config.algorithms.cql!.gamma, 0.99);
});

Deno.test("a goal of null is the far corner, a given goal stays", () => {
  deepEqual(
    gridworldOf(
      resolveConfig("tutorial", { environment: { goal: null, size: 6 } }),
    ).goal,
    [
      5,
      5,
    ],
  );
  deepEqual(
    gridworldOf(
      resolveConfig("tutorial", { environment: { goal: [3, 4] } }),
    ).goal,
    [3, 4],
  );
});

Deno.test("keys of earlier versions are read under their new names, with a note each", () => {
  const notes: string[] = [];
  const old = {
    dataset: { timeoutsTerminate: false },
    network: { observationScaling: "minmax" },
    algorithms: { cql: { members: 3, actionNoise: 0.5 } },
  };
  const config = resolveConfig("tutorial", old, {
    onNote: (note) => notes.push(note),
  });
  equal(config.dataset.bootstrapOnTruncation, true);
  equal(config.network.encoder, "minmax");
  equal(config.algorithms.cql!.ensembleSize, 3);
  equal(config.algorithms.cql!.targetActionNoise, 0.5);
  deepEqual(notes, [
    "dataset.timeoutsTerminate is now called bootstrapOnTruncation, and is its opposite",
    "network.observationScaling is now called encoder",
    "algorithms.cql.members is now called ensembleSize",
    "algorithms.cql.actionNoise is now called targetActionNoise",
  ]);
  equal(
    message({ algorithms: { bc: { members: 1, ensembleSize: 1 } } }),
    "config.json: algorithms.bc.members: is the old name of ensembleSize, which is also given",
  );
});

Deno.test("dqn and doubleDqn start from the preset's CQL without alpha", () => {
  const { algorithms } = resolveConfig("tutorial", {
    algorithms: { doubleDqn: { steps: 10 } },
  });
  const { alpha: _, temperature: __, ...rest } = algorithms.cql!;
  deepEqual(algorithms.doubleDqn, { ...rest, steps: 10 });
  deepEqual(Object.keys(algorithms), ["bc", "cql", "doubleDqn"]);
  equal(
    message({ algorithms: { dqn: { alpha: 1 } } }).startsWith(
      "config.json: algorithms.dqn.alpha: unknown key; known: steps",
    ),
    true,
  );
});

for (const preset of Object.keys(presets)) {
  Deno.test(`a resolved ${preset} configuration resolves to itself, byte for byte`, () => {
    const config = resolveConfig(preset, {
      algorithms: { dqn: {}, doubleDqn: {} },
    });
    const text = JSON.stringify(config);
    equal(JSON.stringify(resolveConfig("tutorial", JSON.parse(text))), text);
  });
}

Deno.test("time limits end nothing in data from a file unless the file of keys says so", () => {
  const sha256 = "ab".repeat(32);
  for (const preset of Object.keys(presets)) {
    const of = (overrides: object, flags = {}) =>
      resolveConfig(preset, overrides, flags).dataset.bootstrapOnTruncation;
    equal(of({}), presets[preset as PresetName].dataset.bootstrapOnTruncation);
    equal(of({}, { datasetSha256: sha256 }), true);
    equal(of({ dataset: { sha256 } }), true);
    equal(of({ environment: {} }, { datasetSha256: sha256 }), true);
    for (const bootstrapOnTruncation of [false, true]) {
      const dataset = { bootstrapOnTruncation };
      const flags = { datasetSha256: sha256 };
      equal(of({ dataset }, flags), bootstrapOnTruncation);
      const config = resolveConfig(preset, { dataset }, flags);
      deepEqual(resolveConfig("tutorial", config), config);
      deepEqual(resolveConfig("safe", config, flags), config);
    }
  }
});

Deno.test("names are one-hot by default, whatever the preset; an explicit choice wins", () => {
  for (const preset of ["tutorial", "safe", "smoke"]) {
    const encoder = (overrides: unknown, isCategorical: boolean) =>
      resolveConfig(preset, overrides, { isCategorical }).network.encoder;
    equal(encoder({}, true), "oneHot");
    equal(encoder({ network: { hidden: [3] } }, true), "oneHot");
    equal(encoder({}, false), presets[preset as PresetName].network.encoder);
    for (const chosen of ["none", "minmax", "oneHot"]) {
      equal(encoder({ network: { encoder: chosen } }, true), chosen);
      equal(encoder({ network: { encoder: chosen } }, false), chosen);
    }
  }
});

Deno.test("key order does not depend on the file's", () => {
  const a = resolveConfig("smoke", {
    dataset: { epsilon: 0.5, episodes: 3 },
    seed: 1,
  });
  const b = resolveConfig("smoke", {
    seed: 1,
    dataset: { episodes: 3, epsilon: 0.5 },
  });
  equal(JSON.stringify(a), JSON.stringify(b));
});

Deno.test("a resolved configuration is frozen and shares nothing with preset or file", () => {
  const hazards = [[3, 3]];
  const config = resolveConfig("tutorial", { environment: { hazards } });
  hazards[0][0] = 4;
  deepEqual(gridworldOf(config).hazards, [[3, 3]]);
  throws(() => Object.assign(config.environment!, { size: 3 }), TypeError);
  throws(() => Object.assign(gridworldOf(config).start, [1, 1]), TypeError);
  ok(!Object.isFrozen(presets.tutorial.environment.start));
});

Deno.test("minus zero becomes zero", () => {
  ok(
    Object.is(
      resolveConfig("tutorial", { dataset: { epsilon: -0 } }).dataset.epsilon,
      0,
    ),
  );
});

const wrong: [overrides: unknown, line: string][] = [
  [
    { algorithms: { cql: { aplha: 1 } } },
    "algorithms.cql.aplha: unknown key; did you mean alpha?",
  ],
  [
    { algorithms: { bc: { conservative_weight: 6 } } },
    "algorithms.bc.conservative_weight: unknown key; " +
    "known: steps, learningRate, learningRateSchedule, batchSize, beta, logInterval, ensembleSize",
  ],
  [
    { toString: 1 },
    "toString: unknown key; known: seed, trainingSeed, environment, dataset, network, algorithms, without, evaluation",
  ],
  [
    JSON.parse('{"__proto__": {}}'),
    "__proto__: unknown key; known: seed, trainingSeed, environment, dataset, network, algorithms, without, evaluation",
  ],
  [
    { "a\nb": 1 },
    '"a\\nb": unknown key; known: seed, trainingSeed, environment, dataset, network, algorithms, without, evaluation',
  ],
  [
    { algorithms: { cql: { risk: 0.25 } } },
    "algorithms.cql.risk: 0.25 is a share of quantiles, and there are none: set quantiles, such as 32",
  ],
  [[], "must be an object, not a list of 0"],
  [null, "must be an object, not null"],
  [{ algorithms: { bc: null } }, "algorithms.bc: must be an object, not null"],
  [{ seed: "42" }, 'seed: must be an integer from 0 to 4294967295, not "42"'],
  [{ seed: 1.5 }, "seed: must be an integer from 0 to 4294967295, not 1.5"],
  [{ seed: -1 }, "seed: must be an integer from 0 to 4294967295, not -1"],
  [
    { dataset: { epsilon: NaN } },
    "dataset.epsilon: must be a number from 0 to 1, not NaN",
  ],
  [
    { dataset: { epsilon: 1e999 } },
    "dataset.epsilon: must be a number from 0 to 1, not Infinity",
  ],
  [
    { dataset: { bootstrapOnTruncation: 1 } },
    "dataset.bootstrapOnTruncation: must be true or false, not 1",
  ],
  [
    { environment: { slipProbability: 1.01 } },
    "environment.slipProbability: must be a number from 0 to 1, not 1.01",
  ],
  [
    { environment: { start: [1] } },
    "environment.start: must be a cell [x, y], not a list of 1",
  ],
  [
    { environment: { start: [1, 2, 3] } },
    "environment.start: must be a cell [x, y], not a list of 3",
  ],
  [
    { environment: { hazards: [[1, 1], [2, "3"]] } },
    'environment.hazards[1][1]: must be an integer from 0 to 255, not "3"',
  ],
  [
    { network: { hidden: [] } },
    "network.hidden: must have at least one layer, not a list of 0",
  ],
  [
    { network: { encoder: "max" } },
    'network.encoder: must be "none" or "minmax" or "oneHot", not "max"',
  ],
  // Conflicts between keys that are each in range.
  [
    { environment: { start: [15, 0] } },
    "environment.start: [15,0] is outside the grid of size 15",
  ],
  [
    { environment: { goal: [0, 15] } },
    "environment.goal: [0,15] is outside the grid of size 15",
  ],
  [
    { environment: { start: [14, 14] } },
    "environment.start: [14,14] is the goal; choose another cell",
  ],
  [
    { environment: { hazards: [[3, 3], [0, 0]] } },
    "environment.hazards[1]: [0,0] is the start; choose another cell",
  ],
  [
    { environment: { size: 5, hazards: [[3, 5]] } },
    "environment.hazards[0]: [3,5] is outside the grid of size 5",
  ],
  [
    { environment: { size: 4 } },
    "environment.hazards: cannot be drawn on a grid of size 4; give cells or a size of at least 5",
  ],
];
for (const [overrides, line] of wrong) {
  Deno.test(`wrong: ${line.slice(0, 70)}`, () =>
    equal(message(overrides), `config.json: ${line}`));
}

Deno.test("a hazard on the goal is allowed: the goal wins", () => {
  resolveConfig("tutorial", { environment: { hazards: [[14, 14]] } });
});

Deno.test("an unknown preset and a wrong flag are named", () => {
  equal(
    message({}, "toturial"),
    'unknown preset "toturial"; did you mean tutorial?',
  );
  equal(
    message({}, "smoke", { seed: -1 }),
    "flags: seed: must be an integer from 0 to 4294967295, not -1",
  );
});

Deno.test("data and worlds that a file of keys names are not replaced by others", () => {
  const [one, other] = ["ab", "cd"].map((byte) => byte.repeat(32));
  const keys = { dataset: { sha256: one } };
  equal(
    resolveConfig("smoke", keys, { datasetSha256: one }).dataset.sha256,
    one,
  );
  throws(
    () => resolveConfig("smoke", keys, { datasetSha256: other }, "c.json"),
    new InputError(
      "c.json: dataset.sha256: is of other data than --dataset gives; give those, or leave the key out",
    ),
  );
  const world = (sha256: string) => ({
    environment: { name: "file" as const, sha256 },
  });
  const resolved = (flags: object) =>
    resolveConfig("smoke", world(one), flags, "c.json").environment;
  deepEqual(resolved(world(one)), {
    name: "file",
    sha256: one,
    maxSteps: null,
  });
  equal(resolved({ environment: { name: "frozenLake" } })?.name, "frozenLake");
  throws(
    () => resolved(world(other)),
    new InputError(
      "--environment: is not the world of the configuration (environment.sha256): give that one, or leave the key environment out",
    ),
  );
});
