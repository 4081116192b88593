/**
 * Reading a record that somebody sent.
 *
 * @module
 */
import * as v from "valibot";
import { InputError } from "../../errors.ts";
import { parseJson } from "../../files/json.ts";
import { visible } from "../../visible.ts";
import { type DeviceRecord, RECORD_SCHEMA } from "./record.ts";

/** A record of trainings that all differ has less. */
export const MOST_RECORD_BYTES = 4 * 2 ** 20;

const text = v.pipe(v.string(), v.maxLength(500));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const word = v.pipe(count, v.maxValue(2 ** 32 - 1));
const time = v.pipe(v.number(), v.finite(), v.minValue(0));

const differing = v.pipe(
  v.object({
    differences: positive,
    elements: v.pipe(v.array(count), v.minLength(1), v.maxLength(100)),
    bits: v.array(word),
  }),
  v.check(({ differences, elements, bits }) =>
    bits.length === elements.length && elements.length <= differences &&
    isAscending(elements)
  ),
);

const point = v.pipe(
  v.object({
    step: positive,
    losses: hash,
    tensors: v.record(name, hash),
    differing: v.optional(v.record(name, differing)),
  }),
  v.check((point) =>
    Object.keys(point.differing ?? {}).every((tensor) =>
      isTensor(point, tensor)
    )
  ),
);

const training = v.pipe(
  v.object({
    task: name,
    runs: positive,
    targetUpdates: count,
    firstDifference: v.nullable(v.object({
      step: positive,
      tensor: name,
      element: count,
      differences: positive,
      bits: v.tuple([word, word]),
    })),
    lossDifferences: count,
    policy: v.object({
      values: hash,
      actions: hash,
      valueDifferences: count,
      actionDifferences: count,
    }),
    points: v.pipe(v.array(point), v.minLength(1), v.maxLength(100)),
    sha256: hash,
    millisecondsPerStep: time,
  }),
  v.check(({ points, firstDifference }) => {
    const [{ tensors }] = points;
    const names = Object.keys(tensors);
    const last = points[points.length - 1].step;
    return isAscending(points.map(({ step }) => step)) &&
      points.every((point) =>
        String(Object.keys(point.tensors)) === String(names)
      ) &&
      (firstDifference === null ||
        firstDifference.step <= last &&
          isTensor(points[0], firstDifference.tensor));
  }),
);

const record = v.pipe(
  v.object({
    schema: v.literal(RECORD_SCHEMA),
    software: v.object({
      suiteVersion: name,
      kernelsSha256: v.nullable(hash),
      runtime: text,
      platform: text,
    }),
    backend: name,
    device: v.nullable(v.object({
      name: text,
      ids: text,
      software: v.boolean(),
      maxBufferBytes: count,
      maxStorageBuffers: count,
      maxWorkgroupThreads: count,
    })),
    driver: v.nullable(text),
    probe: v.nullable(v.object({
      arithmetic: v.object({
        rounding: v.picklist(["nearest even", "other"]),
        contraction: v.picklist(["none", "fused"]),
        reassociation: v.picklist(["none", "simplified"]),
        subnormals: v.picklist(["kept", "flushed"]),
        guardedDifferences: count,
        guardedCases: count,
      }),
      golden: v.pipe(
        v.array(v.object({ training: name, differences: count })),
        v.maxLength(1000),
      ),
      failure: v.nullable(text),
    })),
    steps: positive,
    kernels: v.pipe(
      v.array(v.object({
        kernel: name,
        shapes: count,
        elements: count,
        differences: count,
      })),
      v.maxLength(1000),
    ),
    trainings: v.pipe(
      v.array(training),
      v.minLength(1),
      v.maxLength(1000),
    ),
    seconds: time,
  }),
  v.check(({ steps, trainings, kernels }) =>
    trainings.every(({ points }) => points.at(-1)!.step === steps) &&
    isUnique(trainings.map(({ task }) => task)) &&
    isUnique(kernels.map(({ kernel }) => kernel))
  ),
);

function isTensor(
  { tensors }: { readonly tensors: object },
  tensor: string,
): boolean {
  return tensor === "losses" || Object.hasOwn(tensors, tensor);
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((x, i) => i === 0 || x > numbers[i - 1]);
}

function isUnique(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}

/**
 * A record from the text of its file.
 *
 * @param file Its name, for messages.
 * @throws InputError if it is none, is damaged, or is of another version of the suite, in one line.
 */
export function readRecord(content: string, file: string): DeviceRecord {
  const value = parseJson(content, file);
  const schema = v.safeParse(v.looseObject({ schema: v.string() }), value);
  if (!schema.success || schema.output.schema !== RECORD_SCHEMA) {
    const own = schema.success ? visible(schema.output.schema, 60) : "none";
    throw new InputError(
      `${file}: is no record of this version of the suite: its schema is ${own}, not ${RECORD_SCHEMA}; make it with deno task determinism --record FILE`,
    );
  }
  const checked = v.safeParse(record, value, { abortEarly: true });
  if (checked.success) return checked.output;
  const where = v.getDotPath(checked.issues[0]);
  throw new InputError(
    `${file}: is damaged: ${
      where ? visible(where, 100) : "what its parts say of each other"
    } is not as deno task determinism --record writes it`,
  );
}
