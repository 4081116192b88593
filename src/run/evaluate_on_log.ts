/**
 * Off-policy evaluation of a policy from a file, or of a reference, on a data set.
 *
 * @module
 */
import {
  isTable,
  probabilitiesIn,
  type TablePolicy,
} from "../algorithms/tabular/table_policy.ts";
import type { Backend } from "../backends/backend.ts";
import { wasmBackend } from "../backends/wasm.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { InputError } from "../errors.ts";
import {
  askedNames,
  parseRequirements,
} from "../evaluation/off_policy/decision.ts";
import {
  evaluateOffPolicy,
  foldsOf,
  type KnownRewards,
  type OffPolicyEvaluation,
} from "../evaluation/off_policy/evaluate.ts";
import type { QuantityEstimates } from "../evaluation/off_policy/estimates.ts";
import {
  type FittedQ,
  fittedQEvaluation,
} from "../evaluation/off_policy/fitted_q_evaluation.ts";
import type { Interval } from "../evaluation/off_policy/intervals.ts";
import { episodeCount, type Log, logOf } from "../evaluation/off_policy/log.ts";
import {
  outcomesByRule,
  outcomesOf,
} from "../evaluation/off_policy/outcomes.ts";
import { type Pairs, pairsOf } from "../evaluation/off_policy/pairs.ts";
import {
  countedPropensities,
  policyPropensities,
} from "../evaluation/off_policy/propensities.ts";
import {
  lengthQuantity,
  outcomeQuantity,
  returnQuantity,
} from "../evaluation/off_policy/quantity.ts";
import {
  LOG_REFERENCES,
  type LogReference,
  referenceTarget,
} from "../evaluation/off_policy/references.ts";
import {
  MOST_UNCOUNTED,
  type PropensitySource,
  rareShareOf,
} from "../evaluation/off_policy/support.ts";
import { type Acting, networkTarget } from "../evaluation/off_policy/target.ts";
import {
  actionCountOf,
  evaluatePolicy,
  type NetworkPolicy,
} from "../network/policy.ts";
import { visible } from "../visible.ts";
import { clonedPropensities } from "./cloned_propensities.ts";
import { readPolicy } from "./read_policy.ts";

/** A policy to evaluate or to have acted; `name` is for messages. */
export type LogPolicy =
  | {
    readonly kind: "network";
    readonly name: string;
    readonly network: NetworkPolicy;
    readonly acting: Acting;
  }
  | {
    readonly kind: "table";
    readonly name: string;
    readonly table: TablePolicy;
  }
  | { readonly kind: "reference"; readonly name: LogReference };

/** Where more of a log's steps than this have an observation of their own, a table of them says nothing. */
const MOST_DISTINCT = 0.5;

/** How to evaluate. */
export interface LogRequest {
  /** `column`, `counts`, `clone`, or the path of a policy; by default the column if there is one, else counts, or a clone where observations hardly repeat. */
  readonly behaviour?: string;
  /** γ of the discounted return; by default 0.99. */
  readonly discount?: number;
  /** Steps of the longest episode that can be; by default of the longest in the data. */
  readonly horizon?: number;
  /** The lowest and the largest return of any episode; by default what the rewards in the data allow. */
  readonly returnRange?: Interval;
  /** Of intervals and of the decision; by default 0.95. */
  readonly confidence?: number;
  /** Conditions, such as `hazard<=0.01,return>=0.3`. */
  readonly require?: string;
  /** Names of ends, such as `hazard=-20,goal=20`; by default the data's own, or each reward that ends episodes is one. */
  readonly outcomes?: string;
  /** Parts for cross-fitting, 1 for none; by default 5. */
  readonly folds?: number;
  /** By default 0. */
  readonly seed?: number;
  /** What the policy's action values are divided by; by default 1. */
  readonly rewardScale?: number;
  /** What fitted Q evaluation fits; by default tables, or with folds networks where most observations are new. */
  readonly fqe?: "tables" | "network";
  /** What trains the networks, which changes no bit; by default wasm. */
  readonly backend?: Backend;
  /** γ with which the policy's action values were learnt; by default `discount`. */
  readonly actionValueDiscount?: number;
  /** Data of the same world whose rewards say which returns can be; by default those that are evaluated on. */
  readonly known?: KnownRewards;
}

/**
 * Opens a policy: a network's safetensors, a table in JSON, or the name of a reference.
 *
 * @param acting How a network acts.
 * @throws InputError if it is none of these.
 *
 * @example A reference by its name
 * ```ts
 * import { openLogPolicy } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * equal(openLogPolicy("mostFrequentAction", { kind: "greedy" }).kind, "reference");
 * ```
 */
export function openLogPolicy(text: string, acting: Acting): LogPolicy {
  return LOG_REFERENCES.includes(text as LogReference)
    ? { kind: "reference", name: text as LogReference }
    : openPolicyFile(
      text,
      acting,
      `give a policy file or one of ${LOG_REFERENCES.join(", ")}`,
    );
}

/** @param advice What to give where it cannot be read. */
function openPolicyFile(
  text: string,
  acting: Acting,
  advice: string,
): LogPolicy {
  const policy = readPolicy(text, advice);
  return isTable(policy)
    ? { kind: "table", name: text, table: policy }
    : { kind: "network", name: text, network: policy, acting };
}

/** What is doubtful of a table: steps of the log whose observation it lacks. */
function doubtsOf(policy: LogPolicy, log: Log): string[] {
  if (policy.kind !== "table") return [];
  const { lacks } = probabilitiesIn(policy.table, log, policy.name);
  const count = log.states.reduce((sum, state) => sum + lacks[state], 0);
  return count === 0 ? [] : [
    `${count} of ${log.states.length} steps have an observation that the table lacks: it takes the lowest allowed action there`,
  ];
}

/** [U, A] the policy's probabilities in the states of a log. */
function probabilitiesOf(
  policy: LogPolicy,
  dataset: Dataset,
  log: Log,
  pairs: Pairs,
): Float64Array {
  switch (policy.kind) {
    case "network": {
      const { network } = policy;
      requireSameNames(policy.name, {
        ...network,
        actionNames: network.actionNames ?? codes(actionCountOf(network)),
      }, dataset);
      return networkTarget(log, policy.network, policy.acting);
    }
    case "table":
      requireSameNames(policy.name, policy.table, dataset);
      return probabilitiesIn(policy.table, log, policy.name).probabilities;
    case "reference":
      return referenceTarget(
        log,
        pairs,
        returnQuantity(dataset, 1),
        policy.name,
      );
  }
}

/** Numbers and actions are told apart by their place alone: under other names they mean something else. */
function requireSameNames(
  name: string,
  { observationNames, actionNames }: Pick<
    TablePolicy,
    "observationNames" | "actionNames"
  >,
  dataset: Dataset,
): void {
  const compare = (
    what: string,
    own: readonly string[],
    others: readonly string[],
  ) => {
    // Other sizes are refused with both numbers where the network is used.
    if (own.length !== others.length) return;
    if (own.every((text, i) => text === others[i])) return;
    const list = (names: readonly string[]) => visible(names.join(", "), 200);
    throw new InputError(
      `${name}: its ${what} are ${list(own)}; those of the data are ${
        list(others)
      }`,
    );
  };
  // Whoever writes a table by hand need not name its actions.
  if (actionNames) {
    compare(
      "actions",
      actionNames,
      dataset.actionNames ?? codes(dataset.actionCount),
    );
  }
  // Files of some formats and policies of a known world have no names of the numbers.
  if (observationNames && dataset.observationNames) {
    compare(
      "numbers of an observation",
      observationNames,
      dataset.observationNames,
    );
  }
}

/** What actions without names are called. */
function codes(count: number): string[] {
  return Array.from({ length: count }, (_, a) => `${a}`);
}

/**
 * Evaluates a policy on a data set that another made.
 *
 * @throws InputError if policy, data and request do not fit.
 *
 * @example Always the second action, on a log of coin tosses
 * ```ts
 * import { datasetFromArrays, evaluateOnLog, type LogPolicy } from "@holdfast/offline-rl";
 * import { equal } from "node:assert/strict";
 *
 * const dataset = datasetFromArrays({
 *   observations: [0, 0, 0, 0],
 *   actions: [0, 1, 0, 1],
 *   rewards: [0, 1, 0, 1],
 *   terminated: [1, 1, 1, 1],
 *   propensities: [0.5, 0.5, 0.5, 0.5],
 * });
 * const policy: LogPolicy = {
 *   kind: "table",
 *   name: "second",
 *   table: { observations: [[0]], probabilities: [[0, 1]] },
 * };
 * const { decision, estimates } = await evaluateOnLog(policy, dataset, {});
 * equal(estimates.return.wis.value, 1);
 * equal(decision.support, "not supported by these data"); // Two episodes are not many.
 * ```
 */
export async function evaluateOnLog(
  policy: LogPolicy,
  dataset: Dataset,
  request: LogRequest,
): Promise<OffPolicyEvaluation> {
  return (await logEvaluator(dataset, request))(policy, request);
}

/** What belongs to a policy with action values. */
export type ActionValueUnits = Pick<
  LogRequest,
  "rewardScale" | "actionValueDiscount"
>;

/**
 * Evaluates several policies on one data set, whose propensities are estimated once.
 *
 * @throws InputError if data and request do not fit; what is returned throws it if the policy does not.
 */
export async function logEvaluator(
  dataset: Dataset,
  request: LogRequest,
): Promise<
  (policy: LogPolicy, units: ActionValueUnits) => Promise<OffPolicyEvaluation>
> {
  const log = logOf(dataset);
  const pairs = pairsOf(log);
  const episodes = episodeCount(log);
  const { seed = 0, confidence = 0.95 } = request;
  const folds = Math.min(request.folds ?? 5, episodes);
  const outcomes = request.outcomes === undefined
    ? outcomesOf(dataset)
    : outcomesByRule(request.outcomes, dataset);
  const requirements = request.require === undefined
    ? []
    : parseRequirements(request.require, askedNames(outcomes));
  const { propensities, source } = await propensitiesOf(
    dataset,
    log,
    pairs,
    request.behaviour,
    seed,
  );
  const discount = request.discount ?? 0.99;
  const isNew = log.stateCount > MOST_DISTINCT * log.actions.length;
  const usual = isNew && request.folds !== 1 ? "network" : "tables";
  return async (policy, { rewardScale = 1, actionValueDiscount }) => {
    const target = probabilitiesOf(policy, dataset, log, pairs);
    const evaluated = evaluateOffPolicy(dataset, log, target, {
      propensities,
      source,
      discount,
      horizon: request.horizon,
      returnRange: request.returnRange,
      known: request.known,
      confidence,
      folds,
      outcomes,
      requirements,
      largestActionValue: policy.kind === "network" &&
          policy.network.outputs === "qValues"
        ? evaluatePolicy(policy.network, log.observations, log.allowed)
          .reduce((most, q) => Math.max(most, q), -Infinity) / rewardScale
        : null,
      actionValueDiscount,
      seed,
    });
    const found = {
      ...evaluated,
      doubts: [...evaluated.doubts, ...doubtsOf(policy, log)],
    };
    if ((request.fqe ?? usual) === "tables") return found;
    const [ofReturn, ofDiscounted, ofLength, ...ofOutcomes] =
      await fittedQEvaluation(
        dataset,
        target,
        [
          returnQuantity(dataset, 1),
          returnQuantity(dataset, discount),
          lengthQuantity(log),
          ...outcomes.map(({ ends }) => outcomeQuantity(log, ends)),
        ],
        { horizon: found.settings.horizon, seed },
        request.backend ?? wasmBackend(),
      );
    const { estimates } = found;
    const named = Object.fromEntries(
      outcomes.map(({ name }, i) => [
        name,
        withFqe(estimates.outcomes[name], ofOutcomes[i]),
      ]),
    );
    return {
      ...found,
      estimates: {
        return: withFqe(estimates.return, ofReturn),
        discountedReturn: withFqe(estimates.discountedReturn, ofDiscounted),
        length: withFqe(estimates.length, ofLength),
        outcomes: named,
      },
    };
  };
}

/** The estimates, with fitted Q evaluation by a network. */
function withFqe(
  estimates: QuantityEstimates,
  { value }: FittedQ,
): QuantityEstimates {
  const method = "a network, without an interval";
  return { ...estimates, fqe: { value, interval: null, method } };
}

async function propensitiesOf(
  dataset: Dataset,
  log: Log,
  pairs: Pairs,
  behaviour: string | undefined,
  seed: number,
): Promise<{ propensities: Float64Array; source: PropensitySource }> {
  const logged = dataset.propensities;
  // One episode cannot be cloned from others.
  const isCounted = rareShareOf(pairs) <= MOST_UNCOUNTED ||
    episodeCount(log) < 2;
  const usual = logged ? "column" : isCounted ? "counts" : "clone";
  switch (behaviour ?? usual) {
    case "column":
      if (!logged) {
        throw new InputError(
          "--behaviour column: the data say nothing about how likely their actions were; " +
            "name a column with --propensity, or give counts, clone or a policy file",
        );
      }
      return { propensities: logged, source: "column" };
    case "counts":
      return {
        propensities: countedPropensities(log, pairs),
        source: "counts",
      };
    case "clone": {
      const episodes = episodeCount(log);
      if (episodes < 2) {
        throw new InputError(
          "--behaviour clone: one episode cannot be cloned from the others; give counts",
        );
      }
      const folds = Math.min(5, episodes);
      const parts = foldsOf(episodes, folds, seed);
      return {
        propensities: await clonedPropensities(
          dataset,
          log,
          parts,
          folds,
          seed,
        ),
        source: "clone",
      };
    }
    default: {
      const acted = openPolicyFile(
        behaviour!,
        { kind: "softmax", temperature: 1 },
        "give --behaviour column, counts, clone or the file of a policy",
      );
      return {
        propensities: policyPropensities(
          log,
          probabilitiesOf(acted, dataset, log, pairs),
          acted.name,
        ),
        source: "policy",
      };
    }
  }
}
