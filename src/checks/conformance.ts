/**
 * Conformance: replays recorded updates of d3rlpy on a backend, minibatch by minibatch, and
 * compares losses and parameters with those that d3rlpy's algorithms have in float64.
 *
 * @module
 */
import { buildProgram, configureAlgorithm } from "../algorithms/index.ts";
import {
  fittedQProgram,
  TARGET_PROBABILITIES,
} from "../algorithms/fitted_q_evaluation.ts";
import {
  initialState,
  type TrainingState,
} from "../algorithms/training_state.ts";
import type { Program, ProgramNetwork } from "../algorithms/program.ts";
import { adamSchedule } from "../algorithms/schedule.ts";
import { readSafetensors, type SafetensorsFile } from "../files/safetensors.ts";
import type { Backend } from "../backends/backend.ts";
import type { Dataset } from "../dataset/dataset.ts";
import { type DistinctRows, distinctRows } from "../dataset/distinct_rows.ts";
import { planSource } from "../dataset/minibatch_plan.ts";
import { validateDataset } from "../dataset/validate.ts";
import { InputError } from "../errors.ts";
import { visible } from "../visible.ts";
import { type LayerParameters, packParameters } from "../network/layout.ts";

/** What a fixture shows of a backend. */
export interface ConformanceResult {
  /** What d3rlpy calls it, such as `discrete_cql`. */
  readonly algorithm: string;
  /** Updates replayed. */
  readonly steps: number;
  /** Largest difference of a parameter after the first and after the last update; NaN if one is NaN. */
  readonly parameterDifference: number;
  /** Largest difference of a loss term at any update, relative to terms above 1; NaN if one is NaN. */
  readonly lossDifference: number;
  /** What both may be: ten times the error of PyTorch's own float32 run, at least 5e-6. */
  readonly tolerance: number;
  /** Whether both differences keep the tolerance; NaN does not. */
  readonly passed: boolean;
}

/**
 * Replays a fixture.
 *
 * @param bytes A safetensors file in the layout that `tests/fixtures/README.md` describes.
 * @param name Its name, for messages.
 * @throws InputError when the file is damaged or not a fixture.
 */
export async function checkConformance(
  bytes: Uint8Array,
  name: string,
  backend: Backend,
): Promise<ConformanceResult> {
  const file = readSafetensors(bytes, name);
  const about = readMetadata(file);
  const { algorithm, steps, batchSize } = about;
  const dataset = fixtureDataset(file, about);
  const rows = distinctRows(dataset.observations, dataset.observationSize);
  const program = fixtureProgram(file, about, rows.count);
  let drawn = 0;
  const plan = planSource(program.plan, [{
    dataset,
    rowOf: rows.rowOf,
    tableRows: rows.count,
    rewardScale: program.rewardScale,
    discount: program.discount,
    bootstrapOnTruncation: true,
    draw: (samples) => {
      for (let i = 0; i < batchSize; i++) samples[i] = drawn++;
    },
  }], [adamSchedule(learningRateOf(about), "constant", steps)]);
  const session = await backend.open({
    program,
    observations: rows.observations,
    tables: fixtureTables(file, about, rows),
    plan,
    state: initialState(
      program,
      program.networks.map((network, n) => [
        packParameters(
          network.layout,
          fixtureLayers(file, "init", about, network, n),
        ),
      ]),
    ),
  });
  try {
    const losses = [await session.run(1)];
    const first = await session.read();
    if (steps > 1) losses.push(await session.run(steps));
    const last = await session.read();
    const parameterDifference = Math.max(
      ...([[1, first], [steps, last]] as const).map(([step, state]) =>
        largestParameterDifference(
          file,
          `expect.step${step}`,
          about,
          program,
          state,
        )
      ),
    );
    const lossDifference = largestLossDifference(
      file,
      program,
      about,
      losses,
    );
    const tolerance = Math.max(10 * about.torchError, 5e-6);
    const passed = parameterDifference <= tolerance &&
      lossDifference <= tolerance;
    return {
      algorithm,
      steps,
      parameterDifference,
      lossDifference,
      tolerance,
      passed,
    };
  } finally {
    await session.close();
  }
}

/** A fixture that claims a larger one would pass whatever a backend does. */
const LARGEST_TORCH_ERROR = 1e-3;

/** What d3rlpy calls the algorithms that can be replayed. */
const ALGORITHMS = [
  "discrete_bc",
  "discrete_cql",
  "dqn",
  "double_dqn",
  "discrete_fqe",
  "discrete_bcq",
  "discrete_sac",
];

interface FixtureMetadata {
  readonly algorithm: string;
  readonly steps: number;
  readonly batchSize: number;
  readonly sizes: readonly number[];
  readonly torchError: number;
  /** N of a quantile head; 0 for one output an action. */
  readonly quantiles: number;
  readonly criticCount: number;
  number(key: string): number;
  value(key: string): unknown;
}

/** The rate of the plan, which is that of the first network. */
function learningRateOf({ algorithm, number }: FixtureMetadata): number {
  return number(
    algorithm === "discrete_sac" ? "actor_learning_rate" : "learning_rate",
  );
}

/** Those of {@link ALGORITHMS} that may have quantile heads and several critics. */
const Q_LEARNING = ["discrete_cql", "dqn", "double_dqn"];

function readMetadata(file: SafetensorsFile): FixtureMetadata {
  const value = (key: string): unknown => {
    try {
      return JSON.parse(file.metadata[key]);
    } catch {
      throw new InputError(
        `${file.name}: not a conformance fixture: metadata has no "${key}"`,
      );
    }
  };
  const number = (key: string): number => {
    const n = value(key);
    if (typeof n === "number" && Number.isFinite(n)) return n;
    throw new InputError(
      `${file.name}: not a conformance fixture: "${key}" is not a number`,
    );
  };
  const size = (key: string): number => {
    const n = number(key);
    if (Number.isInteger(n) && n > 0 && n < 2 ** 24) return n;
    throw new InputError(
      `${file.name}: not a conformance fixture: "${key}" is ${n}`,
    );
  };
  const algorithm = value("algorithm");
  if (!ALGORITHMS.includes(algorithm as string)) {
    throw new InputError(
      `${file.name}: algorithm ${
        visible(JSON.stringify(algorithm))
      }: there are fixtures of ${ALGORITHMS.join(", ")}`,
    );
  }
  // Older fixtures do not say it.
  const said = (key: string) => Object.hasOwn(file.metadata, key);
  const head = said("q_function") ? value("q_function") : "mean";
  const criticCount = said("n_critics") ? size("n_critics") : 1;
  const mayVary = Q_LEARNING.includes(algorithm as string);
  for (
    const [key, known] of [
      ["q_function", head === "mean" || (head === "qr" && mayVary)],
      [
        "n_critics",
        criticCount === (algorithm === "discrete_sac" ? 2 : 1) || mayVary,
      ],
    ] as const
  ) {
    if (known) continue;
    throw new InputError(
      `${file.name}: ${key} ${
        visible(file.metadata[key])
      } of ${algorithm} cannot be replayed`,
    );
  }
  const torchError = number("torch_float32_max_abs_error");
  if (!(torchError >= 0 && torchError <= LARGEST_TORCH_ERROR)) {
    throw new InputError(
      `${file.name}: not a conformance fixture: "torch_float32_max_abs_error" is ${torchError}; ` +
        `a tolerance beyond ${10 * LARGEST_TORCH_ERROR} would show nothing`,
    );
  }
  const hidden = value("hidden");
  if (
    !Array.isArray(hidden) ||
    !hidden.every((h) => Number.isInteger(h) && h > 0 && h < 2 ** 24)
  ) {
    throw new InputError(
      `${file.name}: not a conformance fixture: "hidden" is not a list of widths`,
    );
  }
  return {
    algorithm: algorithm as string,
    steps: size("steps"),
    batchSize: size("batch_size"),
    sizes: [size("obs_dim"), ...hidden, size("actions")],
    torchError,
    quantiles: head === "qr" ? size("n_quantiles") : 0,
    criticCount,
    number,
    value,
  };
}

function tensor<T>(
  file: SafetensorsFile,
  name: string,
  type: { new (length: number): T & { length: number } },
  length: number,
): T {
  const data = file.tensors.get(name)?.data;
  if (data instanceof type && data.length === length) return data;
  throw new InputError(
    `${file.name}: not a conformance fixture: "${name}" should be ${
      type.name.replace("Array", "")
    } with ${length} elements`,
  );
}

/** Every sample as an episode of one step: the fixture's minibatches in order. */
function fixtureDataset(
  file: SafetensorsFile,
  about: FixtureMetadata,
): Dataset {
  const { steps, batchSize, sizes } = about;
  const [D] = sizes;
  const N = steps * batchSize;
  const before = tensor(file, "batch.observations", Float32Array, N * D);
  const after = tensor(file, "batch.next_observations", Float32Array, N * D);
  const terminals = tensor(file, "batch.terminals", Float32Array, N);
  const actions = tensor(file, "batch.actions", Int32Array, N);
  if (!terminals.every((t) => t === 0 || t === 1)) {
    throw new InputError(`${file.name}: a terminal is neither 0 nor 1`);
  }
  const observations = new Float32Array(2 * N * D);
  for (let i = 0; i < N; i++) {
    observations.set(before.subarray(i * D, (i + 1) * D), 2 * i * D);
    observations.set(after.subarray(i * D, (i + 1) * D), (2 * i + 1) * D);
  }
  const dataset = {
    observationSize: D,
    actionCount: sizes[sizes.length - 1],
    observations,
    actions,
    rewards: tensor(file, "batch.rewards", Float32Array, N),
    terminated: Uint8Array.from(terminals),
    truncated: Uint8Array.from(terminals, (t) => 1 - t),
    episodeOffsets: Uint32Array.from({ length: N + 1 }, (_, i) => i),
  };
  validateDataset(dataset, file.name);
  return dataset;
}

function fixtureProgram(
  file: SafetensorsFile,
  about: FixtureMetadata,
  tableRows: number,
): Program {
  const { algorithm, sizes, batchSize, quantiles, criticCount, number } = about;
  const shape = {
    observationSize: sizes[0],
    hidden: sizes.slice(1, -1),
    actionCount: sizes[sizes.length - 1],
    tableRows,
  };
  if (algorithm === "discrete_bc") {
    const beta = number("beta");
    return buildProgram(configureAlgorithm("bc", { batchSize, beta }), shape);
  }
  const targetUpdateInterval = number("target_update_interval");
  if (!Number.isInteger(targetUpdateInterval) || targetUpdateInterval < 1) {
    throw new InputError(
      `${file.name}: "target_update_interval" is ${targetUpdateInterval}`,
    );
  }
  const settings = { batchSize, targetUpdateInterval, gamma: number("gamma") };
  const ofCritics = { ...settings, quantiles, criticCount };
  const programs: Record<string, () => Program> = {
    discrete_cql: () =>
      buildProgram(
        configureAlgorithm("cql", { ...ofCritics, alpha: number("alpha") }),
        shape,
      ),
    double_dqn: () =>
      buildProgram(configureAlgorithm("doubleDqn", ofCritics), shape),
    dqn: () => buildProgram(configureAlgorithm("dqn", ofCritics), shape),
    discrete_fqe: () => fittedQProgram(settings, shape),
    discrete_bcq: () =>
      buildProgram(
        configureAlgorithm("bcq", {
          ...settings,
          beta: number("beta"),
          actionFlexibility: number("action_flexibility"),
          sharedLayers: about.value("share_encoder") === true,
        }),
        shape,
      ),
    discrete_sac: () =>
      buildProgram(
        configureAlgorithm("sac", {
          ...settings,
          learningRate: number("actor_learning_rate"),
          criticLearningRate: number("critic_learning_rate"),
          temperatureLearningRate: number("temp_learning_rate"),
          initialTemperature: number("initial_temperature"),
        }),
        shape,
      ),
  };
  return programs[algorithm]();
}

/** The evaluated policy of a fixture that has one: the action that it takes in each next observation. */
function fixtureTables(
  file: SafetensorsFile,
  { algorithm, steps, batchSize, sizes }: FixtureMetadata,
  { count, rowOf }: DistinctRows,
): Record<string, Float32Array> {
  if (algorithm !== "discrete_fqe") return {};
  const actionCount = sizes[sizes.length - 1];
  const N = steps * batchSize;
  const name = "batch.next_policy_actions";
  const chosen = tensor(file, name, Int32Array, N);
  const terminals = tensor(file, "batch.terminals", Float32Array, N);
  const actions = new Int32Array(count).fill(-1);
  const probabilities = new Float32Array(count * actionCount);
  chosen.forEach((action, i) => {
    // After a terminal it has no effect.
    if (terminals[i] === 1) return;
    const row = rowOf[2 * i + 1];
    if (!(action >= 0 && action < actionCount)) {
      throw new InputError(`${file.name}: "${name}" has the action ${action}`);
    }
    if (actions[row] >= 0 && actions[row] !== action) {
      throw new InputError(
        `${file.name}: "${name}" has two actions for one observation`,
      );
    }
    actions[row] = action;
    probabilities[row * actionCount + action] = 1;
  });
  return { [TARGET_PROBABILITIES]: probabilities };
}

/** What stands before the number of a layer in the names of a program's n-th network. */
function recordedName(
  { algorithm, criticCount }: FixtureMetadata,
  n: number,
): string {
  if (algorithm === "discrete_sac") {
    return ["policy.", "critic0.", "critic1."][n];
  }
  if (algorithm === "discrete_bcq" && n === 1) return "imitator.";
  return criticCount > 1 ? `critic${n}.` : "";
}

/** The fixture's layers of a program's n-th network, from PyTorch's [outputs, inputs] to [inputs, outputs]. */
function fixtureLayers(
  file: SafetensorsFile,
  prefix: string,
  about: FixtureMetadata,
  { name, layout }: ProgramNetwork,
  n: number,
): LayerParameters[] {
  // Kept in f64 when the file has f64: this is the expectation, not the arithmetic.
  const type = prefix === "init" ? Float32Array : Float64Array;
  const read = (tensorName: string, length: number) =>
    tensor<Float32Array | Float64Array>(file, tensorName, type, length);
  if (name === "temperature") {
    return [{
      weight: new Float32Array(0),
      bias: read(`${prefix}.log_temp`, 1) as Float32Array,
      inputs: 0,
      outputs: 1,
    }];
  }
  const own = `${prefix}.${recordedName(about, n)}`;
  // A head is the last of the layers that it stands on.
  const first = about.sizes.length - 1 - layout.layers.length;
  return layout.layers.map(({ inputs, outputs }, l) => {
    const source = read(`${own}${first + l}.weight`, inputs * outputs);
    const weight = new type(inputs * outputs);
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) {
        weight[i * outputs + o] = source[o * inputs + i];
      }
    }
    return {
      weight: weight as Float32Array,
      bias: read(`${own}${first + l}.bias`, outputs) as Float32Array,
      inputs,
      outputs,
    };
  });
}

function largestParameterDifference(
  file: SafetensorsFile,
  prefix: string,
  about: FixtureMetadata,
  program: Program,
  state: TrainingState,
): number {
  let largest = 0;
  program.networks.forEach((network, n) => {
    const parameters = state.buffers[`${network.prefix}parameters`];
    const layers = fixtureLayers(file, prefix, about, network, n);
    layers.forEach(({ weight, bias, inputs, outputs }, l) => {
      const { offset, outputStride } = network.layout.layers[l];
      for (let i = 0; i <= inputs; i++) {
        for (let o = 0; o < outputs; o++) {
          const expected = i < inputs ? weight[i * outputs + o] : bias[o];
          const value = parameters[offset + i * outputStride + o];
          // Math.max keeps a NaN.
          largest = Math.max(largest, Math.abs(value - expected));
        }
      }
    });
  });
  return largest;
}

/** What a fixture has under another name than the program, or as a sum of its terms. */
const RECORDED_LOSSES: Readonly<Record<string, readonly string[]>> = {
  imitator_loss: ["imitationLoss", "regularizationLoss"],
  actor_loss: ["policyLoss"],
};

function largestLossDifference(
  file: SafetensorsFile,
  { lossTerms }: Program,
  { algorithm, steps }: FixtureMetadata,
  losses: readonly Float32Array[],
): number {
  // Each recorded loss, and what the program's terms are multiplied by in it.
  const recorded = new Map(
    lossTerms.map(({ name }, t) => [
      // tdLoss here is td_loss there.
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      lossTerms.map((_, k) => Number(k === t)),
    ]),
  );
  for (const [name, terms] of Object.entries(RECORDED_LOSSES)) {
    const isIn = lossTerms.map((term) => Number(terms.includes(term.name)));
    recorded.set(name, isIn);
  }
  recorded.set("loss", lossTerms.map(({ weight }) => weight));
  const ours = losses.flatMap((block) => [...block]);
  const width = lossTerms.length;
  let largest = 0;
  for (const [name, weights] of recorded) {
    // DQN and Double DQN have no conservative term to compare, SAC no whole loss.
    const isThere = file.tensors.has(`expect.${name}`);
    if (!isThere && (name !== "loss" || algorithm === "discrete_sac")) continue;
    const expected = tensor(file, `expect.${name}`, Float64Array, steps);
    for (let t = 0; t < steps; t++) {
      const own = ours.slice(width * t, width * (t + 1));
      const value = own.reduce((sum, x, k) => sum + weights[k] * x, 0);
      const scale = Math.max(1, Math.abs(expected[t]));
      largest = Math.max(largest, Math.abs(value - expected[t]) / scale);
    }
  }
  return largest;
}
