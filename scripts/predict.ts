/**
 * `deno task predict`: the action of a trained policy, for people who only want that.
 *
 * @module
 */
import { FORBIDDEN, greedyActions, InputError } from "../mod.ts";
import { isOutputOpen, processOutput, visible } from "../tools.ts";
import { type AnsweringPolicy, answeringPolicy } from "./answering_policy.ts";
import { noteOn, runScript, type Usage } from "./cli.ts";

/** How many lines are noted as beyond the training data; the rest are counted. */
const NOTED = 10;

/** No observation that a policy takes is longer. */
const LONGEST_LINE = 1 << 24;

const usage: Usage = {
  command: "deno task predict",
  about:
    "Prints the policy's action for an observation, or for each line of numbers on stdin, in the\n" +
    "codes or names of the data it learnt from. POLICY is a policy.safetensors or a policy.json of a\n" +
    "run; of a table, which chooses by chance, the action is the most probable. Behind a line's\n" +
    "numbers may stand the actions that are allowed there: X,Y,… | A,B,…",
  flags: {
    observation: { value: "X,Y,…", help: "one observation" },
    allowed: {
      value: "A,B,…",
      help:
        "choose among these actions, by name or by number from 0, where a line has none of its own",
    },
    json: {
      help:
        "print action and outputs as JSON, one line each, and the outputs' actions if named",
    },
  },
  operands: "POLICY",
};

await runScript(usage, async ({ values, switches, operands }) => {
  if (operands.length !== 1) throw new InputError("give one policy file");
  const [path] = operands;
  const policy = answeringPolicy(path);
  const given = values.observation;
  const allowedAnywhere = values.allowed === undefined
    ? undefined
    : allowedActions(policy, values.allowed, "--allowed");
  const output = processOutput("stdout");
  const screen = processOutput("stderr");
  let number = 0;
  let outside = 0;
  for await (const line of given === undefined ? stdinLines() : [given]) {
    const where = given === undefined ? `line ${++number}` : "--observation";
    if (given === undefined && line.trim() === "") continue;
    const [observation, ...lists] = line.split("|");
    if (lists.length > 1) {
      throw new InputError(`${where}: more than one list of allowed actions`);
    }
    const allowed = lists.length > 0
      ? allowedActions(policy, lists[0], where)
      : allowedAnywhere;
    const numbers = numbersOf(policy, observation, where);
    const { text, note } = answer(
      policy,
      numbers,
      allowed,
      where,
      switches.has("json"),
    );
    output.write(`${text}\n`);
    if (note && ++outside <= NOTED) noteOn(screen, where)(note);
    if (!isOutputOpen("stdout")) break;
  }
  if (outside > NOTED) {
    noteOn(screen, "stdin")(
      `${outside - NOTED} more lines are beyond the training data`,
    );
  }
  return 0;
});

/** The lines of stdin, each as soon as it is there. */
async function* stdinLines(): AsyncGenerator<string> {
  let rest = "";
  const texts = Deno.stdin.readable.pipeThrough(new TextDecoderStream());
  for await (const text of texts) {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop()!;
    if (rest.length > LONGEST_LINE) {
      throw new InputError("stdin: a line is longer than 16 MiB");
    }
    yield* lines;
  }
  yield rest;
}

/** The cells of a line: one left empty counts, and stands for no number. */
function cellsOf(line: string): string[] {
  const separator = [";", ","].find((mark) => line.includes(mark)) ?? /\s+/;
  return line.trim().split(separator).map((cell) => cell.trim());
}

/** A decimal number, or NaN. */
function numberOf(cell: string): number {
  const isDecimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell);
  return isDecimal ? Number(cell) : NaN;
}

/** [A] 1 for each action of a list. */
function allowedActions(
  policy: AnsweringPolicy,
  list: string,
  where: string,
): Uint8Array {
  const { actionNames, actionCount: outputs } = policy;
  const allowed = new Uint8Array(outputs);
  const isNumbered = actionNames === undefined || Number.isNaN(+actionNames[0]);
  for (const cell of list.split(",").map((cell) => cell.trim())) {
    const number = isNumbered && /^\d+$/.test(cell) ? Number(cell) : -1;
    const action = actionNames?.includes(cell)
      ? actionNames.indexOf(cell)
      : number;
    if (action < 0 || action >= outputs) {
      const known = actionNames?.slice(0, 10).join(", ") ??
        `0 … ${outputs - 1}`;
      throw new InputError(
        `${where}: ${
          JSON.stringify(visible(cell, 40))
        } is not an action of the policy; known: ${visible(known, 200)}${
          actionNames !== undefined && outputs > 10 ? ", …" : ""
        }`,
      );
    }
    allowed[action] = 1;
  }
  return allowed;
}

/** The observation of a line. */
function numbersOf(
  policy: AnsweringPolicy,
  line: string,
  where: string,
): Float32Array {
  const { observationSize: size } = policy;
  const observation = Float32Array.from(cellsOf(line), numberOf);
  if (observation.length === size && observation.every(Number.isFinite)) {
    return observation;
  }
  const names = policy.observationNames?.slice(0, 20).join(", ");
  throw new InputError(
    `${where}: the policy takes ${size} ${size === 1 ? "number" : "numbers"}${
      names ? ` (${visible(names, 200)}${size > 20 ? ", …" : ""})` : ""
    }, not ${JSON.stringify(visible(line, 80))}`,
  );
}

function answer(
  policy: AnsweringPolicy,
  observation: Float32Array,
  allowed: Uint8Array | undefined,
  where: string,
  json: boolean,
): { text: string; note?: string } {
  if (policy.masked && allowed === undefined) {
    throw new InputError(
      `${where}: the policy was trained with action masks: give the actions that are allowed here, with --allowed 0,2,5 or behind the observation, as in 3 | 0,2,5`,
    );
  }
  const { outputs, note } = evaluated(policy, observation, allowed, where);
  if (!outputs.every(Number.isFinite)) {
    throw new InputError(
      `${where}: the policy's outputs are not finite (${
        visible(outputs.join(", "), 80)
      }), so it has no action for ${
        JSON.stringify(visible(observation.join(","), 80))
      }`,
    );
  }
  const [action] = greedyActions(
    Float32Array.from(outputs),
    outputs.length,
    allowed,
  );
  const names = policy.actionNames;
  if (!json) return { text: visible(names?.[action] ?? `${action}`), note };
  const codes = names?.map((name) => /^-?\d+$/.test(name) ? +name : name);
  const text = JSON.stringify({
    action: codes?.[action] ?? action,
    // What is not allowed has no output that means anything; what the policy excludes has none.
    [policy.outputs]: Array.from(
      outputs,
      (value, action) =>
        allowed?.[action] === 0 || value === FORBIDDEN ? null : value,
    ),
    ...(codes && { actions: codes }),
  });
  // ASCII alone: a name may hold what a terminal obeys.
  const ascii = text.replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return { text: ascii, note };
}

/** The policy's outputs; what is wrong with the observation is said with its place. */
function evaluated(
  policy: AnsweringPolicy,
  observation: Float32Array,
  allowed: Uint8Array | undefined,
  where: string,
): ReturnType<AnsweringPolicy["outputsIn"]> {
  try {
    return policy.outputsIn(observation, allowed);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${where}: ${error.message}`);
  }
}
