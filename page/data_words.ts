/**
 * The data in a sentence.
 *
 * @module
 */
import { decimal, group, percent } from "../src/report/numbers.ts";
import type { WorldView } from "./messages.ts";

/** What was collected, how it ended, and how much of what could be done it has. */
export function dataWords(
  { title, dataset, pairs, unsafe, notes }: WorldView,
): string {
  const rate = unsafe ? dataset[`${unsafe}Rate`] : undefined;
  return [
    `${group(dataset.episodes)} episodes with ${
      group(dataset.transitions)
    } transitions in ${title}`,
    `mean return ${decimal(dataset.returnMean)}`,
    ...(rate === undefined
      ? []
      : [`${percent(rate)} of the episodes end in a ${unsafe}`]),
    `of the ${group(pairs.all)} pairs of a visited state and an action, ${
      percent(pairs.seen / pairs.all)
    } occur`,
    ...notes,
  ].join("; ") + ".";
}
