/**
 * `deno task predict`: the action of a trained policy, for people who only want that.
 *
 * @module
 */
import {
  actionCountOf,
  evaluatePolicy,
  FORBIDDEN,
  greedyActions,
  InputError,
  type NetworkPolicy,
  observationSize,
  policyFromSafetensors,
} from "../mod.ts";
import { isOutputOpen, processOutput, readFile, visible } from "../tools.ts";
import { noteOn, runScript, type Usage } from "./cli.ts";

/** How many lines, and numbers of one, are noted as beyond the training data; the rest are counted. */
const NOTED = 10;
const LISTED = 5;

/** No observation that a policy takes is longer. */
const LONGEST_LINE = 1 << 24;

const usage: Usage = {
  command: "deno task predict",
  about:
    "Prints the policy's action for an observation, or for each line of numbers on stdin, in the\n" +
    "codes or names of the data it learnt from. POLICY is a policy.safetensors of a run. Behind a\n" +
    "line's numbers may stand the actions that are allowed there: X,Y,… | A,B,…",
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
  const policy = policyFromSafetensors(readFile(path), path);
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
    output.write(
      `${answer(policy, numbers, allowed, where, switches.has("json"))}\n`,
    );
    const note = beyond(policy, numbers);
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
  policy: NetworkPolicy,
  list: string,
  where: string,
): Uint8Array {
  const { actionNames } = policy;
  const outputs = actionCountOf(policy);
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
  policy: NetworkPolicy,
  line: string,
  where: string,
): Float32Array {
  const size = observationSize(policy);
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

/** Says which numbers of an observation lie beyond all that the policy learnt from; or nothing. */
function beyond(
  { observationRange: range, observationNames: names, encoder }: NetworkPolicy,
  observation: Float32Array,
): string | undefined {
  // A name has no range: another one is refused.
  if (range === undefined || encoder?.kind === "oneHot") return;
  const { min, max } = range;
  const found: string[] = [];
  observation.forEach((value, d) => {
    if (value >= min[d] && value <= max[d]) return;
    const name = visible(names?.[d] ?? `observation_${d}`, 40);
    found.push(
      `${name} is ${shortest(value)}, beyond the training data's ` +
        `${shortest(min[d])} to ${shortest(max[d])}`,
    );
  });
  if (found.length === 0) return;
  const more = found.length - LISTED;
  return found.slice(0, LISTED).join("; ") +
    (more > 0 ? `; and ${more} more` : "");
}

/** Few digits that still name this f32. */
function shortest(value: number): string {
  for (let digits = 6;; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Math.fround(text) === value || digits === 9) return `${text}`;
  }
}

function answer(
  policy: NetworkPolicy,
  observation: Float32Array,
  allowed: Uint8Array | undefined,
  where: string,
  json: boolean,
): string {
  if (policy.masked && allowed === undefined) {
    throw new InputError(
      `${where}: the policy was trained with action masks: give the actions that are allowed here, with --allowed 0,2,5 or behind the observation, as in 3 | 0,2,5`,
    );
  }
  const outputs = evaluated(policy, observation, allowed, where);
  if (!outputs.every(Number.isFinite)) {
    throw new InputError(
      `${where}: the policy's outputs are not finite (${
        visible(outputs.join(", "), 80)
      }), so it has no action for ${
        JSON.stringify(visible(observation.join(","), 80))
      }`,
    );
  }
  const [action] = greedyActions(outputs, outputs.length, allowed);
  const names = policy.actionNames;
  if (!json) return visible(names?.[action] ?? `${action}`);
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
  return text.replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The policy's outputs; what is wrong with the observation is said with its place. */
function evaluated(
  policy: NetworkPolicy,
  observation: Float32Array,
  allowed: Uint8Array | undefined,
  where: string,
): Float32Array {
  try {
    return evaluatePolicy(policy, observation, allowed);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(`${where}: ${error.message}`);
  }
}
