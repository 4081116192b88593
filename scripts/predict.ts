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
  processOutput,
  readFile,
} from "../mod.ts";
import { runScript, type Usage } from "./cli.ts";

const usage: Usage = {
  command: "deno task predict",
  about:
    "Prints the policy's action for an observation, or for each line of numbers on stdin.\n" +
    "POLICY is a policy.safetensors of a run.",
  flags: {
    observation: { value: "X,Y,…", help: "one observation" },
    json: { help: "print action and outputs as JSON, one line each" },
  },
  operands: "POLICY",
};

await runScript(usage, async ({ values, switches, operands }) => {
  if (operands.length !== 1) throw new InputError("give one policy file");
  const [path] = operands;
  const policy = policyFromSafetensors(readFile(path), path);
  const lines = values.observation !== undefined
    ? [values.observation]
    : (await new Response(Deno.stdin.readable).text()).split(/\r?\n/);
  const output = processOutput("stdout");
  lines.forEach((line, i) => {
    if (line.trim() === "") return;
    const where = values.observation === undefined
      ? `line ${i + 1}`
      : "--observation";
    output.write(`${answer(policy, line, where, switches.has("json"))}\n`);
  });
  return 0;
});

function answer(
  policy: NetworkPolicy,
  line: string,
  where: string,
  json: boolean,
): string {
  const { inputs, outputs } = {
    inputs: policy.network.layers[0].inputs,
    outputs: policy.network.layers.at(-1)!.outputs,
  };
  const cells = line.split(/[,;\s]+/).filter((cell) => cell !== "");
  const observation = Float32Array.from(cells, Number);
  if (cells.length !== inputs || !observation.every(Number.isFinite)) {
    throw new InputError(
      `${where}: the policy takes ${inputs} numbers, not ${
        JSON.stringify(line)
      }`,
    );
  }
  const result = evaluatePolicy(policy, observation);
  const [action] = greedyActions(result, outputs);
  return json
    ? JSON.stringify({ action, [policy.outputs]: [...result] })
    : String(action);
}
