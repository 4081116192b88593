import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openNpz } from "../../src/files/npz.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const data = join(root, "tests/fixtures/ope/two-states.csv");
const gumbel = join(root, "../shared/truth/ope/gumbel/");
const isMissing = !exists(join(gumbel, "trajectories.csv"));

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function evaluate(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--frozen",
      "--no-prompt",
      "--allow-read",
      "--allow-env=INIT_CWD,TERM,XDG_RUNTIME_DIR",
      "scripts/evaluate.ts",
      ...args,
    ],
    cwd: root,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs with a folder that holds the target policy of the two states as `policy.json`. */
async function withPolicy(
  work: (path: string, folder: string) => Promise<void>,
) {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "policy.json");
    const table = {
      observations: [[0], [1]],
      probabilities: [[0.25, 0.75], [0.75, 0.25]],
    };
    Deno.writeTextFileSync(path, JSON.stringify(table));
    await work(path, folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("evaluate: the case worked by hand, as JSON", () =>
  withPolicy(async (path) => {
    const { code, stdout } = await evaluate(
      path,
      ...["--dataset", data, "--cross-fit", "off", "--discount", "0.5"],
      ...["--outcomes", "hazard=-4,goal=4", "--json"],
    );
    equal(code, 0);
    const found = JSON.parse(stdout);
    const valuesOf = (estimates: Record<string, { value: number }>) =>
      Object.entries(estimates).map(([name, { value }]) => [name, value]);
    const near = (
      estimates: Record<string, { value: number }>,
      wanted: Record<string, number>,
    ) => {
      const values = Object.fromEntries(valuesOf(estimates));
      deepEqual(Object.keys(values).sort(), [
        "dr",
        "fqe",
        "is",
        "pdis",
        "plugin",
        "pluginPessimistic",
        "wdr",
        "wis",
        "wpdis",
      ]);
      for (const [name, value] of Object.entries(wanted)) {
        ok(Math.abs(values[name] - value) < 1e-12, `${name}: ${values[name]}`);
      }
    };
    near(found.estimates.return, {
      is: 23 / 24,
      wis: 23 / 28,
      pdis: 1 / 6,
      wpdis: 401 / 910,
      plugin: 6573 / 4096,
      fqe: 6573 / 4096,
      pluginPessimistic: 645 / 4096,
      dr: 9491 / 12288,
      wdr: 136111 / 143360,
    });
    near(found.estimates.discountedReturn, {
      is: 9 / 8,
      wis: 27 / 28,
      pdis: 7 / 16,
      plugin: 23709 / 16384,
      dr: 16225 / 16384,
    });
    near(found.estimates.outcomes.hazard, {
      is: 3 / 4,
      wis: 9 / 14,
      plugin: 741 / 2048,
      pluginPessimistic: 1235 / 2048,
      dr: 1097 / 2048,
    });
    ok(Math.abs(found.effectiveSampleSize - 56 / 29) < 1e-12);
    equal(found.decision.support, "not supported by these data");
    equal(found.decision.verdict, null);
  }));

Deno.test("evaluate: counted propensities, and another file's", () =>
  withPolicy(async (path, folder) => {
    const behaviour = join(folder, "behaviour.json");
    Deno.writeTextFileSync(
      behaviour,
      '{"observations":[[0],[1]],"probabilities":[[0.5,0.5],[0.5,0.5]]}',
    );
    for (
      const [who, wanted] of [
        ["counts", 9 / 32],
        [behaviour, 23 / 24],
        ["column", 23 / 24],
      ] as const
    ) {
      const { stdout } = await evaluate(
        path,
        ...["--dataset", data, "--behaviour", who, "--json"],
      );
      const { value } = JSON.parse(stdout).estimates.return.is;
      ok(Math.abs(value - wanted) < 1e-12, `${who}: ${value}`);
    }
  }));

Deno.test("evaluate: a requirement is met or not shown, and support comes first", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    // 40 episodes of one step under the policy itself, and one that ends in the hazard under another.
    const log = join(folder, "log.csv");
    const rows = Array.from(
      { length: 40 },
      (_, e) => `${e},0,${e % 2},${(e >> 1) % 2},1,1,0.5\n`,
    );
    Deno.writeTextFileSync(
      log,
      "episode,step,observation_0,action,reward,terminated,propensity\n" +
        rows.join("") + "40,0,0,2,-5,1,0.5\n",
    );
    const policy = join(folder, "policy.json");
    Deno.writeTextFileSync(
      policy,
      '{"observations":[[0],[1]],"probabilities":[[0.5,0.5,0],[0.5,0.5,0]]}',
    );
    const given = [
      ...["--dataset", log, "--outcomes", "hazard=-5"],
      ...["--horizon", "1", "--seed", "3"],
    ];
    const met = await evaluate(policy, ...given, "--require", "hazard<=0.3");
    equal(met.code, 0);
    match(
      met.stdout,
      /^supported by these data\nmeets it\n- hazard<=0.3: met; at most 0.\d+ with 95/,
    );
    const asked = "hazard<=0.3,return>=0.9";
    const not = await evaluate(policy, ...given, "--require", asked);
    equal(not.code, 1);
    match(
      not.stdout,
      /^supported by these data\nnot shown by these data\n- hazard<=0.3: met; at most/,
    );
    match(not.stdout, /return>=0.9: not shown; at least .* with 97.5/);
    // A policy of which one episode is left.
    Deno.writeTextFileSync(
      policy,
      '{"observations":[[0],[1]],"probabilities":[[0,0,1],[0,0,1]]}',
    );
    const few = await evaluate(policy, ...given, "--require", "hazard<=1");
    equal(few.code, 1);
    match(
      few.stdout,
      /^not supported by these data\n- effective sample size 1\.00/,
    );
    match(few.stdout, /\nnot shown by these data\n/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("evaluate: the data's own outcomes, and a clone of who acted", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    // Action 1 is taken in one of four steps, and what it leads to is called bad.
    const log = join(folder, "log.csv");
    const rows = Array.from({ length: 400 }, (_, e) => {
      const action = e % 4 === 0 ? 1 : 0;
      return `${e},${e % 3},${action},${-action},1,${
        action ? "bad" : "good"
      }\n`;
    });
    Deno.writeTextFileSync(
      log,
      "episode,observation_0,action,reward,terminated,outcome\n" +
        rows.join(""),
    );
    const policy = join(folder, "policy.json");
    Deno.writeTextFileSync(
      policy,
      '{"observations":[[0],[1],[2]],"probabilities":[[0.5,0.5],[0.5,0.5],[0.5,0.5]]}',
    );
    const given = [policy, "--dataset", log, "--behaviour", "clone"];
    const { stdout } = await evaluate(
      ...given,
      "--json",
      "--require",
      "bad<=0.7",
    );
    const { estimates, decision, settings } = JSON.parse(stdout);
    equal(settings.propensities, "clone");
    deepEqual(Object.keys(estimates.outcomes), ["bad", "good"]);
    const { value } = estimates.outcomes.bad.wis;
    ok(Math.abs(value - 0.5) < 0.05, `${value}`);
    ok(Math.abs(estimates.outcomes.good.plugin.value - 0.5) < 1e-12);
    // No calibration says how often a bound holds with cloned propensities.
    equal(decision.conditions[0].bound, null);
    equal(decision.verdict, "not shown by these data");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("evaluate: what is wrong is said in one line", () =>
  withPolicy(async (path, folder) => {
    const other = join(folder, "other.json");
    const write = (content: unknown) =>
      Deno.writeTextFileSync(other, JSON.stringify(content));
    const says = async (args: string[], wanted: RegExp) => {
      const { code, stderr } = await evaluate(...args);
      const last = stderr.trimEnd().split("\n").at(-1)!;
      match(last, wanted);
      equal(code, 2, stderr);
    };
    const given = ["--dataset", data];
    await says([path], /^error: --dataset: is missing/);
    await says(
      [...given, "x"],
      /^error: x: .*give a policy file or one of behaviour, /,
    );
    await says([...given, path, "--require", "pain<=1"], /there is no "pain"/);
    await says([...given, path, "--outcomes", "a=7"], /with -4, 4$/);
    await says([...given, path, "--horizon", "2"], /has 3: give at least/);
    await says([...given, path, "--act", "best"], /^error: --act: must be/);
    await says(
      [...given, path, "--act", "softmax"],
      /--act: is for networks, and .* is none$/,
    );
    await says([...given, path, "--confidence", "1"], /between 0 and 1/);
    await says(
      [...given, path, "--cross-fit", "1"],
      /must be "off" or an integer from 2 to 1000/,
    );
    await says(
      [...given, path, "--behaviour", "x"],
      /^error: x: .*give --behaviour column, counts, clone or the file/,
    );
    write({ observations: [[0]], probabilities: [[1, 0]] });
    await says([...given, other], /no probabilities for the observation \(1\)/);
    write({ observations: [[0], [1]], probabilities: [[1, 0], [1, 1]] });
    await says([...given, other], /\[1\] are no distribution: they sum to 2$/);
    write({ observations: [[0], [1]], probabilities: [[1, 0], [2, -1]] });
    await says([...given, other], /\[1\] are no distribution: one is -1$/);
    write({ observations: [[0], [1]], probabilities: [[1, 0], [1]] });
    await says([...given, other], /\[1\] has 1 numbers, probabilities\[0\] 2$/);
    write({ observations: [[0], ["1"]], probabilities: [[1, 0], [1, 0]] });
    await says([...given, other], /observations\[1\] is no row of numbers$/);
    write({ observations: [[0], [0]], probabilities: [[1, 0], [1, 0]] });
    await says([...given, other], /the same as observations\[0\]/);
    write({ observations: [[0], [1]], probabilities: [[1], [1]] });
    await says([...given, other], /of 1 actions, the data have 2/);
    write({ observations: [[0, 1]], probabilities: [[1, 0]] });
    await says([...given, other], /have 2 numbers, those of the data 1/);
    write([1]);
    await says([...given, other], /"observations" is none$/);
    Deno.writeTextFileSync(other, "hello");
    await says([...given, other], /neither a policy.safetensors nor a table/);
  }));

Deno.test({
  name: "evaluate: the published sepsis case is not supported" +
    (isMissing ? " (ignored: ../shared/truth/ope/gumbel is not there)" : ""),
  ignore: isMissing,
  async fn() {
    const folder = Deno.makeTempDirSync();
    try {
      const bytes = Deno.readFileSync(join(gumbel, "policies.npz"));
      const table = openNpz(bytes, "p").numbers("learned_policy_144x8");
      const path = join(folder, "policy.json");
      const states = Array.from({ length: 144 }, (_, s) => s);
      Deno.writeTextFileSync(
        path,
        JSON.stringify({
          observations: states.map((s) => [s]),
          probabilities: states.map((
            s,
          ) => [...table.data.slice(s * 8, s * 8 + 8)].map(Number)),
        }),
      );
      const { estimates: figures } = JSON.parse(
        Deno.readTextFileSync(join(gumbel, "figures.json")),
      );
      for (
        const [name, kind, args] of [
          [
            "notebook_propensity",
            "the notebook's own counts (with its pseudo-counts)",
            [],
          ],
          ["propensity", "counted on the 144 projected states", [
            "--behaviour",
            "counts",
          ]],
        ] as const
      ) {
        const { code, stdout } = await evaluate(
          path,
          ...["--dataset", join(gumbel, "trajectories.csv")],
          ...["--propensity", name, "--horizon", "20", ...args],
          ...["--outcomes", "death=-1,discharge=1", "--cross-fit", "off"],
          ...["--require", "death<=0.9", "--json"],
        );
        equal(code, 1);
        const found = JSON.parse(stdout);
        for (
          const [quantity, estimates] of [
            ["return", found.estimates.return],
            ["death", found.estimates.outcomes.death],
          ]
        ) {
          const wanted = figures[quantity][kind];
          for (
            const [key, truth] of [
              ["is", "IS"],
              ["wis", "WIS"],
              ["pdis", "PDIS"],
              ["wpdis", "WPDIS"],
              ["plugin", "MB_zero"],
              ["fqe", "FQE"],
              ["dr", "DR_zero"],
              ["wdr", "WDR_zero"],
            ]
          ) {
            const { value } = estimates[key];
            ok(
              Math.abs(value - wanted[truth]) < 1e-9,
              `${kind}, ${quantity}, ${key}: ${value}`,
            );
          }
        }
        const { ESS } = figures.return[kind];
        ok(Math.abs(found.effectiveSampleSize - ESS) < 1e-9);
        equal(found.support.episodesWithWeight, 25);
        equal(found.decision.support, "not supported by these data");
        match(found.decision.reasons[0], /^effective sample size 1\.[457]/);
        // The past tells what follows, and what was done: the observation is no state.
        ok(found.support.outcomeDependence.pValue <= 0.025);
        equal(found.support.actionDependence.pValue, 0.005);
        equal(found.doubts.length, 2);
      }
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
