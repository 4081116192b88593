/**
 * Writing a data set as CSV; `csv.ts` lists the columns.
 *
 * @module
 */

import { concatenatedBytes } from "../../numerics/arrays.ts";
import { InputError } from "../../errors.ts";
import type { Dataset } from "../dataset.ts";
import { usualNames } from "../observation_names.ts";

/** Rows per piece of text that is turned into bytes. */
const ENCODE_ROWS = 20_000;

/**
 * A data set as CSV: the columns that `csv.ts` names, T + 1 rows an episode of T
 * transitions, the last with the final observation only. Every number is the shortest
 * decimal that reads back as the same 32-bit float, a propensity as the same 64-bit float. Reading it gives an equal data set, but for
 * actions that never occur, which CSV does not hold.
 *
 * @param dataset The data set.
 * @throws InputError if a list of allowed actions could not be read back because of their names.
 */
export function datasetToCsv(dataset: Dataset): Uint8Array<ArrayBuffer> {
  const {
    observationSize: size,
    observations,
    observationNames: own,
    episodeOffsets: offsets,
    propensities,
    outcomes,
  } = dataset;
  const names = own && csvKeepsNames(own) ? own : usualNames(size);
  const encoder = new TextEncoder();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let text = `episode,step,${
    names.map(cell).join(",")
  },action,reward,terminated,truncated${propensities ? ",propensity" : ""}${
    outcomes ? ",outcome" : ""
  }${dataset.allowed ? ",allowed" : ""}\n`;
  const actionNames = dataset.actionNames?.map(cell);
  const nameOf = (action: number) => actionNames?.[action] ?? action;
  const allowedIn = allowedCells(dataset);
  const outcomeNames = ["", ...outcomes?.names.map(cell) ?? []];
  const outcomeOf = (e: number) => outcomeNames[outcomes!.ofEpisode[e]];
  let rows = 0;
  for (let e = 0; e + 1 < offsets.length; e++) {
    for (let i = offsets[e]; i <= offsets[e + 1]; i++) {
      text += `${e},${i - offsets[e]}`;
      for (let d = 0; d < size; d++) {
        text += `,${shortest(observations[(i + e) * size + d])}`;
      }
      text += i === offsets[e + 1]
        ? `,,,,${propensities ? "," : ""}`
        : `,${nameOf(dataset.actions[i])},${shortest(dataset.rewards[i])}` +
          `,${dataset.terminated[i]},${dataset.truncated[i]}` +
          `${propensities ? `,${propensities[i]}` : ""}`;
      // In the row of the last action, where its end stands.
      text += outcomes
        ? `,${i + 1 === offsets[e + 1] ? outcomeOf(e) : ""}`
        : "";
      text += `${allowedIn(i + e)}\n`;
      if (++rows % ENCODE_ROWS === 0) {
        parts.push(encoder.encode(text));
        text = "";
      }
    }
  }
  parts.push(encoder.encode(text));
  return concatenatedBytes(parts);
}

/** The columns beside those of the observation. */
const OTHERS =
  "episode,step,action,reward,terminated,truncated,propensity,outcome,allowed"
    .split(",");

/** Whether a header can hold these names of an observation's numbers, so that they are read back. */
export function csvKeepsNames(names: readonly string[]): boolean {
  return names.every((name) =>
    !OTHERS.includes(name) && name === name.replaceAll(/^ +| +$|[\r\n]/g, "")
  );
}

/** The cell, with the comma before it, that lists what is allowed in an observation row; none without masks. */
function allowedCells(
  { allowed, actionCount, actionNames }: Dataset,
): (row: number) => string {
  if (allowed === undefined) return () => "";
  const names = Array.from(
    { length: actionCount },
    (_, action) => actionNames?.[action] ?? `${action}`,
  );
  const unclear = names.find((name) => name.includes(";"));
  if (unclear !== undefined) {
    throw new InputError(
      `the action ${
        JSON.stringify(unclear)
      } has a semicolon in its name, which parts the allowed actions in CSV: write another format`,
    );
  }
  const parted = names.some((name) => /\s/.test(name));
  return (row) => {
    const list = names.filter((_, a) => allowed[row * actionCount + a] === 1);
    return "," + cell(
      parted ? list.map((name) => `${name};`).join("") : list.join(" "),
    );
  };
}

/** Text as a cell, in quotes if it needs them. */
function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The shortest decimal that reads back as this f32. */
function shortest(value: number): string {
  if (Object.is(value, -0)) return "-0";
  if (Number.isInteger(value)) return String(value);
  // Most numbers that people log have few digits; toPrecision costs ten times as much.
  const short = Math.round(value * 1e4) / 1e4;
  if (Math.abs(value) < 100 && Math.fround(short) === value) {
    return String(short);
  }
  for (let digits = 6; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}
