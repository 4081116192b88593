/**
 * A network or a table as something that answers observations.
 *
 * @module
 */
import {
  actionCountOf,
  evaluatePolicy,
  InputError,
  isTable,
  type NetworkPolicy,
  observationSize,
  openTable,
  readPolicy,
  type TablePolicy,
} from "../mod.ts";
import { visible } from "../tools.ts";

/** What a policy takes and gives. */
export interface AnsweringPolicy {
  /** Numbers of an observation. */
  readonly observationSize: number;
  /** What they are called; absent where they have no names of their own. */
  readonly observationNames?: readonly string[];
  /** A */
  readonly actionCount: number;
  /** What the actions are called; absent where that is 0 … A - 1. */
  readonly actionNames?: readonly string[];
  /** Whether it has to be told which actions are allowed. */
  readonly masked: boolean;
  /** What its outputs are. */
  readonly outputs: "logits" | "qValues" | "probabilities";
  /** The outputs, one an action, and what a person should know of them. */
  outputsIn(
    observation: Float32Array,
    allowed?: Uint8Array,
  ): { outputs: Float32Array | number[]; note?: string };
}

/** How many numbers of one observation are noted as beyond the training data; the rest are counted. */
const LISTED = 5;

/**
 * Opens a policy that a run left.
 *
 * @throws InputError if the file holds none.
 */
export function answeringPolicy(path: string): AnsweringPolicy {
  const policy = readPolicy(path);
  return isTable(policy) ? answeringTable(policy, path) : {
    observationSize: observationSize(policy),
    observationNames: policy.observationNames,
    actionCount: actionCountOf(policy),
    actionNames: policy.actionNames,
    masked: policy.masked === true,
    outputs: policy.outputs,
    outputsIn: (observation, allowed) => ({
      outputs: evaluatePolicy(policy, observation, allowed),
      note: beyond(policy, observation),
    }),
  };
}

function answeringTable(table: TablePolicy, path: string): AnsweringPolicy {
  const find = openTable(table, path);
  const [{ length: actionCount }] = table.probabilities;
  return {
    observationSize: table.observations[0].length,
    observationNames: table.observationNames,
    actionCount,
    actionNames: table.actionNames,
    masked: table.allowed !== undefined,
    outputs: "probabilities",
    outputsIn(observation, allowed) {
      const row = find(observation, allowed);
      if (row) return { outputs: [...row] };
      const shown = visible(`(${Array.from(observation, shortest)})`, 80) +
        (table.allowed ? " where these actions are allowed" : "");
      if (table.otherwise === undefined) {
        throw new InputError(`the table has no row for ${shown}`);
      }
      const lowest = Math.max(0, allowed?.indexOf(1) ?? 0);
      return {
        outputs: Array.from(
          { length: actionCount },
          (_, action) => Number(action === lowest),
        ),
        note:
          `the table has no row for ${shown}: the lowest allowed action is taken`,
      };
    },
  };
}

/** Says which numbers of an observation lie beyond all that a network learnt from; or nothing. */
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
