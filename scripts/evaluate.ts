/**
 * `deno task evaluate`: what a policy is worth when all that is known are the data of another.
 *
 * @module
 */
import {
  evaluateOnLog,
  InputError,
  LOG_REFERENCES,
  type LogRequest,
  openLogPolicy,
} from "../mod.ts";
import { formatOffPolicy, processOutput } from "../tools.ts";
import {
  type Arguments,
  choiceFlag,
  integerFlag,
  readDataset,
  runScript,
  type Usage,
} from "./cli.ts";
import { datasetFlags, readOptions } from "./dataset_flags.ts";

const usage: Usage = {
  command: "deno task evaluate",
  about:
    "What a policy is worth, from data that another one made. POLICY is a\n" +
    "policy.safetensors, a table in JSON, or a reference:\n" +
    `${LOG_REFERENCES.join(", ")}.\n` +
    "With --require it ends with 0 where the data show that the policy meets it, else with 1.",
  flags: {
    dataset: { value: "FILE", help: "the data, in any format" },
    behaviour: {
      value: "column|counts|clone|FILE",
      help:
        "who acted: probabilities in a column, counted, from a cloned network, or a policy (default: the column, else counts)",
    },
    act: {
      value: "greedy|softmax[:T]|epsilon:E",
      help:
        "how a network acts: its best action, in proportion to exp(output / T), or any with probability E (default: greedy)",
    },
    require: {
      value: "CONDITION,…",
      help:
        'such as "hazard<=0.01,return>=0.3"; of return, discountedReturn, length and outcomes',
    },
    outcomes: {
      value: "NAME=REWARD,…",
      help:
        "names of ends, by the reward with which episodes terminate (default: the data's own outcomes, else each such reward)",
    },
    discount: { value: "G", help: "of the discounted return (default: 0.99)" },
    horizon: {
      value: "STEPS",
      help:
        "steps after which an episode ends in any case (default: the longest in the data)",
    },
    "return-range": {
      value: "LOW,HIGH",
      help:
        "the lowest and the largest return that an episode can have (default: what the rewards in the data allow)",
    },
    confidence: {
      value: "C",
      help: "of intervals and of the decision (default: 0.95)",
    },
    "cross-fit": {
      value: "off|K",
      help:
        "parts of the episodes that are estimated with a model of the others (default: 5)",
    },
    "reward-scale": {
      value: "X",
      help:
        "rewardScale of the training, to compare action values with rewards (default: 1)",
    },
    fqe: {
      value: "tables|network",
      help:
        "what fitted Q evaluation fits (default: tables, or networks where most observations are new and --cross-fit is not off)",
    },
    seed: { value: "N", help: "names the random streams (default: 0)" },
    json: { help: "print everything as JSON" },
    ...datasetFlags,
  },
  operands: "POLICY",
};

/** The value of a flag as a number within bounds. */
function numberFlag(
  { values }: Arguments,
  name: string,
  isIn: (x: number) => boolean,
  range: string,
): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  if (isNumber && isIn(Number(text))) return Number(text);
  throw new InputError(
    `--${name}: must be a number ${range}, not ${JSON.stringify(text)}`,
  );
}

function rangeFlag(text: string | undefined): LogRequest["returnRange"] {
  if (text === undefined) return undefined;
  const [low, high, ...more] = text.split(",").map((part) =>
    part.trim() === "" ? NaN : Number(part)
  );
  if (Number.isFinite(low) && Number.isFinite(high) && low <= high) {
    if (more.length === 0) return [low, high];
  }
  throw new InputError(
    `--return-range: must be two numbers, LOW,HIGH, not ${
      JSON.stringify(text)
    }`,
  );
}

function actingFlag(text = "greedy"): Parameters<typeof openLogPolicy>[1] {
  const [kind, number, ...more] = text.split(":");
  const value = Number(number ?? (kind === "softmax" ? 1 : NaN));
  if (text === "greedy") return { kind: "greedy" };
  if (more.length === 0 && number !== "") {
    if (kind === "softmax" && value > 0 && Number.isFinite(value)) {
      return { kind, temperature: value };
    }
    if (kind === "epsilon" && value >= 0 && value <= 1) {
      return { kind, epsilon: value };
    }
  }
  throw new InputError(
    `--act: must be greedy, softmax, softmax:T with T above 0, or epsilon:E with E from 0 to 1, not ${
      JSON.stringify(text)
    }`,
  );
}

await runScript(usage, async (args) => {
  const { values, switches, operands } = args;
  if (operands.length !== 1) throw new InputError("give one policy");
  if (values.dataset === undefined) {
    throw new InputError(
      "--dataset: is missing; give the data, --dataset FILE",
    );
  }
  const crossFit = values["cross-fit"];
  const request: LogRequest = {
    behaviour: values.behaviour,
    discount: numberFlag(
      args,
      "discount",
      (x) => x >= 0 && x <= 1,
      "from 0 to 1",
    ),
    horizon: integerFlag(args, "horizon", 1, 1e6),
    returnRange: rangeFlag(values["return-range"]),
    confidence: numberFlag(
      args,
      "confidence",
      (x) => x > 0 && x < 1,
      "between 0 and 1",
    ),
    require: values.require,
    outcomes: values.outcomes,
    folds: crossFit === "off"
      ? 1
      : integerFlag(args, "cross-fit", 2, 1000, "off"),
    seed: integerFlag(args, "seed", 0, 2 ** 32 - 1),
    fqe: choiceFlag(args, "fqe", ["tables", "network"]),
    rewardScale: numberFlag(args, "reward-scale", (x) => x > 0, "above 0"),
  };
  const screen = processOutput("stderr");
  const policy = openLogPolicy(operands[0], actingFlag(values.act));
  if (policy.kind !== "network") {
    const flag = ["act", "reward-scale"].find((flag) => flag in values);
    if (flag !== undefined) {
      throw new InputError(
        `--${flag}: is for networks, and ${operands[0]} is none`,
      );
    }
  }
  const dataset = await readDataset(values.dataset, readOptions(args), screen);
  const found = await evaluateOnLog(policy, dataset, request);
  const output = processOutput("stdout");
  output.write(
    switches.has("json")
      ? `${JSON.stringify(found, null, 2)}\n`
      : formatOffPolicy(output, found),
  );
  return found.decision.verdict === "not shown by these data" ? 1 : 0;
});
