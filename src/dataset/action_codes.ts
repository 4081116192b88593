/**
 * What a data set's source calls its actions. Learning numbers them 0 … A - 1; whoever reads an
 * answer wants the source's own codes.
 *
 * @module
 */

import { InputError } from "../errors.ts";
import type { SafetensorsFile } from "../files/safetensors.ts";
import { textsInMetadata } from "../files/texts_in_metadata.ts";
import type { Dataset } from "./dataset.ts";

/** A longer name of an action is a mistake: free text given as the action. */
export const LONGEST_ACTION_NAME = 200;

/**
 * The names to keep for actions, or undefined where they are 0 … A - 1 in this order, the default
 * of every reader.
 *
 * @param codes [A] integers or names.
 */
export function ownNames(
  codes: readonly (number | string)[],
): readonly string[] | undefined {
  const names = codes.map(String);
  return names.every((name, action) => name === `${action}`)
    ? undefined
    : names;
}

/** Names as an entry of a data set or policy; none without names. */
export function named(
  actionNames: readonly string[] | undefined,
): { actionNames?: readonly string[] } {
  return actionNames === undefined ? {} : { actionNames };
}

/**
 * The integer code of each action for formats that hold nothing else: the source's own where
 * they are integers, else 0 … A - 1.
 *
 * @returns [A]
 */
export function actionCodes(
  { actionCount, actionNames }: Pick<Dataset, "actionCount" | "actionNames">,
): readonly number[] {
  return actionNames !== undefined && isInteger(actionNames[0])
    ? actionNames.map(Number)
    : Array.from({ length: actionCount }, (_, action) => action);
}

/**
 * The same data with the actions 0 … count - 1, some of which may not occur, in place of those
 * in their file. Where the file says which actions were allowed, those that it does not know were not.
 *
 * @param count Number of actions of the environment that the data come from.
 * @throws InputError if the data have another action.
 */
export function withActionCount(dataset: Dataset, count: number): Dataset {
  const { actionNames, actionCount, allowed, ...columns } = dataset;
  if (actionNames === undefined && actionCount === count) return dataset;
  const named = actionNames?.find((name) => !isInteger(name));
  const codes = actionCodes(dataset);
  const surplus = named ?? codes.find((code) => code < 0 || code >= count);
  if (surplus !== undefined) {
    throw new InputError(
      `the data set has the action ${JSON.stringify(surplus)}, but the ` +
        `environment's actions are 0 … ${count - 1}: ` +
        "give the environment that the data were collected in",
    );
  }
  const actions = dataset.actions.map((action) => codes[action]);
  if (allowed === undefined) return { ...columns, actionCount: count, actions };
  const rows = allowed.length / actionCount;
  const recoded = new Uint8Array(rows * count);
  for (let row = 0; row < rows; row++) {
    codes.forEach((code, action) => {
      recoded[row * count + code] = allowed[row * actionCount + action];
    });
  }
  return { ...columns, actionCount: count, actions, allowed: recoded };
}

/**
 * Says what is wrong with the names of actions, or nothing.
 *
 * @param names One an action.
 * @param actionCount A.
 */
export function wrongActionNames(
  names: readonly string[],
  actionCount: number,
): string | undefined {
  if (names.length !== actionCount) {
    return `${names.length} names for ${actionCount} actions`;
  }
  if (new Set(names).size < names.length) {
    return "two actions have the same name";
  }
  const integers = names.filter(isInteger).length;
  if (integers > 0 && integers < names.length) {
    return "some names of actions are integers and some are not";
  }
  const isText = (name: string) =>
    name === name.trim() && name !== "" && Number.isNaN(Number(name)) &&
    name.length <= LONGEST_ACTION_NAME;
  const odd = integers > 0 ? undefined : names.find((name) => !isText(name));
  if (odd !== undefined) {
    return `${JSON.stringify(odd.slice(0, 40))} is not a name of an action`;
  }
}

/** The names as an entry of a safetensors file's metadata; none without names. */
export function namesToMetadata(
  names: readonly string[] | undefined,
): Record<string, string> {
  return names === undefined ? {} : { action_names: JSON.stringify(names) };
}

/**
 * The names in a safetensors file's metadata, if there are any.
 *
 * @param actionCount A.
 * @throws InputError if they are not a list of A texts that name actions.
 */
export function namesFromMetadata(
  file: Pick<SafetensorsFile, "name" | "metadata">,
  actionCount: number,
): { actionNames?: readonly string[] } {
  if (file.metadata.action_names === undefined) return {};
  const names = textsInMetadata(file, "action_names");
  // Before 0 … A - 1 are left out: one of them may be missing.
  const wrong = wrongActionNames(names, actionCount);
  if (wrong !== undefined) throw new InputError(`${file.name}: ${wrong}`);
  return named(ownNames(names));
}

/** Whether this is an integer in its shortest form, exact in a double. */
function isInteger(name: string): boolean {
  return Number.isSafeInteger(Number(name)) && `${Number(name)}` === name;
}
