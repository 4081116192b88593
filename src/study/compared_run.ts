/**
 * A finished run, as a comparison needs it.
 *
 * @module
 */
import { join } from "node:path";
import * as v from "valibot";
import { InputError } from "../errors.ts";
import type { Metrics } from "../evaluation/results.ts";
import { measureNames } from "../evaluation/measures.ts";
import type { ComparedRun, TrainingRows } from "../report/comparison/runs.ts";
import { visible } from "../visible.ts";
import {
  hashesOf,
  madeBy,
  type RecordedFolder,
  recordedJson,
  recordedTable,
} from "./compared_files.ts";

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
const numbers = v.record(v.string(), v.nullable(v.number()));
const estimate = v.looseObject({
  value: v.nullable(v.number()),
  interval: v.nullable(v.tuple([v.number(), v.number()])),
});

/** What is read of `metrics.json`. */
const metricsShape = v.looseObject({
  schema: v.literal("holdfast/metrics/1"),
  config: v.looseObject({}),
  environment: v.optional(v.looseObject({
    title: v.string(),
    outcomes: v.array(v.looseObject({
      name: v.string(),
      ends: v.boolean(),
      unsafe: v.boolean(),
    })),
    horizon: v.nullable(v.number()),
    discount: v.number(),
    optimal: v.looseObject({}),
  })),
  references: v.optional(v.looseObject({ optimal: numbers })),
  policies: v.record(
    v.string(),
    v.looseObject({
      exact: v.optional(numbers),
      regret: v.optional(v.nullable(v.number())),
      actionMismatchRate: v.number(),
      sha256,
      alarms: v.optional(v.looseObject({
        raised: v.array(v.picklist(["modelValue", "largestActionValue"])),
        modelValue: v.nullable(v.number()),
        planValue: v.nullable(v.number()),
        largestActionValue: v.nullable(v.number()),
        largestReturn: v.nullable(v.number()),
      })),
      offPolicy: v.optional(v.looseObject({
        decision: v.looseObject({ reasons: v.array(v.string()) }),
        effectiveSampleSize: v.number(),
        estimates: v.looseObject({
          return: v.looseObject({
            is: estimate,
            wis: estimate,
            dr: estimate,
            pluginPessimistic: estimate,
          }),
        }),
        settings: v.looseObject({ propensities: v.string() }),
      })),
    }),
  ),
});

/**
 * Reads what a comparison needs of a run.
 *
 * @throws InputError if a file is missing, damaged, or not of this version.
 */
export function comparedRun(folder: RecordedFolder): ComparedRun {
  const metrics = recordedJson(
    folder,
    "metrics.json",
    metricsShape,
  ) as unknown as Metrics;
  const { environment, policies } = metrics;
  const names = Object.keys(policies);
  const strange = names.find((name) => !/^\w+$/.test(name));
  if (strange !== undefined) {
    throw new InputError(
      `${join(folder.directory, "metrics.json")}: ${
        visible(strange, 60)
      } is no algorithm`,
    );
  }
  const listed = new Set(folder.manifest.files.map(({ path }) => path));
  const needed = environment ? ["step", ...measureNames(environment)] : [];
  const training = names.flatMap((name): [string, TrainingRows][] => {
    const path = `${name}/training.csv`;
    return environment && listed.has(path)
      ? [[name, trainingRows(folder, path, needed)]]
      : [];
  });
  // The policies are compared by the hashes that metrics.json has: of files that are there.
  for (const name of names) {
    const path = ["safetensors", "json"].map((kind) => `${name}/policy.${kind}`)
      .find((path) => listed.has(path));
    const file = folder.manifest.files.find((one) => one.path === path);
    if (file?.sha256 !== policies[name].sha256) {
      throw new InputError(
        `${
          join(folder.directory, "metrics.json")
        }: the SHA-256 of ${name} is not that of its file; deno task verify says what else is wrong there`,
      );
    }
  }
  const { about } = folder.manifest;
  const said = (key: string) =>
    typeof about[key] === "string" ? visible(about[key], 60) : "–";
  return {
    label: folder.label,
    config: recordedJson(folder, "config.json", v.looseObject({})),
    made: {
      ...madeBy(folder),
      "backend": said("backend"),
      "device": said("device"),
    },
    hashes: hashesOf(folder),
    metrics,
    training: Object.fromEntries(training),
  };
}

function trainingRows(
  folder: RecordedFolder,
  path: string,
  needed: readonly string[],
): TrainingRows {
  const { head, rows } = recordedTable(folder, path);
  const numbers = rows.map((row) => row.map(Number));
  const isSound = rows.length > 0 && head[0] === "step" &&
    needed.every((name) => head.includes(name)) &&
    numbers.every((row) => row.every(Number.isFinite));
  if (isSound) return { columns: head, rows: numbers };
  throw new InputError(
    `${
      join(folder.directory, path)
    }: is not a training table of this version of the suite`,
  );
}
