/**
 * What a cell of a study costs, for the order and the sharing out of work alone.
 *
 * @module
 */
import { type Algorithm, isTabular } from "../algorithms/index.ts";
import { programOf } from "../run/learn.ts";
import { cellSteps } from "./cell.ts";
import { cellConfig, studyAlgorithms, type StudyCell } from "./config.ts";
import type { StudyConfig } from "../evaluation/study_results.ts";

/**
 * The cost of each cell, proportional to the multiplications of its training, about; 0 for one without.
 * Cells that differ in nothing but seeds cost the same, and are looked at once.
 */
export function cellCosts(study: StudyConfig): (cell: StudyCell) => number {
  const known = new Map<string, number>();
  return (cell) => {
    const kind = `${cell.preset}/${cell.policy}`;
    const cost = known.get(kind) ?? costOf(study, cell);
    known.set(kind, cost);
    return cost;
  };
}

/** What a cell trains; undefined where it trains nothing. */
export function trainedBy(
  study: StudyConfig,
  { preset, policy }: StudyCell,
): Algorithm | undefined {
  const found = studyAlgorithms(study, preset).find(({ name }) =>
    name === policy
  );
  return found && !isTabular(found) ? found : undefined;
}

function costOf(study: StudyConfig, cell: StudyCell): number {
  const algorithm = trainedBy(study, cell);
  if (!algorithm) return 0;
  const { networks, plan } = programOf(
    cellConfig(study, cell),
    algorithm,
    { observationSize: 2, observations: new Float32Array(2), actionCount: 4 },
  );
  const parameters = networks.reduce(
    (sum, { layout }) => sum + layout.parameterCount,
    0,
  );
  const { batchSize, ensembleSize } = algorithm.settings;
  // Forward on all rows, among them those of next observations; backward on the batch, in two parts.
  const rows = plan.rowCapacity + 2 * batchSize;
  return cellSteps(study, cell) * rows * ensembleSize * parameters;
}
