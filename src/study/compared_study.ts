/**
 * A finished study, as a comparison needs it.
 *
 * @module
 */
import { join } from "node:path";
import * as v from "valibot";
import { InputError } from "../errors.ts";
import type {
  Estimate,
  Quantity,
  StudyCurve,
  StudyResult,
} from "../evaluation/study_results.ts";
import type { OutcomeProbability } from "../evaluation/results.ts";
import { type ComparedStudy, policyKey } from "../report/comparison/studies.ts";
import {
  hashesOf,
  madeBy,
  type RecordedFolder,
  recordedJson,
  recordedTable,
} from "./compared_files.ts";
import { STUDY_CONFIG_FILE } from "./config.ts";

const estimate = v.looseObject({
  value: v.number(),
  low: v.nullable(v.number()),
  high: v.nullable(v.number()),
});

/** What is read of `study.json`. */
const resultShape = v.pipe(
  v.looseObject({
    schema: v.literal("holdfast/study/2"),
    study: v.looseObject({
      seeds: v.pipe(v.array(v.number()), v.minLength(1)),
      trainingSeeds: v.optional(v.array(v.number())),
      presets: v.record(
        v.string(),
        v.looseObject({ environment: v.nullable(v.looseObject({})) }),
      ),
    }),
    outcomes: v.array(v.looseObject({
      name: v.string(),
      ends: v.boolean(),
      unsafe: v.boolean(),
    })),
    quantities: v.pipe(v.array(v.string()), v.minLength(1)),
    policies: v.pipe(
      v.array(v.looseObject({
        preset: v.string(),
        policy: v.string(),
        kind: v.picklist(["learner", "reference"]),
        aggregates: v.record(
          v.string(),
          v.looseObject({
            interquartileMean: estimate,
            median: estimate,
            mean: v.number(),
            optimalityGap: v.nullable(v.number()),
            worst: v.looseObject({ value: v.number(), seed: v.number() }),
          }),
        ),
        ends: v.record(v.string(), v.number()),
      })),
      v.minLength(1),
    ),
  }),
  v.check(({ quantities, policies }) =>
    policies.every(({ aggregates }) =>
      quantities.every((quantity) => Object.hasOwn(aggregates, quantity))
    )
  ),
);

/**
 * Reads what a comparison needs of a study.
 *
 * @throws InputError if a file is missing, damaged, or not of this version.
 */
export function comparedStudy(folder: RecordedFolder): ComparedStudy {
  const result = recordedJson(
    folder,
    "study.json",
    resultShape,
  ) as unknown as StudyResult;
  return {
    label: folder.label,
    config: recordedJson(folder, STUDY_CONFIG_FILE, v.looseObject({})),
    made: madeBy(folder),
    hashes: hashesOf(folder),
    result,
    curves: curvesOf(folder),
    policyHashes: policyHashes(
      folder,
      Object.keys(result.study.presets).length,
    ),
  };
}

/** By policy, then by seed and training seed. */
function policyHashes(
  folder: RecordedFolder,
  presets: number,
): Map<string, Map<string, string>> {
  const { head, rows } = recordedTable(folder, "study.csv");
  const place = (name: string) => head.indexOf(name);
  const [preset, policy, kind, seed, hash] = [
    ...["preset", "policy", "kind", "seed", "policySha256"],
  ].map(place);
  const trainingSeed = place("trainingSeed");
  if ([preset, policy, kind, seed, hash].includes(-1)) {
    throw notOfThisVersion(folder, "study.csv");
  }
  const found = new Map<string, Map<string, string>>();
  for (const row of rows) {
    if (row[kind] !== "learner") continue;
    const key = policyKey(
      { preset: row[preset], policy: row[policy] },
      presets,
    );
    const bySeed = found.get(key) ?? new Map();
    found.set(key, bySeed);
    bySeed.set(`${row[seed]} ${row[trainingSeed] ?? ""}`, row[hash]);
  }
  return found;
}

function curvesOf(folder: RecordedFolder): StudyCurve[] {
  const { head, rows } = recordedTable(folder, "curves.csv");
  const [preset, policy, step, value, , , unsafe] = head;
  if (`${[preset, policy, step]}` !== "preset,policy,step" || !value) {
    throw notOfThisVersion(folder, "curves.csv");
  }
  const limit = (text: string) => text === "" ? null : Number(text);
  const at = (row: string[], place: number): Estimate => ({
    value: Number(row[place]),
    low: limit(row[place + 1]),
    high: limit(row[place + 2]),
  });
  const quantities: StudyCurve["quantities"] = unsafe
    ? [value as Quantity, unsafe as OutcomeProbability]
    : [value as Quantity];
  const groups = Map.groupBy(rows, ([preset, policy]) => `${preset},${policy}`);
  return [...groups.values()].map((group) => ({
    preset: group[0][0],
    policy: group[0][1],
    quantities,
    points: group.map((row) => ({
      step: Number(row[2]),
      value: at(row, 3),
      unsafe: unsafe ? at(row, 6) : null,
    })),
  }));
}

function notOfThisVersion(folder: RecordedFolder, path: string): InputError {
  return new InputError(
    `${
      join(folder.directory, path)
    }: is not as this version of the suite writes it; compare what this version made`,
  );
}
