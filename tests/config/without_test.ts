/** Which algorithms a run has: those of the preset, more, fewer, or the ones of a flag alone. */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { presets } from "../../src/config/presets.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { InputError } from "../../src/errors.ts";

const namesOf = (overrides: object, algorithms?: string[]) => {
  const config = resolveConfig("smoke", overrides, { algorithms });
  for (const preset of Object.keys(presets)) {
    // What is resolved says it all, whatever lies under it.
    equal(
      JSON.stringify(resolveConfig(preset, config)),
      JSON.stringify(config),
    );
  }
  return [Object.keys(config.algorithms), config.without];
};

Deno.test("the preset's, those that are named beside them, and without some", () => {
  deepEqual(namesOf({}), [["bc", "cql"], undefined]);
  deepEqual(namesOf({ algorithms: { spibb: {} } }), [
    ["bc", "cql", "spibb"],
    undefined,
  ]);
  deepEqual(namesOf({ without: ["cql", "bc"], algorithms: { spibb: {} } }), [
    ["spibb"],
    ["bc", "cql"],
  ]);
  deepEqual(namesOf({ without: [] }), [["bc", "cql"], undefined]);
});

Deno.test("a flag names all: settings come from preset, file and defaults", () => {
  const file = { algorithms: { spibb: { threshold: 3 }, dqn: {} } };
  deepEqual(namesOf(file, ["spibb", "cql"]), [["cql", "spibb"], ["bc"]]);
  const { algorithms } = resolveConfig("smoke", file, {
    algorithms: ["spibb", "cql", "rmin"],
  });
  deepEqual(algorithms.spibb, { threshold: 3, gamma: 0.99 });
  deepEqual(algorithms.cql, presets.smoke.algorithms.cql);
  deepEqual(Object.keys(algorithms.rmin!), ["threshold", "gamma"]);
  // It wins over what the file leaves out.
  deepEqual(namesOf({ without: ["cql"] }, ["cql"]), [["cql"], ["bc"]]);
});

Deno.test("what makes no sense is refused in one line", () => {
  const says = (
    overrides: object,
    algorithms: string[] | undefined,
    line: string,
  ) =>
    throws(
      () => resolveConfig("smoke", overrides, { algorithms }, "c.json"),
      (error) => {
        ok(error instanceof InputError);
        equal(error.message, line);
        return true;
      },
    );
  says(
    { without: ["bc"], algorithms: { bc: {} } },
    undefined,
    "c.json: without: bc is also under algorithms; keep one of them",
  );
  says(
    { without: ["bc", "cql"] },
    undefined,
    "c.json: without: no algorithm is left; keep one",
  );
  says(
    { without: ["spib"] },
    undefined,
    'c.json: without[0]: must be the name of an algorithm (did you mean spibb?), not "spib"',
  );
  says(
    { without: "bc" },
    undefined,
    'c.json: without: must be a list of names of algorithms, not "bc"',
  );
  says({}, ["spib"], 'unknown algorithm "spib"; did you mean spibb?');
  says({}, ["bc", "bc"], "algorithm bc is given twice");
  says(
    { algorithms: { spibb: { threshold: 0 } } },
    undefined,
    "c.json: algorithms.spibb.threshold: must be an integer from 1 to 1000000, not 0",
  );
  says(
    { algorithms: { spibb: { steps: 3 } } },
    undefined,
    "c.json: algorithms.spibb.steps: unknown key; known: threshold, gamma",
  );
});
