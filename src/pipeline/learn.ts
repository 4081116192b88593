/**
 * Trains one algorithm of a configuration on a problem and follows what the policy is worth.
 *
 * @module
 */
import type { LearnerState } from "../algorithms/learner_state.ts";
import {
  type Algorithm,
  type AlgorithmName,
  outputsOf,
  totalLoss,
} from "../algorithms/settings.ts";
import type { Backend } from "../backends/backend.ts";
import type { Config } from "../config/config.ts";
import { evaluateExactly } from "../mdp/exact.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { greedyPolicy } from "../mdp/policy.ts";
import {
  evaluatePolicy,
  greedyActions,
  type NetworkPolicy,
} from "../network/policy.ts";
import { prepareTask } from "../training/task.ts";
import { train } from "../training/train.ts";
import type { Problem } from "./problem.ts";

/** The algorithms of a configuration, in the order in which they are trained. */
export function configuredAlgorithms({ algorithms }: Config): Algorithm[] {
  return (Object.keys(algorithms) as AlgorithmName[]).map((name) =>
    ({ name, settings: algorithms[name] }) as Algorithm
  );
}

/** The columns of `training.csv` for a program's loss terms. */
export function trainingColumns(
  lossTerms: readonly string[],
  exact: boolean,
): string[] {
  return [
    "step",
    "loss",
    ...lossTerms,
    ...(exact ? ["returnMean", "hazardProbability"] : []),
  ];
}

/** The greedy action of a policy in each state of an environment. */
export function greedyInStates(
  policy: NetworkPolicy,
  mdp: FiniteMdp,
): Int32Array {
  return greedyActions(
    evaluatePolicy(policy, mdp.observations),
    mdp.actionCount,
  );
}

/** What training one algorithm leaves. */
export interface Learnt {
  readonly policy: NetworkPolicy;
  /** Columns of `rows`; see {@link trainingColumns}. */
  readonly columns: readonly string[];
  /** One row an interval: the last step, means of the losses, and the policy's exact values after it. */
  readonly rows: readonly (readonly number[])[];
}

/**
 * Trains an algorithm from its first to its last step.
 *
 * @param onRow Called with each row of `training.csv` as it comes, after `columns`.
 * @throws DivergenceError if a loss or parameter is no longer finite.
 */
export async function learn(
  { config, problem, algorithm, backend, onRow }: {
    config: Config;
    problem: Problem;
    algorithm: Algorithm;
    backend: Backend;
    onRow?: (row: readonly number[], columns: readonly string[]) => void;
  },
): Promise<Learnt> {
  const { dataset, environment } = problem;
  const { steps, logInterval } = algorithm.settings;
  const { task, scalings: [scaling] } = prepareTask(
    config.network,
    algorithm,
    [{ seed: config.seed, dataset }],
    config.dataset.timeoutsTerminate,
  );
  const { program } = task;
  const columns = trainingColumns(program.lossTerms, environment !== null);
  const policyOf = (state: LearnerState): NetworkPolicy => ({
    network: program.network,
    parameters: state.buffers.parameters,
    outputs: outputsOf(algorithm.name),
    scaling,
  });
  const rows: number[][] = [];
  const learner = await backend.open(task);
  try {
    await train(learner, program.lossTerms, {
      from: 0,
      to: steps,
      logInterval,
      async onInterval({ step, means: [terms] }) {
        const row = [step, totalLoss(algorithm, terms), ...terms];
        if (environment) {
          const { mdp } = environment;
          const actions = greedyInStates(policyOf(await learner.read()), mdp);
          const exact = evaluateExactly(
            mdp,
            greedyPolicy(actions, mdp.actionCount),
          );
          row.push(exact.returnMean, exact.hazardProbability);
        }
        rows.push(row);
        onRow?.(row, columns);
      },
    });
    return { policy: policyOf(await learner.read()), columns, rows };
  } finally {
    await learner.close();
  }
}
