/**
 * A world that came in a file.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { requireName, SUM_TOLERANCE } from "../mdp/validate.ts";
import { COMMON_BEHAVIOURS } from "./behaviour.ts";

/** A finite MDP from a file, and the policies that came with it. */
export interface WorldFile {
  /** In words. */
  readonly title: string;
  /** The world in tables. */
  readonly mdp: FiniteMdp;
  /** [S, A] by name; rows of states in which no episode acts are 0. */
  readonly policies: Readonly<Record<string, Float64Array>>;
  /**
   * What a policy from outside that takes a forbidden action does. `"uniform"`: an allowed action,
   * drawn uniformly, because the file's own rows of forbidden actions are the mean of the allowed
   * ones. Absent: such a policy is refused.
   */
  readonly forbidden?: "uniform";
}

/**
 * Makes a table of action probabilities one of this world: rows of states in which no episode acts
 * become 0, and forbidden actions are spread where the world says so.
 *
 * @param table [S, A]
 * @param world The world.
 * @param name Begins messages.
 * @returns The table, and the share of forbidden actions in the state that has most of them.
 * @throws InputError if a row is no distribution or takes a forbidden action, in one line.
 */
export function fitPolicy(
  table: Float64Array,
  { mdp, forbidden }: Pick<WorldFile, "mdp" | "forbidden">,
  name: string,
): { policy: Float64Array; forbiddenShare: number } {
  const { stateCount, actionCount, outcomeOffsets, allowed } = mdp;
  const policy = new Float64Array(stateCount * actionCount);
  let forbiddenShare = 0;
  for (let state = 0; state < stateCount; state++) {
    const first = state * actionCount;
    if (outcomeOffsets[first] === outcomeOffsets[first + actionCount]) continue;
    let sum = 0;
    let share = 0;
    for (let action = 0; action < actionCount; action++) {
      const probability = table[first + action];
      if (!(probability >= 0)) {
        throw new InputError(
          `${name}: state ${state}, action ${action}: the probability is ${probability}`,
        );
      }
      sum += probability;
      if (allowed === undefined || allowed[first + action]) {
        policy[first + action] = probability;
      } else if (probability > 0) {
        if (forbidden === undefined) {
          throw new InputError(
            `${name}: state ${state}, action ${action}: is taken but not allowed`,
          );
        }
        share += probability;
      }
    }
    if (Math.abs(sum - 1) > SUM_TOLERANCE) {
      throw new InputError(
        `${name}: state ${state}: the probabilities sum to ${sum}, not to 1`,
      );
    }
    if (share === 0) continue;
    forbiddenShare = Math.max(forbiddenShare, share);
    const row = allowed!.subarray(first, first + actionCount);
    const count = row.reduce((n, is) => n + is, 0);
    row.forEach((is, action) => {
      if (is) policy[first + action] += share / count;
    });
  }
  return { policy, forbiddenShare };
}

/**
 * Refuses a name that a policy from a file cannot have: every world has `uniform` and `optimal`.
 *
 * @throws InputError in one line.
 */
export function requirePolicyName(policy: string, what: string): void {
  requireName(policy, what);
  if (!Object.hasOwn(COMMON_BEHAVIOURS, policy)) return;
  throw new InputError(
    `${what} ${policy}: every world has its own policy of that name; rename it`,
  );
}

/**
 * Fits the policies that came in a file; one that does not fit is left out with a note.
 *
 * @param policies [S, A] by name.
 */
export function fitPolicies(
  policies: Readonly<Record<string, Float64Array>>,
  world: Pick<WorldFile, "mdp" | "forbidden">,
  onNote: (note: string) => void,
): Record<string, Float64Array> {
  const fitted: Record<string, Float64Array> = {};
  for (const [name, table] of Object.entries(policies)) {
    try {
      requirePolicyName(name, "policy");
      const { policy, forbiddenShare } = fitPolicy(
        table,
        world,
        `policy ${name}`,
      );
      fitted[name] = policy;
      if (forbiddenShare > 0) {
        onNote(
          `policy ${name}: forbidden actions (up to ${
            forbiddenShare.toPrecision(3)
          } in a state) are spread over the allowed ones, as the file's rows of them are`,
        );
      }
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      onNote(`${error.message}; it is left out`);
    }
  }
  return fitted;
}
