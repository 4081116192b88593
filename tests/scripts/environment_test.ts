/** `deno task environment`: worlds by name and by file, and exact values of policies in them. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { worldToSafetensors } from "../../src/environments/world_safetensors.ts";
import { worldSha256 } from "../../src/run/problem.ts";
import { collectDataset } from "../../src/dataset/collect.ts";
import { policyToSafetensors } from "../../src/network/policy_file.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { train } from "../../src/run/train_policy.ts";
import { inFolder, runScriptOf } from "../run/small_run.ts";
import { ward } from "../run/world.ts";

const environment = (...args: string[]) => runScriptOf("environment", ...args);

async function json(...args: string[]) {
  const { code, stdout, stderr } = await environment(...args, "--json");
  match(stderr, /^(note: .*\n)*$/);
  equal(code, 0, stderr);
  return JSON.parse(stdout);
}

function close(actual: number, wanted: number): void {
  ok(Math.abs(actual - wanted) < 1e-12, `${actual} is not ${wanted}`);
}

/** Two states, one action: half the time it goes on, and pays 1; else it ends, unsafely. */
const coin =
  `{"P": [[[[0.5, 0, 1, false], [0.5, 1, 0, true]]], [[[1, 1, 0, true]]]]}`;

Deno.test("list shows sizes and optimum of every built-in world and variant", async () => {
  const { worlds } = await json("list");
  const of = (wanted: string) =>
    worlds.find(({ name }: { name: string }) => name === wanted);
  const { title: _, ...cliff } = of("cliffWalking");
  deepEqual(cliff, {
    name: "cliffWalking",
    stateCount: 48,
    actionCount: 4,
    horizon: 100,
    discount: 1,
    optimum: -13,
  });
  equal(of("frozenLake8x8").stateCount, 64);
  equal(of("taxiRainy").actionCount, 6);
});

Deno.test(
  "evaluate: epsilon, discount, horizon and start, by hand",
  inFolder(async (folder) => {
    const path = join(folder, "coin.json");
    Deno.writeTextFileSync(path, coin);
    const evaluate = (...flags: string[]) =>
      json(
        "evaluate",
        path,
        "--policy",
        "uniform",
        "--outcomes",
        "crash=1",
        ...flags,
      );
    const plain = await evaluate("--horizon", "none");
    deepEqual(Object.keys(plain), [
      ...["schema", "policy", "epsilon", "discount", "horizon", "start"],
      ...["returnMean", "returnStd", "discountedReturnMean"],
      ...["discountedReturnStd", "lengthMean", "outcomes"],
      ...["truncatedProbability", "massLeft", "cvar10", "cvar10Bounds"],
      ...["cvar1", "cvar1Bounds", "residual"],
    ]);
    // Geometric: n steps on, then the end.
    close(plain.returnMean, 1);
    close(plain.returnStd, Math.SQRT2);
    close(plain.lengthMean, 2);
    deepEqual(plain.outcomes, { crash: 1 });
    equal(plain.massLeft, 0);
    equal(plain.cvar10, 0);
    const half = await evaluate("--horizon", "none", "--discount", "0.5");
    close(half.discountedReturnMean, 2 / 3);
    close(half.returnMean, 1);
    const cut = await evaluate("--horizon", "3");
    close(cut.returnMean, 7 / 8);
    close(cut.truncatedProbability, 1 / 8);
    close(cut.outcomes.crash, 7 / 8);

    const world = join(folder, "ward.mdp.safetensors");
    Deno.writeFileSync(world, worldToSafetensors(ward));
    const at4 = (...flags: string[]) =>
      json("evaluate", world, "--start", "4", "--horizon", "1", ...flags);
    const table = join(folder, "table.json");
    Deno.writeTextFileSync(table, `{"actions": [0, 0, 0, 0, 2, 0, 0]}`);
    close((await at4("--policy", table)).returnMean, 1 / 2);
    // A third of the actions wait, a third treat, a third operate.
    const mixed = await at4("--policy", table, "--epsilon", "0.75");
    close(
      mixed.outcomes.death,
      1 / 4 * 1 / 2 + 3 / 4 * (1 / 4 + 1 / 8 + 1 / 2) / 3,
    );
    const behaviour = await at4("--policy", "behaviour");
    deepEqual(behaviour, {
      ...await at4("--policy", "careful"),
      policy: "behaviour",
    });
    close(behaviour.outcomes.death, 1 / 2 * (1 / 8 + 1 / 2));
    // Uniformly from the five that are acted in.
    const anywhere = await json(
      ...["evaluate", world, "--policy", "optimal", "--start", "uniform"],
      ...["--horizon", "1"],
    );
    close(
      anywhere.returnMean,
      (1 / 2 + 0 + (1 - 2 / 8) + (1 - 3 / 8) + 1 / 2) / 5,
    );

    const policy = await train(
      collectDataset(ward.mdp, ward.policies.careful, 20, 1),
      "bc",
      { steps: 5, batchSize: 4 },
      { hidden: [4], backend: referenceBackend },
    );
    const trained = join(folder, "policy.safetensors");
    Deno.writeFileSync(trained, policyToSafetensors(policy));
    const elsewhere = await environment(
      ...["evaluate", "cliffWalking", "--policy", trained],
    );
    deepEqual([elsewhere.code, elsewhere.stderr], [
      2,
      `error: ${trained}: is a policy of another world: an observation: has 2 entries where 1 are needed\n`,
    ]);
    const learnt = await json("evaluate", world, "--policy", trained);
    close(
      learnt.outcomes.death + learnt.outcomes.recovery + learnt.massLeft,
      1,
    );
  }),
);

Deno.test(
  "a table of observations is looked up by them, in whatever order, and is refused in another world",
  inFolder(async (folder) => {
    const chances = (s: number) =>
      [0, 1, 2, 3].map((a) => a === (s * 7 + 2) % 4 ? 0.625 : 0.125);
    const states = [...Array(16).keys()];
    const write = (name: string, content: object) => {
      const path = join(folder, name);
      Deno.writeTextFileSync(path, JSON.stringify(content));
      return path;
    };
    const table = (rows: number[][], shown: number[]) => ({
      observations: rows,
      probabilities: shown.map(chances),
    });
    const backwards = states.toReversed();
    const all = backwards.map((s) => [s]);
    const evaluate = (path: string) =>
      json("evaluate", "frozenLake", "--policy", path);
    const byState = write("states.json", {
      probabilities: states.map(chances),
    });
    const { policy: _, ...wanted } = await evaluate(byState);
    const { policy: __, ...found } = await evaluate(
      write("all.json", table(all, backwards)),
    );
    deepEqual(found, wanted);
    // Where it lacks the start, the lowest action is taken, which is that of another table.
    const lowest = write("lowest.json", {
      probabilities: states.map((s) => s === 0 ? [1, 0, 0, 0] : chances(s)),
    });
    const { policy: ___, ...expected } = await evaluate(lowest);
    const fewer = table(all.slice(0, 15), backwards.slice(0, 15));
    const { policy: ____, ...lacking } = await evaluate(
      write("fewer.json", { ...fewer, otherwise: "lowestAllowed" }),
    );
    deepEqual(lacking, expected);
    ok(lacking.returnMean !== wanted.returnMean);
    for (
      const [content, why] of [
        [fewer, "it has no probabilities for the observation (0) of the data"],
        [
          table(states.map((s) => [s >> 2, s & 3]), states),
          "its observations have 2 numbers, those of the data 1",
        ],
      ] as const
    ) {
      const path = write("wrong.json", content);
      const { code, stderr } = await environment(
        ...["evaluate", "frozenLake", "--policy", path],
      );
      deepEqual([code, stderr], [
        2,
        `error: ${path}: is a policy of another world: the policy: ${why}\n`,
      ]);
    }
  }),
);

Deno.test(
  "what is not defined is null: a world that never ends has no sum of rewards, only a discounted one",
  inFolder(async (folder) => {
    const path = join(folder, "clock.json");
    Deno.writeTextFileSync(path, `{"P": [[[[1, 0, 1, false]]]]}`);
    const half = join(folder, "half.mdp.safetensors");
    const halved = ["--discount", "0.5"];
    const made = await environment("convert", path, "--out", half, ...halved);
    match(made.stderr, /^note: .*start in state 0\n$/);
    const uniform = ["--policy", "uniform"];
    for (
      const found of [
        await json("evaluate", path, ...uniform, ...halved),
        await json("evaluate", half, ...uniform),
      ]
    ) {
      equal(found.returnMean, null);
      equal(found.lengthMean, null);
      equal(found.massLeft, 1);
      close(found.discountedReturnMean, 2);
    }
    const whole = await json("evaluate", half, ...uniform, "--discount", "1");
    equal(whole.returnMean, null);
    equal(whole.discountedReturnMean, null);
    const refused = await environment("evaluate", path, ...uniform);
    match(refused.stderr, /no end can be reached/);
    const { code, stdout } = await environment("evaluate", half, ...uniform);
    equal(code, 0);
    match(stdout, /return\s+not defined/);
  }),
);

Deno.test(
  "convert and info: a world keeps its hash in any file, with what the flags change",
  inFolder(async (folder) => {
    const path = join(folder, "ward.mdp.safetensors");
    Deno.writeFileSync(path, worldToSafetensors(ward));
    const { sha256, policies, optimum } = await json("info", path);
    equal(sha256, worldSha256(ward));
    deepEqual(policies, ["careful", "uniform", "optimal"]);
    ok(optimum > 0.8);
    const out = join(folder, "ward.npz");
    const back = join(folder, "back.mdp.safetensors");
    equal((await environment("convert", path, "--out", out)).code, 0);
    equal((await environment("convert", out, "--out", back)).code, 0);
    deepEqual(Deno.readFileSync(back), Deno.readFileSync(path));
    const cut = join(folder, "cut.json");
    await environment("convert", path, "--out", cut, "--horizon", "7");
    equal((await json("info", cut)).horizon, 7);
    const lake = join(folder, "lake.mdp.safetensors");
    await environment(
      "convert",
      "frozenLake:map=SF/HG,maxSteps=null",
      "--out",
      lake,
    );
    const info = await json("info", lake);
    equal(info.states, 4);
    equal(info.horizon, null);
    deepEqual(
      info.outcomes.map(({ name }: { name: string }) => name),
      ["hole", "goal"],
    );
  }),
);

const WRONG: [args: string[], line: RegExp][] = [
  [[], /^error: no command; /],
  [["evalute", "x"], /unknown command "evalute"; did you mean evaluate\?/],
  [["info"], /info: give one world/],
  [["list", "x"], /list: takes no world/],
  [["list", "--policy", "x"], /--policy: list does not take it/],
  [
    ["info", "frozenLak"],
    /frozenLak: is no file and no world that is built in; did you mean frozenLake\?/,
  ],
  [["info", "no/such.npz"], /no\/such\.npz: /],
  [
    ["info", "frozenLake:mapp=1"],
    /environment\.mapp: unknown key; did you mean map\?/,
  ],
  [["info", "frozenLake:8x8"], /"8x8" is no setting; write NAME:key=value/],
  [
    ["info", "frozenLake:successRate=2"],
    /successRate: must be a number from 0 to 1, not 2/,
  ],
  [
    ["info", "frozenLake", "--outcomes", "a=1"],
    /--outcomes: is for worlds from files/,
  ],
  [["evaluate", "frozenLake"], /say which policy, --policy P/],
  [
    ["evaluate", "frozenLake", "--policy", "shortst"],
    /--policy: unknown "shortst"; did you mean shortest\?/,
  ],
  [["evaluate", "frozenLake", "--policy", "./no.json"], /no\.json: /],
  [
    ["evaluate", "frozenLake", "--policy", "uniform", "--epsilon", "2"],
    /--epsilon: must be a number from 0 to 1, not "2"/,
  ],
  [
    ["evaluate", "frozenLake", "--policy", "uniform", "--horizon", "0"],
    /--horizon: must be an integer from 1/,
  ],
  [
    ["evaluate", "frozenLake", "--policy", "uniform", "--discount", "x"],
    /--discount: must be a number from 0 to 1/,
  ],
  [
    ["evaluate", "frozenLake", "--policy", "uniform", "--start", "99"],
    /start 99: is no state in which an episode acts/,
  ],
  [
    ["evaluate", "frozenLake", "--policy", "uniform", "--start", "5"],
    /start 5: is no state in which an episode acts/,
  ],
  [["convert", "frozenLake"], /convert: needs --out FILE/],
  [
    ["convert", "frozenLake", "--out", "lake.txt"],
    /lake\.txt: a world is written to/,
  ],
];

Deno.test("wrong input: one line on stderr, exit code 2", async () => {
  await Promise.all(WRONG.map(async ([args, line]) => {
    const { code, stdout, stderr } = await environment(...args);
    equal(code, 2, stderr);
    equal(stdout, "");
    match(stderr, line);
    equal(stderr.split("\n").length, 2, stderr);
  }));
});

Deno.test(
  "what cannot be read again is not written, and a policy named behaviour is meant by its name",
  inFolder(async (folder) => {
    const path = join(folder, "coin.json");
    const { P } = JSON.parse(coin);
    const twice = P.map((
      actions: unknown[],
    ) => [...actions, [[1, 1, 7, true]]]);
    const policies = {
      first: [[1, 0], [1, 0]],
      behaviour: [[0, 1], [0, 1]],
    };
    Deno.writeTextFileSync(path, JSON.stringify({ P: twice, policies }));
    const { returnMean } = await json(
      "evaluate",
      path,
      "--policy",
      "behaviour",
    );
    equal(returnMean, 7);
    const out = join(folder, "out.npz");
    const found = await environment(
      ...["convert", path, "--discount", "0", "--out", out],
    );
    deepEqual(
      [found.code, found.stderr.split("\n").at(-2)],
      [2, `error: ${out}: the discount 0 is not above 0 and up to 1`],
    );
    deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [
      "coin.json",
    ]);
  }),
);
