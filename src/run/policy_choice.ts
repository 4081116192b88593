/**
 * The policies among which training chooses by a model of the data: at a logging interval the mean of the
 * members, their mean less a deviation, and each member.
 *
 * @module
 */
import { decidedPolicy, decidingState } from "../algorithms/decided_policy.ts";
import {
  type DisplacementModel,
  displacementModel,
} from "../algorithms/displacements/model.ts";
import type { Program } from "../algorithms/program.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { DistinctRows } from "../dataset/distinct_rows.ts";
import { type DataModel, dataModel } from "../evaluation/model_value.ts";
import { categoriesOf, type EncoderName } from "../network/encoder.ts";
import {
  actionCountOf,
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
} from "../network/policy.ts";
import { meanOfMembers } from "../network/decision_rule.ts";
import type { LearningProblem } from "./problem.ts";

/** What a candidate makes of an ensemble: {@link MEAN}, {@link SPREAD}, or from {@link MEMBER} on a member alone. */
export type Candidate = number;
/** The mean of the members. */
export const MEAN: Candidate = 0;
/** Their mean less one of their standard deviations. */
export const SPREAD: Candidate = 1;
/** The first member alone; the next number is the next one. */
export const MEMBER: Candidate = 2;

/** The data; their observations are names where the world or the encoder says so. */
export function modelledData(
  { dataset, environment }: LearningProblem,
  encoder: EncoderName,
): Dataset {
  const known = environment?.mdp.observationCategories;
  const observationCategories = known ??
    (encoder === "oneHot" ? categoriesOf(dataset) : undefined);
  return observationCategories
    ? { ...dataset, observationCategories }
    : dataset;
}

/** What policies are worth in the data: a model, and what of an ensemble it chooses among. */
export interface Choosing {
  /** The distinct observations, and the value of an action in each. */
  readonly model: Pick<DataModel, "rows" | "value">;
  /** Whether candidates beside the mean are compared. */
  readonly isShared: boolean;
}

/**
 * The model with shared displacements where it fits the data, else the counted one. The latter compares
 * means only: it is too coarse to choose among many.
 *
 * @param data See {@link modelledData}.
 */
export function choosingModel(
  data: Dataset,
  discount: number,
  bootstrapOnTruncation: boolean,
): Choosing {
  const shared: DisplacementModel | string = displacementModel(data, discount);
  return typeof shared === "string"
    ? {
      model: dataModel(data, discount, bootstrapOnTruncation),
      isShared: false,
    }
    : { model: shared, isShared: true };
}

/**
 * The policy of a candidate.
 *
 * @param buffers See `decidingState`.
 * @param runs Members of the ensemble.
 */
export function candidatePolicy(
  program: Program,
  buffers: Readonly<Record<string, Float32Array>>,
  runs: number,
  candidate: Candidate,
) {
  if (candidate >= MEMBER) {
    const state = { runs, buffers };
    const own = decidingState(program, state, candidate - MEMBER, 1);
    return decidedPolicy(program, own, 1);
  }
  const whole = decidedPolicy(program, buffers, runs);
  return candidate === SPREAD ? { ...whole, spread: 1 } : whole;
}

/**
 * The candidate that is worth most in a model; of those worth the same, the first.
 *
 * @param policyOf The policy of a candidate.
 * @param runs Members of the ensemble.
 */
export function bestCandidate(
  { model, isShared }: Choosing,
  program: Program,
  policyOf: (candidate: Candidate) => NetworkPolicy,
  runs: number,
): { candidate: Candidate; value: number } {
  const { rows } = model;
  const candidates = isShared && runs > 1
    ? Array.from({ length: MEMBER + runs }, (_, candidate) => candidate)
    : [MEAN];
  const outputs = candidateOutputs(program, policyOf, candidates, rows);
  const actions = actionCountOf(policyOf(MEAN));
  return candidates.map((candidate, c) => ({
    candidate,
    value: model.value(greedyActions(outputs[c], actions, rows.allowed)),
  })).reduce((best, next) => next.value > best.value ? next : best);
}

/** What each candidate makes of the observations. A member is evaluated once where the rule allows it. */
function candidateOutputs(
  { decision: { critics = 1, imitator } = {} }: Program,
  policyOf: (candidate: Candidate) => NetworkPolicy,
  candidates: readonly Candidate[],
  { observations, allowed }: DistinctRows,
): Float32Array[] {
  const outputsOf = (candidate: Candidate) =>
    evaluatePolicy(policyOf(candidate), observations, allowed);
  if (candidates.length === 1 || critics > 1 || imitator) {
    return candidates.map(outputsOf);
  }
  const members = candidates.slice(MEMBER).map(outputsOf);
  return [meanOfMembers(members), meanOfMembers(members, 1), ...members];
}
