/**
 * Faults that a GPU, its driver, a compiler of shaders or our own host could have.
 *
 * @module
 */
import { PLAN_HEADER } from "../../../kernels/plan.ts";
import {
  calls,
  type Fault,
  number,
  program,
  session,
  shader,
} from "./fault.ts";

const ARGMAX: readonly [RegExp, string] = [
  /value > largest\) \{/,
  "value >= largest) {",
];

/** a · b + c rounded once, or nearly so: the product's error (Dekker, 1971) and the sum's are added last. */
const FUSED: readonly [string, string] = [
  "fn kernel(",
  `fn high(x: vec4f) -> vec4f {
  let t = mul4(x, vec4f(4097.0));
  return sub4(t, sub4(t, x));
}
fn fused(a: vec4f, b: vec4f, c: vec4f) -> vec4f {
  let p = mul4(a, b);
  let a1 = high(a);
  let a2 = sub4(a, a1);
  let b1 = high(b);
  let b2 = sub4(b, b1);
  let of_product = add4(add4(add4(sub4(mul4(a1, b1), p), mul4(a1, b2)), mul4(a2, b1)), mul4(a2, b2));
  let s = add4(p, c);
  let t = sub4(s, p);
  let of_sum = add4(sub4(p, sub4(s, t)), sub4(c, t));
  return add4(s, add4(of_sum, of_product));
}
fn kernel(`,
];

/** What a compiler may do to arithmetic, and functions that are not portable. */
const ARITHMETIC: readonly Fault[] = [
  shader("guard removed", "portable", [/ \^ (zero|vec4u\(zero\))/, ""]),
  {
    ...shader(
      "guard removed from products alone",
      "portable",
      ["return exact(a * b)", "return a * b"],
      ["return exact4(a * b)", "return a * b"],
    ),
    harmless: "a compiler that does not contract changes nothing",
  },
  {
    ...shader(
      "guard removed from sums alone",
      "portable",
      [/return exact4?\(a ([+-]) b\)/, "return a $1 b"],
    ),
    harmless: "a compiler that does not reassociate changes nothing",
  },
  shader(
    "the guard's word known to the compiler",
    "frame",
    ["zero = arguments[0];", "zero = 0u;"],
  ),
  {
    ...shader(
      "WGSL's fma in the forward pass",
      "layer_forward",
      [/add4\(next, mul4\((x\.\w+), (w\d)\)\)/, "fma($1, $2, next)"],
    ),
    harmless: "a driver may round WGSL's fma twice",
  },
  shader(
    "fused multiply-add in the forward pass",
    "layer_forward",
    [/add4\(next, mul4\((x\.\w+), (w\d)\)\)/, "fused($1, $2, next)"],
    FUSED,
  ),
  shader(
    "fused multiply-add in the weight gradient",
    "layer_weight_gradient",
    [/add4\((sum\d), mul4\((vec4f\(x\.\w\)), g\)\)/, "fused($2, g, $1)"],
    FUSED,
  ),
  shader(
    "sum in descending order in the weight gradient",
    "layer_weight_gradient",
    ["+ column;\n  var sum0", "+ column + (rows - 1u) * columns;\n  var sum0"],
    [
      "input_columns - 1u);\n",
      "input_columns - 1u) + (rows - 1u) * input_columns;\n",
    ],
    ["x_at += input_columns", "x_at -= input_columns"],
    ["g_at += columns", "g_at -= columns"],
  ),
  shader(
    "built-in exp",
    "portable",
    [
      /fn exp_portable\(x: f32\) -> f32 \{/,
      "$&\n  if (x >= -40.0) { return exp(x); }",
    ],
  ),
  shader(
    "built-in log",
    "portable",
    [
      /fn log_portable\(x: f32\) -> f32 \{/,
      "$&\n  if (x > 0.0) { return log(x); }",
    ],
  ),
  shader(
    "built-in division",
    "portable",
    [
      /fn recip4\(x: vec4f\) -> vec4f \{/,
      "$&\n  if (x.x != 0.0) { return vec4f(1.0) / x; }",
    ],
  ),
  shader(
    "built-in square root",
    "portable",
    ["mul4(x, rsqrt4(x)), x > vec4f()", "sqrt(x), x > vec4f()"],
  ),
  shader(
    "one Newton step too few in the reciprocal",
    "portable",
    [/( {2}y = mul4\(y, sub4\(vec4f\(2\.0\), mul4\(x, y\)\)\);\n)\1/, "$1"],
  ),
  shader(
    "products rounded to half precision",
    "portable",
    [
      "return exact(a * b)",
      "return unpack2x16float(pack2x16float(vec2f(exact(a * b), 0.0))).x",
    ],
  ),
  shader(
    "weights without their last three bits",
    "layer_forward",
    [
      "let w0 = parameters[w];",
      "let w0 = bitcast<vec4f>(bitcast<vec4u>(parameters[w]) & vec4u(0xfffffff8u));",
    ],
  ),
  shader(
    "no flush of stored tensors",
    "portable",
    ["flush_below(x, FLUSH_TENSOR)", "x"],
    ["flush_below4(x, FLUSH_TENSOR)", "x"],
  ),
  shader(
    "no flush of Adam's first moment",
    "adam",
    ["FLUSH_FIRST_MOMENT", "0.0"],
  ),
  shader(
    "no flush of Adam's second moment",
    "adam",
    ["FLUSH_SECOND_MOMENT", "0.0"],
  ),
];

/** What is lost or done twice. */
const WORK: readonly Fault[] = [
  {
    name: "every run but the first lost",
    backend: "webgpu",
    gpu: { runs: () => 1 },
  },
  {
    name: "the last run lost",
    backend: "webgpu",
    gpu: { runs: (runs) => Math.max(1, runs - 1) },
  },
  {
    name: "every workgroup but the first lost",
    backend: "webgpu",
    gpu: { groups: () => 1 },
  },
  {
    name: "the last of three or more workgroups lost",
    backend: "webgpu",
    gpu: { groups: (groups) => groups > 2 ? groups - 1 : groups },
  },
  shader(
    "the last lane of each workgroup lost",
    "frame",
    ["* THREADS + lane,", "* THREADS + lane % (THREADS - 1u),"],
  ),
  shader(
    "lanes from the 32nd lost",
    "frame",
    ["* THREADS + lane,", "* THREADS + lane % 32u,"],
  ),
  shader(
    "the last thread of each block of rows lost",
    "frame",
    ["thread < end;", "thread + 1u < end;"],
  ),
  shader(
    "the last sample of each block of rows lost",
    "frame",
    ["i < end; i += THREADS", "i + 1u < end; i += THREADS"],
  ),
  shader(
    "the last block of rows lost",
    "frame",
    ["if (block < first) {", "if (block + 1u < first) {"],
  ),
  shader(
    "threads of a workgroup do not wait for each other",
    "frame",
    [/if \(arguments\[at \+ 2u\] != 0u\) \{ storageBarrier\(\); \}/, ""],
  ),
  shader(
    "all runs compute the first",
    "frame",
    ["let run = group.z;", "let run = 0u;"],
  ),
  shader(
    "the last gradient row cut",
    "layer_weight_gradient",
    ["let rows = gradient_rows(run);", "let rows = gradient_rows(run) - 1u;"],
  ),
  shader(
    "the last row of a range cut",
    "layer_forward",
    ["row < range.y) { output", "row + 1u < range.y) { output"],
  ),
  shader(
    "a row's last sample cut",
    "loss_rows",
    [
      "for (var i = offset_of(run, row); i < end; i++)",
      "for (var i = offset_of(run, row); i + 1u < end; i++)",
    ],
  ),
  calls("scatter dropped", "scatter_rows", () => []),
  calls("gather dropped", "gather_rows", () => []),
  calls("masks dropped", "mask_rows", () => []),
  calls("mean of losses dropped", "mean_losses", () => []),
  calls("sum of a shared layer's gradients dropped", "add_rows", () => []),
  calls("transposed weights never made", "transpose", () => []),
  calls("Adam's step made twice", "adam", (call) => [call, call]),
  calls("hazard multiplier never raised", "raise_multiplier", () => []),
  program(
    "no sweep at all",
    (right) => ({ ...right, sweep: [] }),
  ),
];

/** What is computed wrongly. */
const RULES: readonly Fault[] = [
  shader(
    "highest index on ties in the samples of Q-learning",
    "q_samples",
    ARGMAX,
  ),
  shader("highest index on ties in the greedy policy", "greedy_policy", ARGMAX),
  shader(
    "highest index on ties at an episode's start",
    "start_samples",
    ARGMAX,
  ),
  shader("highest index on ties in BCQ", "bcq_samples", ARGMAX),
  shader(
    "DQN chooses by the online network",
    "q_samples",
    ["arguments.doubleQ != 0u", "arguments.doubleQ < 2u"],
  ),
  shader(
    "Double DQN chooses by the target network",
    "q_samples",
    ["arguments.doubleQ != 0u", "arguments.doubleQ > 1u"],
  ),
  shader(
    "targets by the minibatch's row in place of the table's",
    "q_samples",
    ["target_row = table_row(run, next);", "target_row = next;"],
  ),
  number("action noise ignored", "q_samples", "uniformShare", () => 0),
  number("temperature ignored", "softmax_rows", "inverseTemperature", () => 1),
  number(
    "temperature of logsumexp ignored",
    "softmax_rows",
    "temperature",
    () => 1,
  ),
  number(
    "conservative weight ignored",
    "q_samples",
    "conservativeWeight",
    () => 0,
  ),
  number("ReLU left out", "layer_forward", "relu", () => 0),
  shader(
    "gradient passes units at 0",
    "layer_input_gradient",
    ["+ at] > vec4f();", "+ at] >= vec4f();"],
  ),
  number("Adam's epsilon 0", "adam", "epsilon", () => 0),
  shader(
    "Adam's correction of the second moment ignored",
    "adam",
    ["vec4f(second_moment_scale(run))", "vec4f(1.0)"],
  ),
  shader(
    "Adam's moments swapped in decay",
    "adam",
    ["arguments.beta1)", "arguments.beta2)"],
  ),
  number("a network's own learning rate ignored", "adam", "rateScale", () => 1),
  number("wrong stride", "transpose", "outputStride", (stride) => stride + 4),
  number(
    "a layer's input one narrower",
    "layer_forward",
    "inputs",
    (inputs) => Math.max(0, inputs - 1),
  ),
  shader(
    "quantiles in descending order",
    "action_values",
    ["if (next == 0u || z < smallest)", "if (next == 0u || z > smallest)"],
    ["(z < previous ||", "(z > previous ||"],
  ),
  shader(
    "quantile midpoints one off",
    "quantile_samples",
    ["f32(2u * k + 1u)", "f32(2u * k + 2u)"],
  ),
  number("risk ignored", "quantile_loss_rows", "whole", () => 1_000),
  calls("the other critics ignored in targets", "lowest_critic", () => []),
  number(
    "imitator's threshold ignored",
    "bcq_samples",
    "logFlexibility",
    () => -1e30,
  ),
  number("expectile ignored", "expectile_rows", "expectile", () => 0.5),
  number(
    "entropy target ignored",
    "temperature_samples",
    "entropyShare",
    () => 0,
  ),
  number("hazard budget ignored", "start_samples", "budget", () => 0),
  shader(
    "the discount of another sample",
    "plan",
    [
      "bitcast<f32>(plan_word(run, arguments.planDiscounts + s))",
      "bitcast<f32>(plan_word(run, arguments.planDiscounts + 1u))",
    ],
  ),
];

/** Losses in the wrong order, or of the wrong run. */
const LOSSES: readonly Fault[] = [
  session("losses of the steps reversed", ({ losses }) => ({
    losses: async () => (await losses()).toReversed(),
  })),
  shader(
    "losses of the wrong run",
    "mean_losses",
    ["losses[start_losses(run)", "losses[start_losses(0u)"],
  ),
  number(
    "every second loss left out of the mean",
    "mean_losses",
    "inverseBatch",
    (mean) => 2 * mean,
  ),
];

/** What comes late, early or never. */
const ORDER: readonly Fault[] = [
  program("target update removed", (right) => ({ ...right, targetUpdate: [] })),
  session("target update one step late", (right) => {
    let pending = false;
    return {
      async execute(list, words, count, fresh) {
        if (list === "targetUpdate") {
          pending = true;
          return;
        }
        if (list === "step" && pending && count > 1) {
          const half = words.length / count;
          await right.execute("step", words.slice(0, half), 1, fresh);
          await right.execute("targetUpdate", new Uint32Array(), 1);
          pending = false;
          return await right.execute("step", words.slice(half), count - 1);
        }
        await right.execute(list, words, count, fresh);
        if (list === "step" && pending) {
          await right.execute("targetUpdate", new Uint32Array(), 1);
          pending = false;
        }
      },
    };
  }),
  program("target update in every step", (right) => ({
    ...right,
    step: [...right.step, ...right.targetUpdate],
  })),
  session("no sweep after a target update", (right) => {
    let updated = false;
    return {
      execute(list, words, count, fresh) {
        updated ||= list === "targetUpdate";
        return list === "sweep" && updated
          ? Promise.resolve()
          : right.execute(list, words, count, fresh);
      },
    };
  }),
  session("the sweep's last block lost", (right) => ({
    execute(list, words, count, fresh) {
      if (list !== "sweep") return right.execute(list, words, count, fresh);
      if (count < 2) return Promise.resolve();
      const all = words.length / count * (count - 1);
      return right.execute(list, words.slice(0, all), count - 1, fresh);
    },
  })),
  session("each step with the plan of the step before", (right) => {
    let before: Uint32Array | undefined;
    return {
      execute(list, words, count, fresh) {
        if (list !== "step") return right.execute(list, words, count, fresh);
        const size = words.length / count;
        const late = words.slice();
        late.set(words.subarray(0, words.length - size), size);
        if (before) late.set(before);
        before = words.slice(words.length - size);
        return right.execute(list, late, count, fresh);
      },
    };
  }),
  session("a block's first plans not uploaded", (right) => {
    let first: Uint32Array | undefined;
    return {
      execute(list, words, count, fresh) {
        if (list !== "step") return right.execute(list, words, count, fresh);
        const size = words.length / count;
        first ??= words.slice(0, size);
        const stale = words.slice();
        stale.set(first);
        return right.execute(list, stale, count, fresh);
      },
    };
  }),
  session("rows that come with plans not uploaded", ({ execute }) => ({
    execute: (list, words, count) => execute(list, words, count),
  })),
  session("rows that come with plans put at the table's start", (right) => ({
    execute: (list, words, count, fresh) =>
      right.execute(
        list,
        words,
        count,
        fresh?.map((part) => ({ ...part, offset: 0 })),
      ),
  })),
  session("masks that come with plans not uploaded", (right) => ({
    execute: (list, words, count, fresh) =>
      right.execute(
        list,
        words,
        count,
        fresh?.filter(({ name }) => name === "observations"),
      ),
  })),
  session("Adam's step size of the first step kept", (right) => {
    let first: number | undefined;
    return {
      execute(list, words, count, fresh) {
        if (list !== "step") return right.execute(list, words, count, fresh);
        const kept = words.slice();
        first ??= kept[PLAN_HEADER.stepSize];
        const runStride = words.length / count;
        for (let step = 0; step < count; step++) {
          kept[step * runStride + PLAN_HEADER.stepSize] = first;
        }
        return right.execute(list, kept, count, fresh);
      },
    };
  }),
  program("transposed weights of the step before", (right) => {
    const transposes = right.step.filter(({ kernel }) =>
      kernel === "transpose"
    );
    const others = right.step.filter(({ kernel }) => kernel !== "transpose");
    const adam = others.findIndex(({ kernel }) => kernel === "adam");
    return {
      ...right,
      step: [...others.slice(0, adam), ...transposes, ...others.slice(adam)],
    };
  }),
  program("Adam before the gradient", (right) => ({
    ...right,
    step: right.step.toSorted((a, b) =>
      Number(b.kernel === "adam") - Number(a.kernel === "adam")
    ),
  })),
  session("state of the last run not uploaded", (right) => ({
    open(setup) {
      const { runs, state } = setup;
      const stale = Object.fromEntries(
        Object.entries(state).map(([name, all]) => {
          const kept = all.slice();
          kept.fill(0, (runs - 1) * all.length / runs);
          return [name, kept];
        }),
      );
      return right.open({ ...setup, state: stale });
    },
  })),
  session("Adam's moments not uploaded", (right) => ({
    open(setup) {
      const { state } = setup;
      const stale = Object.fromEntries(
        Object.entries(state).map(([name, all]) => [
          name,
          /Moment$/.test(name) ? new Float32Array(all.length) : all,
        ]),
      );
      return right.open({ ...setup, state: stale });
    },
  })),
  session("the observation table's last row not uploaded", (right) => ({
    open(setup) {
      const observations = setup.observations.slice();
      observations.fill(0, observations.length - 3);
      return right.open({ ...setup, observations });
    },
  })),
];

/** The catalogue. */
export const WEBGPU_FAULTS: readonly Fault[] = [
  ...ARITHMETIC,
  ...WORK,
  ...RULES,
  ...LOSSES,
  ...ORDER,
];
