/**
 * `deno task predict`: the action of a trained policy, for people who only want that.
 *
 * @module
 */
import {
  evaluatePolicy,
  greedyActions,
  InputError,
  type NetworkPolicy,
  policyFromSafetensors,
} from "../mod.ts";
import { isOutputOpen, processOutput, readFile, visible } from "../tools.ts";
import { runScript, type Usage } from "./cli.ts";

/** No observation that a policy takes is longer. */
const LONGEST_LINE = 1 << 24;

const usage: Usage = {
  command: "deno task predict",
  about:
    "Prints the policy's action for an observation, or for each line of numbers on stdin, in the\n" +
    "codes or names of the data it learnt from. POLICY is a policy.safetensors of a run.",
  flags: {
    observation: { value: "X,Y,…", help: "one observation" },
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
  const output = processOutput("stdout");
  let number = 0;
  for await (const line of given === undefined ? stdinLines() : [given]) {
    const where = given === undefined ? `line ${++number}` : "--observation";
    if (given === undefined && line.trim() === "") continue;
    output.write(`${answer(policy, line, where, switches.has("json"))}\n`);
    if (!isOutputOpen("stdout")) break;
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

function answer(
  policy: NetworkPolicy,
  line: string,
  where: string,
  json: boolean,
): string {
  const { layers } = policy.network;
  const { inputs } = layers[0];
  const observation = Float32Array.from(cellsOf(line), numberOf);
  if (observation.length !== inputs || !observation.every(Number.isFinite)) {
    throw new InputError(
      `${where}: the policy takes ${inputs} ${
        inputs === 1 ? "number" : "numbers"
      }, not ${JSON.stringify(visible(line, 80))}`,
    );
  }
  const outputs = evaluatePolicy(policy, observation);
  if (!outputs.every(Number.isFinite)) {
    throw new InputError(
      `${where}: the policy's outputs are not finite (${
        visible(outputs.join(", "), 80)
      }), so it has no action for ${JSON.stringify(visible(line, 80))}`,
    );
  }
  const [action] = greedyActions(outputs, outputs.length);
  const names = policy.actionNames;
  if (!json) return visible(names?.[action] ?? `${action}`);
  const codes = names?.map((name) => /^-?\d+$/.test(name) ? +name : name);
  const text = JSON.stringify({
    action: codes?.[action] ?? action,
    [policy.outputs]: [...outputs],
    ...(codes && { actions: codes }),
  });
  // ASCII alone: a name may hold what a terminal obeys.
  return text.replaceAll(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
