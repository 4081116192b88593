/**
 * `deno task environment`: which worlds there are, what one holds, and what policies are worth in it.
 *
 * @module
 */
import {
  chooseWorld,
  type ChosenWorld,
  evaluateExactly,
  type ExactEvaluation,
  type FiniteMdp,
  greedyPolicy,
  InputError,
  mixedWithUniform,
  optimalActions,
  type Policy,
  policyInStates,
  policyTable,
  readPolicy,
  resolveConfig,
  uniformPolicy,
  validateMdp,
  worldBytes,
  type WorldFile,
} from "../mod.ts";
import { ENVIRONMENT_WORDS } from "../programs.ts";
import {
  behaviourNames,
  canTake,
  knownEnvironment,
  startingIn,
  valueName,
  worldSha256,
} from "../runs.ts";
import {
  canonicalJson,
  decimal,
  formatTable,
  group,
  type Output,
  percent,
  processOutput,
  readFile,
  suggest,
  visible,
  writeFileAtomic,
} from "../tools.ts";
import {
  type Arguments,
  integerFlag,
  noteOn,
  runScript,
  type Usage,
} from "./cli.ts";
import {
  fileOptions,
  numberFlag,
  type WorldChanges,
  worldChanges,
  worldFlags,
} from "./world_at_work.ts";

const usage: Usage = {
  command: "deno task environment",
  about:
    "list: the worlds that are built in. info W: what a world holds. convert W --out F: the world as\n" +
    ".mdp.safetensors, .npz, .json or .csv. evaluate W --policy P: what a policy is worth, exactly.\n" +
    "W is a world's file, or NAME or NAME:key=value,… of one that is built in.",
  operands: "list|info|convert|evaluate [W]",
  flags: {
    policy: {
      value: "P",
      help:
        "uniform, optimal, behaviour, a policy of the world by its name, or a file",
    },
    epsilon: {
      value: "E",
      help: "share of uniform actions mixed into the policy (default 0)",
    },
    ...worldFlags,
    seed: {
      value: "N",
      help: "draws what a built-in world leaves open (default 42)",
    },
    out: { value: "F", help: "convert: the file to write" },
    json: { help: "print JSON" },
  },
};

/** Policies that every world has. */
const COMMON = ["uniform", "optimal"];

const COMMANDS: Readonly<
  Record<
    string,
    { operands: number; flags: readonly string[]; run: Command }
  >
> = {
  list: { operands: 0, flags: ["json"], run: list },
  info: {
    operands: 1,
    flags: [...Object.keys(worldFlags), "seed", "json"],
    run: info,
  },
  convert: {
    operands: 1,
    flags: [...Object.keys(worldFlags), "seed", "out"],
    run: convert,
  },
  evaluate: {
    operands: 1,
    flags: [...Object.keys(worldFlags), "seed", "json", "policy", "epsilon"],
    run: evaluate,
  },
};

type Command = (args: Arguments, worlds: readonly string[]) => unknown;

await runScript(usage, async (args) => {
  const [name, ...worlds] = args.operands;
  const command = Object.hasOwn(COMMANDS, name ?? "") ? COMMANDS[name] : null;
  if (command === null) {
    throw new InputError(
      name === undefined
        ? `no command; ${usage.command} --help shows them`
        : `unknown command ${JSON.stringify(name)}; ${
          suggest(name, Object.keys(COMMANDS))
        }`,
    );
  }
  const given = [...Object.keys(args.values), ...args.switches];
  const foreign = given.find((flag) => !command.flags.includes(flag));
  if (foreign !== undefined) {
    throw new InputError(`--${foreign}: ${name} does not take it`);
  }
  if (worlds.length !== command.operands) {
    throw new InputError(
      command.operands === 0
        ? `${name}: takes no world, but ${JSON.stringify(worlds[0])} is given`
        : `${name}: give one world, a file or a name of ${usage.command} list`,
    );
  }
  await command.run(args, worlds);
  return 0;
});

/** A world that is open. */
interface OpenWorld {
  /** Its tables and, by name, what its policies do. */
  readonly world: WorldFile;
  /** Names of its policies, the first being the behaviour that is meant without a name. */
  readonly policies: readonly string[];
  /** The policy of a name. */
  policyOf(name: string): Float64Array;
}

function opened(
  { environment, world: file }: ChosenWorld,
  seed: number,
): OpenWorld {
  const open = (behaviour?: string) =>
    knownEnvironment(
      resolveConfig(
        "tutorial",
        { dataset: { behaviour, epsilon: 0 } },
        { environment, seed },
        "--environment",
      ),
      file,
    )!;
  const { mdp, title } = open();
  const policies = behaviourNames(environment.name, file);
  return {
    world: file ?? { title, mdp, policies: {} },
    policies,
    policyOf: (name) => open(name).behaviour,
  };
}

async function openedWorld(
  args: Arguments,
  text: string,
): Promise<OpenWorld & WorldChanges> {
  // Told once, though the file may be read twice.
  const notes = new Set<string>();
  const screen = processOutput("stderr");
  const options = fileOptions(args, {
    ...screen,
    write: (note) => void notes.add(note),
  });
  const changes = worldChanges(args);
  let chosen: ChosenWorld;
  try {
    chosen = await chooseWorld(text, options);
  } catch (error) {
    // Some files need a horizon or a discount to be a world.
    try {
      chosen = await chooseWorld(text, { ...options, ...changes });
    } catch {
      throw error;
    }
  }
  notes.forEach((note) => screen.write(note));
  const seed = integerFlag(args, "seed", 0, 2 ** 32 - 1) ?? 42;
  if (chosen.world && args.values.seed) {
    throw new InputError("--seed: a world from a file leaves nothing open");
  }
  return { ...opened(chosen, seed), ...changes };
}

/** The world as the flags want it. */
function changed(
  { world, start, horizon, discount }: OpenWorld & WorldChanges,
): WorldFile {
  const { mdp } = world;
  return {
    ...world,
    mdp: {
      ...mdp,
      start: start === undefined ? mdp.start : startingIn(mdp, start),
      horizon: horizon === undefined ? mdp.horizon : horizon,
      discount: discount ?? mdp.discount,
    },
  };
}

/** What the best policy reaches; null where there is no finite optimum. */
function optimumOf(mdp: FiniteMdp): number | null {
  try {
    return evaluateExactly(mdp, optimalActions(mdp))[valueName(mdp)];
  } catch (error) {
    if (error instanceof InputError) return null;
    throw error;
  }
}

function list({ switches }: Arguments): void {
  const output = processOutput("stdout");
  const worlds = ENVIRONMENT_WORDS.map((name) => {
    const environment = { name } as ChosenWorld["environment"];
    const { world: { title, mdp } } = opened({ environment }, 42);
    const { stateCount, actionCount, horizon, discount } = mdp;
    const optimum = optimumOf(mdp);
    return { name, title, stateCount, actionCount, horizon, discount, optimum };
  });
  if (switches.has("json")) {
    return output.write(
      canonicalJson({ schema: "holdfast/environment-list/1", worlds }),
    );
  }
  output.write(formatTable(
    output,
    ["world", "states", "actions", "horizon", "discount", "optimum"],
    worlds.map((world) => [
      world.name,
      group(world.stateCount),
      `${world.actionCount}`,
      world.horizon === null ? "none" : group(world.horizon),
      `${world.discount}`,
      numberOr(world.optimum, "not finite"),
    ]),
  ));
}

/** The states in which an episode acts, and the pairs of state and action that can be taken. */
function whatCanBeDone(mdp: FiniteMdp): { acting: number; pairs: number } {
  const states = new Set<number>();
  let pairs = 0;
  for (let pair = 0; pair < mdp.stateCount * mdp.actionCount; pair++) {
    if (!canTake(mdp, pair)) continue;
    states.add(Math.floor(pair / mdp.actionCount));
    pairs++;
  }
  return { acting: states.size, pairs };
}

function counted(n: number, noun: string): string {
  return `${group(n)} ${noun}${n === 1 ? "" : "s"}`;
}

async function info(args: Arguments, [text]: readonly string[]): Promise<void> {
  const open = await openedWorld(args, text);
  const { mdp, title } = changed(open);
  const { allowed, start } = mdp;
  const { acting, pairs } = whatCanBeDone(mdp);
  const facts = {
    schema: "holdfast/environment/1",
    title,
    states: mdp.stateCount,
    actions: mdp.actionCount,
    transitions: mdp.probability.length,
    outcomes: mdp.outcomes,
    horizon: mdp.horizon,
    discount: mdp.discount,
    startStates: start.filter((p) => p > 0).length,
    actingStates: acting,
    allowedPairs: pairs,
    observationSize: mdp.observationSize,
    observationCategories: mdp.observationCategories ?? null,
    policies: open.policies,
    optimum: optimumOf(mdp),
    sha256: worldSha256({ ...open.world, mdp }),
  };
  const output = processOutput("stdout");
  if (args.switches.has("json")) return output.write(canonicalJson(facts));
  const value = valueName(mdp) === "returnMean"
    ? "return"
    : "discounted return";
  const named = mdp.outcomes.map(({ name, ends, unsafe }) =>
    visible(name) + ` (${
      [
        ends ? "ends the episode" : "goes on",
        ...unsafe ? ["unsafe"] : [],
      ].join(", ")
    })`
  );
  const categories = facts.observationCategories;
  output.write(
    [
      ["world", visible(title)],
      ["states", group(facts.states)],
      ["actions", group(facts.actions)],
      ["outcomes", `${group(facts.transitions)} in ${counted(pairs, "pair")}`],
      ["named", named.join(", ") || "none"],
      [
        "allowed",
        allowed
          ? `${group(pairs)} of the ${
            group(acting * mdp.actionCount)
          } pairs of ${counted(acting, "state")} with actions`
          : "every action",
      ],
      ["start", counted(facts.startStates, "state")],
      ["horizon", facts.horizon === null ? "none" : group(facts.horizon)],
      ["discount", `${facts.discount}`],
      [
        "observed",
        categories
          ? `names: ${categories.map(group).join(" x ")}`
          : counted(facts.observationSize, "number"),
      ],
      ["policies", facts.policies.map((name) => visible(name)).join(", ")],
      [
        "optimum",
        `${numberOr(facts.optimum, "not finite")} (expected ${value})`,
      ],
      ["SHA-256", facts.sha256],
    ].map(([label, value]) => `${label.padEnd(9)} ${value}\n`).join(""),
  );
}

async function convert(
  args: Arguments,
  [text]: readonly string[],
): Promise<void> {
  const { out } = args.values;
  if (out === undefined) throw new InputError("convert: needs --out FILE");
  if (isThere(out)) {
    throw new InputError(`${out}: exists already; choose another path`);
  }
  const open = await openedWorld(args, text);
  const world = changed(open);
  const isFile = Object.keys(world.policies).length > 0;
  const policies = isFile ? world.policies : Object.fromEntries(
    open.policies.filter((name) => !COMMON.includes(name))
      .map((name) => [name, open.policyOf(name)]),
  );
  // What could not be read again is not written.
  validateMdp(world.mdp, out);
  const note = noteOn(processOutput("stderr"), out);
  writeFileAtomic(out, worldBytes({ ...world, policies }, out, note));
  processOutput("stdout").write(
    `${visible(out)}: ${group(world.mdp.stateCount)} states, ${
      group(world.mdp.actionCount)
    } actions\n`,
  );
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false; // If it cannot be looked at, writing says why.
  }
}

async function evaluate(
  args: Arguments,
  [text]: readonly string[],
): Promise<void> {
  const { policy: name } = args.values;
  if (name === undefined) {
    throw new InputError("evaluate: say which policy, --policy P");
  }
  const open = await openedWorld(args, text);
  const world = changed(open);
  const epsilon = numberFlag(args, "epsilon", 0, 1) ?? 0;
  const plain = policyNamed(name, open, world);
  const { mdp } = world;
  const policy = epsilon === 0
    ? plain
    : mixedWithUniform(mdp, probabilities(plain, mdp), epsilon);
  const found = evaluateExactly(mdp, policy);
  const { horizon, discount } = mdp;
  const asked = {
    policy: name,
    epsilon,
    discount,
    horizon,
    start: args.values.start ?? "default",
  };
  const output = processOutput("stdout");
  if (args.switches.has("json")) {
    const { cvar10, cvar10Bounds, cvar1, cvar1Bounds, residual } = found;
    return output.write(canonicalJson({
      schema: "holdfast/environment-evaluation/1",
      ...asked,
      returnMean: found.returnMean,
      returnStd: found.returnStd,
      discountedReturnMean: found.discountedReturnMean,
      discountedReturnStd: found.discountedReturnStd,
      lengthMean: found.lengthMean,
      outcomes: found.outcomes,
      truncatedProbability: found.timeoutProbability,
      massLeft: found.neverEndsProbability,
      cvar10,
      cvar10Bounds,
      cvar1,
      cvar1Bounds,
      residual,
    }));
  }
  output.write(evaluationLines(output, found, mdp));
}

function policyNamed(
  name: string,
  open: OpenWorld,
  { mdp, forbidden }: WorldFile,
): Policy {
  if (name === "uniform") return uniformPolicy(mdp);
  if (name === "optimal") return optimalActions(mdp);
  if (open.policies.includes(name)) return open.policyOf(name);
  if (name === "behaviour") return open.policyOf(open.policies[0]);
  if (!/[./\\]/.test(name)) {
    throw new InputError(
      `--policy: unknown ${JSON.stringify(name)}; ${
        suggest(name, ["behaviour", ...open.policies])
      }, or give a file`,
    );
  }
  const isNetwork = name.endsWith(".safetensors");
  if (!isNetwork && !isByObservation(name)) {
    const note = noteOn(processOutput("stderr"), name);
    return policyTable(name, { mdp, forbidden }, note);
  }
  const policy = readPolicy(name);
  try {
    return policyInStates(policy, mdp);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${name}: is a policy of another world: ${error.message}`,
    );
  }
}

/** Whether a file is a table whose rows are of observations, and not of states. */
function isByObservation(path: string): boolean {
  try {
    const content = JSON.parse(new TextDecoder().decode(readFile(path)));
    return Object.hasOwn(Object(content), "observations");
  } catch {
    // What is wrong with it is said where it is read.
    return false;
  }
}

function probabilities(policy: Policy, { actionCount }: FiniteMdp) {
  return policy instanceof Int32Array
    ? greedyPolicy(policy, actionCount)
    : policy;
}

function evaluationLines(
  output: Output,
  found: ExactEvaluation,
  { horizon, discount }: FiniteMdp,
): string {
  const spread = (mean: number | null, std: number | null) =>
    numberOr(mean, "not defined") +
    (std === null ? "" : ` ± ${numberOr(std, "")}`);
  const tail = (
    value: number | null,
    bounds: ExactEvaluation["cvar10Bounds"],
  ) =>
    bounds === null
      ? numberOr(value, "not defined")
      : `between ${numberOr(bounds[0], "")} and ${numberOr(bounds[1], "")}`;
  const rows: [string, string][] = [
    ["return", spread(found.returnMean, found.returnStd)],
    ...discount < 1
      ? [[
        `discounted by ${discount}`,
        spread(found.discountedReturnMean, found.discountedReturnStd),
      ] as [string, string]]
      : [],
    ["CVaR 10 %", tail(found.cvar10, found.cvar10Bounds)],
    ["CVaR 1 %", tail(found.cvar1, found.cvar1Bounds)],
    ["steps", numberOr(found.lengthMean, "not finite")],
    ...Object.entries(found.outcomes).map(([name, p]): [string, string] => [
      visible(name),
      percent(p),
    ]),
    horizon === null
      ? ["never ends", percent(found.neverEndsProbability)]
      : ["truncated", percent(found.timeoutProbability)],
    ...horizon === null
      ? [["residual", found.residual.toExponential(1)] as [string, string]]
      : [],
  ];
  return formatTable(output, ["", "exact"], rows);
}

/** A number with six decimals, or words where there is none. */
function numberOr(value: number | null, words: string): string {
  return value === null ? words : decimal(value, 6);
}
