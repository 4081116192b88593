/**
 * Which mask of actions a world gets.
 *
 * @module
 */
import { dirname, join } from "node:path";
import { InputError } from "../errors.ts";
import { readFile } from "../files/read.ts";
import { decodeText } from "../files/text.ts";
import type { WorldReadOptions } from "./world_options.ts";
import type { WorldParts } from "./world_parts.ts";

/** A list of allowed actions is not longer. */
const MOST_BYTES = 1 << 26;

/**
 * Gives parts the mask that is asked for, or that lies beside their file.
 *
 * @param parts What the file at `path` holds.
 * @throws InputError if there is no such mask or it is of another world.
 */
export function withMask(
  parts: WorldParts,
  path: string,
  { allowed, onNote }: WorldReadOptions,
): WorldParts {
  const listed = (file: string) => ({
    ...parts,
    allowed: readLists(file, parts.stateCount, parts.actionCount),
  });
  if (allowed === "all") return { ...parts, allowed: null };
  if (allowed === "mask") {
    if (parts.advice) return { ...parts, allowed: parts.advice };
    throw new InputError(`${path}: allowed: the file has no action_mask`);
  }
  if (allowed !== undefined) return listed(allowed);
  if (parts.allowed === null && parts.advice !== null) {
    onNote?.(
      `${path}: action_mask is advice in Gymnasium, all actions can be taken; allowed mask forbids the others`,
    );
  }
  if (parts.actionList === undefined) return parts;
  const beside = join(dirname(path), parts.actionList);
  if (isFile(beside)) {
    onNote?.(`${path}: allowed actions are those of ${beside}`);
    return listed(beside);
  }
  onNote?.(
    `${path}: there is no ${parts.actionList} beside it; all actions are allowed`,
  );
  return parts;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A line of indices for each state, perhaps below a line that says how many each has. */
function readLists(
  path: string,
  stateCount: number,
  actionCount: number,
): Uint8Array {
  const text = decodeText(readFile(path, MOST_BYTES), path);
  const lines = text.trimEnd().split("\n").map((line, n) => {
    const words = line.split(/[\s,]+/).filter((word) => word !== "");
    return words.map((word) => {
      if (/^\d{1,9}$/.test(word)) return Number(word);
      throw new InputError(
        `${path}: line ${n + 1}: ${
          JSON.stringify(word)
        } is not the index of an action`,
      );
    });
  });
  const hasCounts = lines.length === stateCount + 1 &&
    lines[0].length === stateCount;
  const lists = hasCounts ? lines.slice(1) : lines;
  if (lists.length !== stateCount) {
    throw new InputError(
      `${path}: has ${lists.length} lines of actions; the world has ${stateCount} states`,
    );
  }
  const allowed = new Uint8Array(stateCount * actionCount);
  lists.forEach((actions, state) => {
    if (hasCounts && lines[0][state] !== actions.length) {
      throw new InputError(
        `${path}: state ${state}: ${actions.length} actions where the first line says ${
          lines[0][state]
        }`,
      );
    }
    for (const action of actions) {
      if (action >= actionCount || allowed[state * actionCount + action]) {
        throw new InputError(
          `${path}: state ${state}, action ${action}: ${
            action < actionCount
              ? "is there twice"
              : `actions are 0 to ${actionCount - 1}`
          }`,
        );
      }
      allowed[state * actionCount + action] = 1;
    }
  });
  return allowed;
}
