/**
 * Comparing the records of two devices.
 *
 * Each record tells where its device leaves the reference, to the step and the number. The reference has the
 * same bits everywhere, so where one device leaves it before the other does, that is where the two part. Where
 * both leave it in the same way, the hashes and the numbers told at the points in common decide.
 *
 * @module
 */
import { InputError } from "../../errors.ts";
import { visible } from "../../visible.ts";
import type {
  FirstDifference,
  TrainingPoint,
  TrainingReport,
} from "../determinism.ts";
import type { DeviceRecord } from "./record.ts";

/** Where a training of two records differs first. */
export interface RecordDifference {
  /** The training. */
  readonly task: string;
  /** The step. */
  readonly step: number;
  /** False where the difference may have come about earlier, since the point before. */
  readonly stepIsFirst: boolean;
  /** `losses`, a tensor of the state, or `policy`. */
  readonly tensor: string;
  /** Its first number that differs, or null where the records tell too few. */
  readonly element: number | null;
  /** How many of its numbers differ, or null where both differ from the reference there. */
  readonly differences: number | null;
  /** Bits of the number in both, where they are told. */
  readonly bits: readonly [number, number] | null;
}

/** A kernel whose results differ from the reference's in other numbers. */
export interface KernelContrast {
  /** Its name. */
  readonly kernel: string;
  /** Elements that differ from the reference's, in the one record and in the other. */
  readonly differences: readonly [number, number];
}

/** How two records compare. */
export interface RecordComparison {
  /** Whether no bit differs in what both recorded. */
  readonly equal: boolean;
  /** Trainings of both records. */
  readonly common: readonly string[];
  /** Trainings of the first alone, and of the second. */
  readonly alone: readonly [readonly string[], readonly string[]];
  /** One entry a training that differs, in the first record's order. */
  readonly trainings: readonly RecordDifference[];
  /** Kernels that differ, of those that both ran on the same inputs. */
  readonly kernels: readonly KernelContrast[];
}

/**
 * Compares two records.
 *
 * @param names What to call them in messages.
 * @throws InputError if they did not train the same.
 */
export function compareRecords(
  a: DeviceRecord,
  b: DeviceRecord,
  names: readonly [string, string] = ["the first record", "the second"],
): RecordComparison {
  const [one, two] = names;
  if (a.steps !== b.steps) {
    throw new InputError(
      `${one} has ${a.steps} steps of each training and ${two} ${b.steps}: record both with the same --steps`,
    );
  }
  const others = new Map(b.trainings.map((own) => [own.task, own]));
  const pairs = a.trainings.flatMap((own) => {
    const other = others.get(own.task);
    return other ? [[own, other] as const] : [];
  });
  if (pairs.length === 0) {
    throw new InputError(
      `${one} and ${two} have no training in common: record both with the same --preset`,
    );
  }
  for (const [own, other] of pairs) {
    if (shapeOf(own) === shapeOf(other)) continue;
    throw new InputError(
      `${one} and ${two} trained ${
        visible(own.task, 60)
      } in different ways: record both with the same version of the suite (${
        visible(a.software.suiteVersion, 40)
      } and ${visible(b.software.suiteVersion, 40)})`,
    );
  }
  const trainings = pairs.flatMap(([own, other]) =>
    differenceOf(own, other) ?? []
  );
  const kernels = a.kernels.flatMap(
    ({ kernel, shapes, elements, differences }) => {
      const other = b.kernels.find((k) => k.kernel === kernel);
      const isSame = other?.shapes === shapes && other.elements === elements;
      return isSame && other.differences !== differences
        ? [{ kernel, differences: [differences, other.differences] as const }]
        : [];
    },
  );
  const common = pairs.map(([{ task }]) => task);
  const without = ({ trainings }: DeviceRecord) =>
    trainings.map(({ task }) => task).filter((task) => !common.includes(task));
  return {
    equal: trainings.length === 0 && kernels.length === 0,
    common,
    alone: [without(a), without(b)],
    trainings,
    kernels,
  };
}

/** What two trainings have to share to be compared. */
function shapeOf({ runs, targetUpdates, points }: TrainingReport): string {
  const [{ tensors }] = points;
  const steps = points.map(({ step }) => step);
  return JSON.stringify([runs, targetUpdates, steps, Object.keys(tensors)]);
}

function differenceOf(
  a: TrainingReport,
  b: TrainingReport,
): RecordDifference | null {
  const { task } = a;
  const at = partedAt(a, b);
  const after = partedAfter(a.points, b.points);
  // An earlier hash that differs is one of references that differ.
  const parted = at && after && after.step < at.step ? after : at ?? after;
  if (parted) return { task, ...parted };
  const isSame = a.sha256 === b.sha256 &&
    a.policy.values === b.policy.values &&
    a.policy.actions === b.policy.actions;
  return isSame ? null : {
    task,
    step: a.points.at(-1)!.step,
    stepIsFirst: true,
    tensor: "policy",
    element: null,
    differences: null,
    bits: null,
  };
}

type Place = Omit<RecordDifference, "task">;

/** Where one leaves the reference before the other does; null where they leave it alike. */
function partedAt(a: TrainingReport, b: TrainingReport): Place | null {
  const ranks = ["losses", ...Object.keys(a.points[0].tensors)];
  const place = (of: FirstDifference | null) =>
    of === null ? [Infinity] : [of.step, ranks.indexOf(of.tensor), of.element];
  const [own, other] = [a, b].map(({ firstDifference }) => firstDifference);
  const [x, y] = [place(own), place(other)];
  const at = x.findIndex((value, i) => value !== y[i]);
  if (at < 0) {
    if (own === null || other === null || own.bits[0] === other.bits[0]) {
      return null;
    }
    return {
      step: own.step,
      stepIsFirst: true,
      tensor: own.tensor,
      element: own.element,
      differences: null,
      bits: [own.bits[0], other.bits[0]],
    };
  }
  const ownIsFirst = x[at] < y[at];
  const first = (ownIsFirst ? own : other)!;
  const [bits, right] = first.bits;
  const { step, tensor, element, differences } = first;
  return {
    step,
    stepIsFirst: true,
    tensor,
    element,
    // In a tensor where both leave it, other numbers may be as they are in the other.
    differences: at < 2 ? differences : null,
    bits: ownIsFirst ? [bits, right] : [right, bits],
  };
}

/** The first hash in which they differ, and the number, as far as the numbers told there show it. */
function partedAfter(
  a: readonly TrainingPoint[],
  b: readonly TrainingPoint[],
): Place | null {
  for (const [i, own] of a.entries()) {
    const other = b[i];
    for (const tensor of ["losses", ...Object.keys(own.tensors)]) {
      if (hashOf(own, tensor) === hashOf(other, tensor)) continue;
      return {
        step: own.step,
        stepIsFirst: own.step === 1 + (a[i - 1]?.step ?? 0),
        tensor,
        differences: null,
        ...numberIn(own, other, tensor),
      };
    }
  }
  return null;
}

function hashOf({ losses, tensors }: TrainingPoint, tensor: string): string {
  return tensor === "losses" ? losses : tensors[tensor];
}

function numberIn(
  a: TrainingPoint,
  b: TrainingPoint,
  tensor: string,
): Pick<Place, "element" | "bits"> {
  const [own, other] = [a, b].map(({ differing }) =>
    differing?.[tensor] ?? { differences: 0, elements: [], bits: [] }
  );
  // Up to the last number that is told, all others are the reference's.
  const toldUpTo = ({ differences, elements }: typeof own) =>
    elements.length === differences ? Infinity : elements[elements.length - 1];
  const known = Math.min(toldUpTo(own), toldUpTo(other));
  const all = [...new Set([...own.elements, ...other.elements])]
    .filter((element) => element <= known)
    .sort((x, y) => x - y);
  for (const element of all) {
    const [x, y] = [own, other].map(({ elements, bits }) =>
      bits[elements.indexOf(element)]
    );
    if (x === y) continue;
    const bits = x === undefined || y === undefined ? null : [x, y] as const;
    return { element, bits };
  }
  return { element: null, bits: null };
}
