/**
 * One experiment in the worker: a world, data, training, and the files of the run.
 *
 * @module
 */
import {
  type Algorithm,
  isTabular,
  type TableAlgorithm,
} from "../src/algorithms/index.ts";
import type { Backend } from "../src/backends/backend.ts";
import { type BackendName, chooseBackend } from "../src/backends/choose.ts";
import { resolveConfig } from "../src/config/resolve.ts";
import { datasetFromSafetensors } from "../src/dataset/formats/safetensors.ts";
import { InputError } from "../src/errors.ts";
import { policyInStates } from "../src/evaluation/evaluate.ts";
import { pointStart } from "../src/mdp/build.ts";
import type { Policy } from "../src/mdp/policy.ts";
import { evaluatePolicy } from "../src/network/policy.ts";
import { keepNetwork, keepTable } from "../src/run/keep.ts";
import {
  configuredAlgorithms,
  learn,
  type LearntPolicy,
} from "../src/run/learn.ts";
import { learnTable } from "../src/run/learn_table.ts";
import { type LearntFile, networkFiles } from "../src/run/policy_files.ts";
import { openProblem } from "../src/run/problem.ts";
import { csvText } from "../src/run/training_table.ts";
import { dataEvaluator } from "./data_view.ts";
import { finishRun, type TrainedRun } from "./finish_run.ts";
import { openGate } from "./gate.ts";
import { memoryFiles } from "./memory_files.ts";
import {
  type CellView,
  type EpisodeView,
  REFERENCE,
  type Reply,
} from "./messages.ts";
import { openView, policyView, walks, worldView, worthOf } from "./world.ts";

/** Share of the time that estimates from the data may take while a learner trains. */
const ESTIMATING = 0.25;

/** An experiment that was opened. */
export interface Session {
  /** Trains every learner; pausing holds it between two intervals. */
  run(backend: BackendName, paused: boolean): Promise<void>;
  /** Holds the training, or lets it go on. */
  pause(paused: boolean): void;
  /** Lets a held training do one interval. */
  step(): void;
  /** What is known of a cell under a policy. */
  cell(state: number, policy: string): CellView;
  /** Episodes of a policy. */
  episodes(policy: string): EpisodeView[];
  /** The finished run's directory as a zip file. */
  files(): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Opens an experiment and says what its world is.
 *
 * @param preset Name of a preset.
 * @param overrides See `resolveConfig`.
 * @param bytes The data set's file, exactly if the configuration names its hash.
 * @throws InputError if the configuration or the data are no good.
 */
export function openSession(
  preset: string,
  overrides: unknown,
  bytes: Uint8Array<ArrayBuffer> | undefined,
  say: (reply: Reply) => void,
): Session {
  const config = resolveConfig(preset, overrides);
  const dataset = bytes && datasetFromSafetensors(bytes, "the data set");
  const problem = openProblem(config, { dataset });
  const { environment } = problem;
  if (environment === null) {
    throw new InputError(
      "the configuration names no world, and this page shows policies in worlds: use deno task pipeline",
    );
  }
  const opened = openView(config, problem, environment);
  const { mdp } = environment;
  const { references } = opened;
  const learnt = new Map<string, LearntPolicy>();
  const gate = openGate();
  let trained: TrainedRun | undefined;
  let zip: Promise<Uint8Array<ArrayBuffer>> | undefined;
  say(worldView(opened));

  const inWorld = (name: string): Policy => {
    const policy = learnt.get(name);
    if (policy) return policyInStates(policy, mdp);
    const reference = name.slice(REFERENCE.length) as keyof typeof references;
    return references[reference] ?? references.behaviour;
  };

  return {
    pause: gate.pause,
    step: gate.step,
    cell(state, name) {
      const policy = learnt.get(name);
      const network = policy && "network" in policy ? policy : null;
      const start = pointStart(mdp.stateCount, state);
      const { actionCount: A, observationSize: D, observations } = mdp;
      const seen = observations.subarray(state * D, (state + 1) * D);
      return {
        kind: "cell",
        state,
        policy: name,
        counts: [...opened.counts.subarray(state * A, (state + 1) * A)],
        outputs: network && [...evaluatePolicy(network, seen)],
        outputName: network?.outputs === "qValues" ? "action value" : "logit",
        worth: worthOf(mdp, inWorld(name), start),
        best: worthOf(mdp, references.optimal, start),
      };
    },
    episodes: (name) => walks(mdp, inWorld(name), config.seed),
    files() {
      if (!trained) throw new InputError("nothing is trained yet");
      return zip ??= finishRun(trained);
    },
    async run(name, paused) {
      gate.pause(paused);
      if (name !== "wasm" && name !== "reference") {
        say({ kind: "notice", text: "looking for a GPU and measuring it" });
      }
      const backend = await chooseBackend(name, {
        onNotice: (text) => say({ kind: "notice", text }),
      });
      const description = `${backend.name}, ${backend.description}`;
      say({ kind: "backend", description });
      const estimate = await dataEvaluator(problem, config.seed);
      const files = memoryFiles();
      const timings: Record<string, number> = {};
      const results: Record<string, LearntFile> = {};

      const train = async (
        backend: Backend,
        algorithm: Algorithm,
      ): Promise<LearntFile> => {
        const { name, settings: { steps } } = algorithm;
        const begun = performance.now();
        let estimating = 0;
        const result = await learn({
          config,
          problem,
          algorithm,
          backend,
          async onPolicy(policy, step) {
            learnt.set(name, policy);
            const from = performance.now();
            const isCheap = estimating <= ESTIMATING * (from - begun);
            const data = isCheap ? await estimate(name, policy) : undefined;
            if (isCheap) estimating += performance.now() - from;
            const view = policyView(
              name,
              mdp,
              policyInStates(policy, mdp),
              config.seed,
            );
            say({ kind: "look", step, steps, policy: view, data });
            await gate.pass();
          },
        });
        files.write(
          networkFiles(name).table,
          csvText(result.columns, result.rows),
        );
        return keepNetwork(files, config, algorithm, result);
      };
      const plan = (algorithm: TableAlgorithm): LearntFile => {
        const table = learnTable(config.dataset, problem, algorithm);
        return keepTable(files, config, algorithm, table);
      };

      for (const algorithm of configuredAlgorithms(config)) {
        const { name } = algorithm;
        say({ kind: "stage", name });
        const begun = performance.now();
        const result = isTabular(algorithm)
          ? plan(algorithm)
          : await train(backend, algorithm);
        timings[name] = performance.now() - begun;
        results[name] = result;
        const { policy, sha256 } = result;
        learnt.set(name, policy);
        const view = policyView(
          name,
          mdp,
          policyInStates(policy, mdp),
          config.seed,
        );
        const data = await estimate(name, policy);
        say({ kind: "learnt", sha256, policy: view, data });
        await gate.pass();
      }
      trained = { config, problem, backend, learnt: results, files, timings };
      say({ kind: "done" });
    },
  };
}
