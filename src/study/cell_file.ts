/**
 * The files in which a study keeps its finished cells. A file carries the SHA-256 of its content
 * and is taken only if every byte of it is what the suite writes for that cell.
 *
 * @module
 */
import { join } from "node:path";
import * as v from "valibot";
import { sha256Hex } from "../numerics/hash.ts";
import { canonicalJson } from "../files/canonical_json.ts";
import { writeArtifact } from "../run/run_directory.ts";
import { type AlgorithmName, isTabular } from "../algorithms/index.ts";
import type { Config } from "../config/config.ts";
import { parseJson } from "../config/read.ts";
import type { WorldFile } from "../environments/world_file.ts";
import { InputError } from "../errors.ts";
import { ALARM_NAMES } from "../evaluation/alarms.ts";
import type { ReferencePolicies } from "../evaluation/references.ts";
import { readFile } from "../files/read.ts";
import { loggedSteps, programOf, trainingColumns } from "../run/learn.ts";
import {
  type ExactMetrics,
  type OutcomeProbability,
  unendedName,
} from "../evaluation/results.ts";
import { measureNames } from "../evaluation/measures.ts";
import { type FiniteMdp, unsafeName } from "../mdp/mdp.ts";
import { knownEnvironment } from "../run/problem.ts";
import {
  actionDigits,
  actionsOf,
  type CellResult,
  cellTask,
  configuredAlgorithm,
} from "./cell.ts";
import { cellConfig, type StudyCell } from "./config.ts";
import {
  LOG_QUANTITIES,
  type StudyConfig,
} from "../evaluation/study_results.ts";

/** A cell's file in the study's directory. */
export function cellFile(
  { preset, policy, seed, trainingSeed }: StudyCell,
): string {
  const training = trainingSeed === undefined ? "" : `-${trainingSeed}`;
  return `cells/${preset}/${policy}/${seed}${training}.json`;
}

/**
 * Keeps the result of a cell.
 *
 * @throws InputError if it cannot be written.
 */
export function writeCell(directory: string, result: CellResult): void {
  writeArtifact(directory, cellFile(result.cell), cellText(result), WRITER);
}

/** Shards of another number of shards, or on a drive without locks, may write the same cell. */
const WRITER = `.${crypto.randomUUID().slice(0, 8)}`;

/** What a cell's file holds. */
export function cellText(result: CellResult): string {
  const text = canonicalJson(result);
  const sha256 = sha256Hex(new TextEncoder().encode(text));
  // As the last key.
  return `${text.slice(0, -"\n}\n".length)},\n  "sha256": "${sha256}"\n}\n`;
}

/**
 * Result of a cell that was kept earlier; null if there is none.
 *
 * @param world Where the study's environment is from a file.
 * @throws InputError if what is there is damaged, was changed, or is another cell's.
 */
export function readCell(
  directory: string,
  study: StudyConfig,
  cell: StudyCell,
  world?: WorldFile,
): CellResult | null {
  const path = join(directory, cellFile(cell));
  try {
    // A link would be replaced by a file; what it leads to is not the study's.
    if (Deno.lstatSync(path).isSymlink) {
      throw new InputError(`${path}: is a link`);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    if (error instanceof InputError) throw error;
  }
  const shape = knownShape(study, cell, world);
  const bytes = readFile(path, shape.maxBytes);
  const value = parseJson(bytes, path);
  const checked = v.safeParse(shape.schema, value, { abortEarly: true });
  if (!checked.success) {
    const [issue] = checked.issues;
    const where = v.getDotPath(issue);
    throw new InputError(
      `${path}: ${where ? `${where} ` : ""}is not as this suite writes it`,
    );
  }
  const { sha256: _, ...result } = checked.output;
  const found = result as unknown as CellResult;
  const isThis = JSON.stringify(found.cell) === JSON.stringify(cell) &&
    found.task === cellTask(study, cell);
  if (!isThis) throw new InputError(`${path}: is the cell of something else`);
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  if (text !== cellText(found)) {
    throw new InputError(
      `${path}: was changed after it was written (its SHA-256 differs)`,
    );
  }
  return found;
}

const finite = v.pipe(v.number(), v.finite());
const natural = v.pipe(finite, v.minValue(0));
// Sums of probabilities are rounded.
const ROUNDING = 1e-9;
const probability = v.pipe(natural, v.maxValue(1 + ROUNDING));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** Exact values in an environment; a policy's value has to be known there. */
function exactShape(mdp: FiniteMdp) {
  const { outcomes } = mdp;
  const names = outcomes.map(({ name }) => name);
  const unended = unendedName(mdp);
  const unsafe = unsafeName(mdp) === "unsafe" ? ["unsafe"] : [];
  const isDiscounted = mdp.discount < 1;
  const discounted: v.ObjectEntries = isDiscounted
    ? { discountedReturnMean: finite, discountedReturnStd: natural }
    : {};
  const shape = v.strictObject({
    ...discounted,
    returnMean: isDiscounted ? v.nullable(finite) : finite,
    returnStd: v.nullable(natural),
    cvar10: v.nullable(finite),
    cvar1: v.nullable(finite),
    ...Object.fromEntries(
      [...names, ...unsafe, unended].map((
        name,
      ) => [`${name}Probability`, probability]),
    ),
    lengthMean: v.nullable(natural),
  });
  // An episode ends in one way.
  const ends = [
    unended,
    ...outcomes.flatMap((outcome) => outcome.ends ? [outcome.name] : []),
  ];
  return v.pipe(
    shape,
    v.check((exact) => {
      const values = exact as ExactMetrics;
      const sum = ends.reduce(
        (sum, name) => sum + values[`${name}Probability`],
        0,
      );
      return Math.abs(sum - 1) < ROUNDING;
    }),
  );
}

const common = {
  cell: v.strictObject({
    preset: v.string(),
    policy: v.string(),
    seed: v.number(),
    trainingSeed: v.optional(v.number()),
  }),
  task: sha256,
  sha256,
};

const referenceNames = [
  "behaviour",
  "mostFrequentAction",
  "maximumLikelihoodModel",
  "spibb",
  "optimal",
] as const satisfies (keyof ReferencePolicies)[];

/** In their order, each once. */
const alarmsShape = v.pipe(
  v.array(v.picklist(ALARM_NAMES)),
  v.check((names) =>
    `${names}` === `${ALARM_NAMES.filter((name) => names.includes(name))}`
  ),
);

/** A number of 64 bits, and what stands around it. */
const NUMBER_BYTES = 32;
const OTHER_BYTES = 4096;

const shapes = new WeakMap<
  StudyConfig,
  Map<string, ReturnType<typeof cellShape>>
>();

/** The shape is the same for all seeds, which decide what happens in a world and not what there is. */
function knownShape(
  study: StudyConfig,
  cell: StudyCell,
  world: WorldFile | undefined,
) {
  const known = shapes.get(study) ?? new Map();
  shapes.set(study, known);
  const kind = `${cell.preset}/${cell.policy}`;
  const shape = known.get(kind) ?? cellShape(study, cell, world);
  known.set(kind, shape);
  return shape;
}

/** What a cell's file looks like, and how large it can be. */
function cellShape(
  study: StudyConfig,
  cell: StudyCell,
  world: WorldFile | undefined,
) {
  const config = cellConfig(study, cell);
  const environment = knownEnvironment(config, world);
  if (environment === null) return logShape(config, cell);
  const { mdp } = environment;
  const exact = exactShape(mdp);
  if (cell.policy === "references") {
    const schema = v.strictObject({
      schema: v.literal("holdfast/study-references/2"),
      ...common,
      exact: v.strictObject(
        Object.fromEntries(referenceNames.map((name) => [name, exact])),
      ),
    });
    return { schema, maxBytes: 2 * OTHER_BYTES };
  }
  const algorithm = configuredAlgorithm(config, cell.policy);
  if (isTabular(algorithm)) {
    const schema = v.strictObject({
      schema: v.literal("holdfast/study-learner/3"),
      ...common,
      exact,
      policySha256: sha256,
    });
    return { schema, maxBytes: OTHER_BYTES };
  }
  const { settings } = algorithm;
  const program = programOf(config, algorithm, mdp);
  const columns = trainingColumns(program, algorithm, mdp);
  const measures = measureNames(mdp);
  const digits = actionDigits(mdp);
  const steps = loggedSteps(settings, settings.steps);
  const schema = v.pipe(
    v.strictObject({
      schema: v.literal("holdfast/study-learner/3"),
      ...common,
      exact,
      actions: v.pipe(
        v.string(),
        v.length(digits * mdp.stateCount),
        v.check((text) =>
          actionsOf(text, mdp).every((action) => action < mdp.actionCount)
        ),
      ),
      policySha256: sha256,
      alarms: alarmsShape,
      curve: curveShape(columns, steps),
    }),
    // The policy is that of some row, or was chosen among others of its networks.
    v.check(({ exact, curve }) =>
      settings.checkpointChoice === "model" ||
      curve.rows.some((row) =>
        measures.every((name) =>
          row[columns.indexOf(name)] ===
            (exact as ExactMetrics)[name as OutcomeProbability]
        )
      )
    ),
  );
  const numbers = steps.length * columns.length;
  const maxBytes = OTHER_BYTES + digits * mdp.stateCount +
    NUMBER_BYTES * numbers;
  return { schema, maxBytes };
}

/** The same of a learner's cell where no world is known. */
function logShape(config: Config, cell: StudyCell) {
  const algorithm = configuredAlgorithm(config, cell.policy as AlgorithmName);
  const entries = {
    schema: v.literal("holdfast/study-log-learner/2"),
    ...common,
    estimates: v.strictObject(
      Object.fromEntries(LOG_QUANTITIES.map((name) => [name, finite])),
    ),
    reasons: v.array(v.string()),
    policySha256: sha256,
  };
  if (isTabular(algorithm)) {
    return { schema: v.strictObject(entries), maxBytes: OTHER_BYTES };
  }
  const { settings } = algorithm;
  // How large data are changes no column.
  const program = programOf(config, algorithm, {
    observationSize: 1,
    observations: new Float32Array(1),
    actionCount: 2,
  });
  const columns = trainingColumns(program, algorithm, null);
  const steps = loggedSteps(settings, settings.steps);
  const schema = v.strictObject({
    ...entries,
    alarms: alarmsShape,
    curve: curveShape(columns, steps),
  });
  const numbers = steps.length * columns.length;
  return { schema, maxBytes: OTHER_BYTES + NUMBER_BYTES * numbers };
}

/** A training table: a row at each of the steps. */
function curveShape(columns: readonly string[], steps: readonly number[]) {
  const row = v.pipe(v.array(finite), v.length(columns.length));
  return v.strictObject({
    columns: v.strictTuple(columns.map((name) => v.literal(name))),
    rows: v.pipe(
      v.array(row),
      v.length(steps.length),
      v.check((rows) => rows.every(([step], i) => step === steps[i])),
    ),
  });
}
