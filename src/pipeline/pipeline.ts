/**
 * The main job, start to end: environment, data, training, evaluation, and a run directory.
 *
 * @module
 */
import { join } from "node:path";
import { policyToSafetensors } from "../artifacts/policy_file.ts";
import {
  createRunDirectory,
  writeArtifact,
  writeJsonArtifact,
} from "../artifacts/run_directory.ts";
import { writeManifest } from "../artifacts/manifest.ts";
import { createCsv, type CsvWriter } from "../artifacts/training_csv.ts";
import type { Backend } from "../backends/backend.ts";
import type { Config } from "../config/config.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { datasetToSafetensors } from "../dataset/safetensors.ts";
import { sha256Hex } from "../numerics/hash.ts";
import { configuredAlgorithms, learn, type Learnt } from "./learn.ts";
import { evaluateRun, type Metrics } from "./metrics.ts";
import { collectProblem, knownEnvironment, type Problem } from "./problem.ts";

/** Told while a pipeline works; all optional. */
export interface PipelineEvents {
  /** A stage begins: `data`, an algorithm's name, `evaluation` or `plots`. */
  readonly onStage?: (stage: string, steps: number) => void;
  /** So many steps of the stage are done. */
  readonly onProgress?: (stage: string, step: number) => void;
  /** The stage is done, after so many milliseconds. */
  readonly onStageEnd?: (stage: string, milliseconds: number) => void;
}

/** What a pipeline is to do. */
export interface PipelineOptions {
  readonly config: Config;
  readonly backend: Backend;
  /** The run directory: new or empty. */
  readonly out: string;
  /** Data from elsewhere, in place of collecting them. */
  readonly dataset?: {
    readonly dataset: Dataset;
    /** Whether the data were collected in the configured environment. */
    readonly environmentKnown: boolean;
  };
  readonly events?: PipelineEvents;
}

/**
 * Runs the pipeline and leaves a run directory.
 *
 * @returns The contents of its `metrics.json`.
 * @throws InputError if the configuration, the data or the directory are no good; nothing that was
 *   there before is touched.
 * @throws DivergenceError if training diverges.
 */
export async function runPipeline(options: PipelineOptions): Promise<Metrics> {
  const { config, backend, out, events = {} } = options;
  const timings: Record<string, number> = {};
  const stage = async <T>(
    name: string,
    steps: number,
    work: () => T | Promise<T>,
  ): Promise<T> => {
    events.onStage?.(name, steps);
    const begun = performance.now();
    const result = await work();
    timings[name] = performance.now() - begun;
    events.onStageEnd?.(name, timings[name]);
    return result;
  };

  const problem = await stage("data", 1, () => openProblem(options));
  createRunDirectory(out);
  writeJsonArtifact(out, "config.json", config);
  writeArtifact(
    out,
    "dataset.safetensors",
    datasetToSafetensors(problem.dataset),
  );

  const learnt: Record<string, Learnt & { sha256: string }> = {};
  for (const algorithm of configuredAlgorithms(config)) {
    const { name, settings } = algorithm;
    let csv: CsvWriter | undefined;
    try {
      const result = await stage(name, settings.steps, () =>
        learn({
          config,
          problem,
          algorithm,
          backend,
          onRow(row, columns) {
            csv ??= createCsv(join(out, name, "training.csv"), columns);
            csv.row(row);
            events.onProgress?.(name, row[0]);
          },
        }));
      const bytes = policyToSafetensors(result.policy);
      writeArtifact(out, `${name}/policy.safetensors`, bytes);
      learnt[name] = { ...result, sha256: sha256Hex(bytes) };
    } finally {
      csv?.[Symbol.dispose]();
    }
  }

  const { metrics } = await stage(
    "evaluation",
    1,
    () => evaluateRun(config, problem, learnt),
  );
  writeJsonArtifact(out, "metrics.json", metrics);
  writeJsonArtifact(out, "timings.json", {
    schema: "holdfast/timings/1",
    milliseconds: timings,
  });
  writeManifest(out, { backend: backend.name, device: backend.description });
  return metrics;
}

function openProblem({ config, dataset }: PipelineOptions): Problem {
  if (dataset === undefined) return collectProblem(config);
  return {
    dataset: dataset.dataset,
    environment: dataset.environmentKnown ? knownEnvironment(config) : null,
  };
}
