/**
 * Records of devices and how they compare, for people.
 *
 * @module
 */
import type {
  DeviceRecord,
  RecordComparison,
  RecordDifference,
} from "../checks.ts";
import { formatTable, type Output, style, visible } from "../tools.ts";

/** What two records compare like, in text. */
export function comparisonText(
  output: Output,
  records: readonly [DeviceRecord, DeviceRecord],
  { equal, common, alone, trainings, kernels }: RecordComparison,
): string {
  const circumstances = formatTable(
    output,
    ["", "A", "B"],
    circumstancesOf(records),
  );
  const lines = [
    ...alone.flatMap((tasks, i) =>
      tasks.length === 0
        ? []
        : [`Not compared, in ${"AB"[i]} only: ${names(tasks)}.`]
    ),
    ...trainings.slice(0, 1).map((first) => `First, ${sentence(first)}.`),
    ...(trainings.length > 1
      ? [`Also: ${names(trainings.slice(1).map(({ task }) => task))}.`]
      : []),
    ...kernels.map(({ kernel, differences: [a, b] }) =>
      `Kernel ${
        visible(kernel, 60)
      }: elements that differ from the reference's, ${a} in A and ${b} in B.`
    ),
    equal
      ? style(
        output,
        "green",
        `Every bit is equal in ${trainingsOf(common.length)}.`,
      )
      : style(
        output,
        "red",
        `Bits differ in ${trainings.length} of ${trainingsOf(common.length)}.`,
      ),
  ];
  return `${circumstances}\n${lines.join("\n")}\n`;
}

function trainingsOf(count: number): string {
  return `${count} training${count === 1 ? "" : "s"}`;
}

function names(tasks: readonly string[]): string {
  const few = tasks.slice(0, 5).map((task) => visible(task, 60));
  const more = tasks.length - few.length;
  return few.join("; ") + (more > 0 ? `; ${more} more` : "");
}

/** What made the records, whether they differ in it or not. */
function circumstancesOf(
  records: readonly [DeviceRecord, DeviceRecord],
): string[][] {
  const rows: readonly (readonly [string, (record: DeviceRecord) => string])[] =
    [
      ["device", ({ device, backend }) => device?.name ?? backend],
      ["ids", ({ device }) => device?.ids ?? ""],
      ["kind", ({ device }) => kindOf(device)],
      ["driver", ({ driver }) => driver ?? "not said"],
      ["runtime", ({ software }) => software.runtime],
      ["platform", ({ software }) => software.platform],
      ["suite", ({ software }) => software.suiteVersion],
      [
        "kernels",
        ({ software }) => software.kernelsSha256?.slice(0, 16) ?? "not known",
      ],
      ["probe", ({ probe }) => probe ? probe.failure ?? "passed" : "none"],
      [
        "trainings unlike the reference",
        ({ trainings }) => {
          const unlike = trainings.filter((t) => t.firstDifference !== null);
          return `${unlike.length} of ${trainings.length}`;
        },
      ],
    ];
  return rows.map(([name, of]) => {
    const [a, b] = records.map((record) => visible(of(record), 90));
    return [name, a, a === b ? "the same" : b];
  });
}

function kindOf(device: DeviceRecord["device"]): string {
  if (device === null) return "no GPU";
  return device.software ? "software GPU" : "hardware GPU";
}

function sentence(
  { task, step, stepIsFirst, tensor, element, differences, bits }:
    RecordDifference,
): string {
  const when = stepIsFirst ? `step ${step}` : `by step ${step}`;
  const which = element === null
    ? `${visible(tensor, 60)}, in numbers that the records do not tell`
    : `${visible(tensor, 60)}[${element}]`;
  const hex = (word: number) => `0x${word.toString(16).padStart(8, "0")}`;
  const values = bits ? ` (${hex(bits[0])} in A, ${hex(bits[1])} in B)` : "";
  const count = differences === null ? "" : `, ${differences} of its numbers`;
  return `${visible(task, 60)}, ${when}: ${which}${values}${count}`;
}
