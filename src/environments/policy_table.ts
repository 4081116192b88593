/**
 * Policies of a finite MDP as tables in files.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import { parseJson } from "../files/json.ts";
import { openNpz } from "../files/npz.ts";
import { readFile } from "../files/read.ts";
import { decodeText } from "../files/text.ts";
import { isZip } from "../files/zip.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { suggest } from "../nearest.ts";
import { fitPolicy, type WorldFile } from "./world_file.ts";

/** A table before it is checked. */
interface Table {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly kind: "probabilities" | "actions";
}

/**
 * Reads a policy: `{"probabilities": [S][A]}` or `[T][S][A]`, `{"actions": [S]}` or `[T][S]`, or the
 * same as an array of an `.npz` file, `FILE.npz:ARRAY` where it has several (integers whose last axis
 * is S are actions). A table by steps must have as many as the world's horizon; more are left out.
 *
 * @param path The file.
 * @param world The world: probabilities of the actions in each of its states must sum to 1, forbidden
 *   actions are refused, or spread where the world says so.
 * @param onNote Called with what was changed, in one line without the file's name.
 * @returns [S, A] or [T, S, A] with T the horizon; rows of states in which no episode acts are 0.
 * @throws InputError if it is no policy of this world, in one line with step, state and action.
 *
 * @example
 * ```ts
 * import { mdpRows, pointStart, policyTable, stateIndices } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const rows = mdpRows(1, 2);
 * for (const action of [0, 1]) {
 *   rows.add(0, action, { probability: 1, nextState: 0, reward: action, outcome: 0 });
 * }
 * const mdp = {
 *   stateCount: 1,
 *   actionCount: 2,
 *   ...rows.finish(),
 *   outcomes: [],
 *   start: pointStart(1, 0),
 *   horizon: 10,
 *   discount: 1,
 *   ...stateIndices(1),
 * };
 * const path = Deno.makeTempFileSync({ suffix: ".json" });
 * Deno.writeTextFileSync(path, '{"actions": [1]}');
 * deepEqual(policyTable(path, { mdp }), Float64Array.of(0, 1));
 * Deno.removeSync(path);
 * ```
 */
export function policyTable(
  path: string,
  world: Pick<WorldFile, "mdp" | "forbidden">,
  onNote: (note: string) => void = () => {},
): Float64Array {
  const [, file, array] = /^(.+\.npz):(.+)$/s.exec(path) ?? [null, path, null];
  const bytes = readFile(file);
  const table = isZip(bytes)
    ? fromNpz(bytes, file, array, world.mdp)
    : fromJson(decodeText(bytes, file), file);
  const { stateCount, actionCount } = world.mdp;
  const isByStep = checkShape(table, path, stateCount, actionCount);
  const rows = table.kind === "actions"
    ? certain(table.data, isByStep, path, world.mdp)
    : table.data;
  return fitTable(rows, isByStep, path, world, onNote);
}

function fromJson(text: string, name: string): Table {
  const value = parseJson(text, name) as Record<string, unknown> | null;
  if (value?.probabilities != null && value.actions != null) {
    throw new InputError(
      `${name}: has probabilities and actions; keep those that are meant`,
    );
  }
  if (value?.observations != null) {
    throw new InputError(
      `${name}: its rows are of observations, not of states: readPolicy and policyInStates take it`,
    );
  }
  for (const kind of ["probabilities", "actions"] as const) {
    const list = value?.[kind];
    if (list == null) continue;
    const shape: number[] = [];
    for (let inner: unknown = list; Array.isArray(inner); inner = inner[0]) {
      shape.push(inner.length);
    }
    let flat: unknown[] = [list];
    for (const length of shape) {
      const isEven = flat.every((row) =>
        Array.isArray(row) && row.length === length
      );
      if (!isEven) {
        throw new InputError(
          `${name}: rows of ${kind} differ in their lengths`,
        );
      }
      flat = flat.flat();
    }
    const wrong = flat.find((entry) => typeof entry !== "number");
    if (wrong !== undefined) {
      throw new InputError(
        `${name}: ${kind}: ${JSON.stringify(wrong)} is no number`,
      );
    }
    return { shape, data: Float64Array.from(flat), kind };
  }
  throw new InputError(
    `${name}: no policy: it has neither probabilities nor actions`,
  );
}

function fromNpz(
  bytes: Uint8Array,
  name: string,
  array: string | null,
  { stateCount, actionCount }: FiniteMdp,
): Table {
  const npz = openNpz(bytes, name);
  const { names } = npz;
  if (array === null && names.length !== 1) {
    throw new InputError(
      `${name}: has ${names.length} arrays; name one, ${name}:${
        names[0] ?? "ARRAY"
      }`,
    );
  }
  const wanted = array ?? names[0];
  if (!npz.has(wanted)) {
    throw new InputError(
      `${name}: there is no array ${wanted}; ${suggest(wanted, names)}`,
    );
  }
  const { shape, data, integers } = npz.numbers(wanted);
  const isActions = integers && shape.at(-1) === stateCount &&
    shape.length <= 2;
  const isTable = shape.at(-1) === actionCount && shape.at(-2) === stateCount;
  if (isActions && isTable) {
    throw new InputError(
      `${name}: ${wanted}: integers [${
        shape.join(", ")
      }] may be actions or probabilities; save probabilities as floats`,
    );
  }
  return { shape, data, kind: isActions ? "actions" : "probabilities" };
}

/** Whether a table has an axis for the step. */
function checkShape(
  { shape, kind }: Table,
  name: string,
  stateCount: number,
  actionCount: number,
): boolean {
  const inner = kind === "actions" ? [stateCount] : [stateCount, actionCount];
  const more = shape.length - inner.length;
  const fits = inner.every((size, axis) => shape[more + axis] === size);
  if (fits && more === 0) return false;
  if (fits && more === 1 && shape[0] > 0) return true;
  throw new InputError(
    `${name}: ${kind} are [${shape.join(", ")}]; [${
      inner.join(", ")
    }] or [steps, ${inner.join(", ")}] is needed`,
  );
}

/** The probabilities of a policy that takes these actions for certain. */
function certain(
  actions: Float64Array,
  isByStep: boolean,
  name: string,
  { stateCount, actionCount, outcomeOffsets }: FiniteMdp,
): Float64Array {
  const policy = new Float64Array(actions.length * actionCount);
  actions.forEach((action, i) => {
    const state = i % stateCount;
    const first = state * actionCount;
    if (outcomeOffsets[first] === outcomeOffsets[first + actionCount]) return;
    if (!Number.isInteger(action) || action < 0 || action >= actionCount) {
      const step = isByStep ? `step ${Math.floor(i / stateCount)}, ` : "";
      throw new InputError(
        `${name}: ${step}state ${state}: action ${action}; actions are 0 to ${
          actionCount - 1
        }`,
      );
    }
    policy[i * actionCount + action] = 1;
  });
  return policy;
}

function fitTable(
  table: Float64Array,
  isByStep: boolean,
  name: string,
  world: Pick<WorldFile, "mdp" | "forbidden">,
  onNote: (note: string) => void,
): Float64Array {
  const { stateCount, actionCount, horizon } = world.mdp;
  const size = stateCount * actionCount;
  const steps = table.length / size;
  if (isByStep && (horizon === null || steps < horizon)) {
    throw new InputError(
      horizon === null
        ? `${name}: has ${steps} steps where the world has no horizon; give the horizon ${steps}`
        : `${name}: has ${steps} steps; the horizon is ${horizon}`,
    );
  }
  const used = isByStep ? horizon! : 1;
  if (used < steps) {
    onNote(`has ${steps} steps; the first ${used} are used`);
  }
  const policy = new Float64Array(used * size);
  let share = 0;
  for (let t = 0; t < used; t++) {
    const fitted = fitPolicy(
      table.subarray(t * size, (t + 1) * size),
      world,
      isByStep ? `${name}: step ${t}` : name,
    );
    policy.set(fitted.policy, t * size);
    share = Math.max(share, fitted.forbiddenShare);
  }
  if (share > 0) {
    onNote(
      `forbidden actions (up to ${
        share.toPrecision(3)
      } in a state) are spread over the allowed ones, as the world's rows of them are`,
    );
  }
  return policy;
}
