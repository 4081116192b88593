/** Reference of `adam`. @module */
import { vector } from "./example.ts";
import { defineKernel } from "./kernel.ts";
import { quads } from "./padding.ts";
import { padded } from "./padding.ts";
import {
  flush,
  FLUSH_FIRST_MOMENT,
  FLUSH_SECOND_MOMENT,
  recip,
  sqrt,
} from "./portable.ts";
import wgsl from "./adam.wgsl" with { type: "text" };

/**
 * One step of Adam (Kingma and Ba, 2015, algorithm 1, in the order of operations of PyTorch):
 * m = β1·m + (1-β1)·g, v = β2·v + (1-β2)·g², and
 * parameter = parameter - stepSize · rateScale · m / (sqrt(v) · secondMomentScale + epsilon),
 * with both bias corrections in the plan's per-step constants. `rateScale` is the network's learning rate
 * as a multiple of the plan's; with 1 the bits are those without it. All buffers have `count` elements.
 */
export const adam = defineKernel({
  name: "adam",
  wgsl,
  buffers: {
    gradient: "read",
    firstMoment: "update",
    secondMoment: "update",
    parameters: "update",
  },
  numbers: {
    count: "u32",
    beta1: "f32",
    oneMinusBeta1: "f32",
    beta2: "f32",
    oneMinusBeta2: "f32",
    epsilon: "f32",
    rateScale: "f32",
  },
  vec4: ["gradient", "firstMoment", "secondMoment", "parameters"],
  threads: { elements: ({ count }) => quads(count) },
  example: ({ inputs, outputs, choose }) => {
    const count = padded(inputs * outputs);
    const [beta1, beta2] = [choose([0.9, 0.5]), choose([0.999, 0.5])];
    return {
      numbers: {
        count,
        beta1,
        oneMinusBeta1: 1 - beta1,
        beta2,
        oneMinusBeta2: 1 - beta2,
        epsilon: 1e-8,
        rateScale: choose([1, 0.3, 5, 0]),
      },
      buffers: {
        gradient: vector(count),
        firstMoment: vector(count, "firstMoment"),
        secondMoment: vector(count, "secondMoment"),
        parameters: vector(count),
      },
    };
  },
  run({ gradient, firstMoment, secondMoment, parameters }, numbers, plan) {
    const { count, beta1, oneMinusBeta1, beta2, oneMinusBeta2, epsilon } =
      numbers;
    const { fround } = Math;
    const stepSize = fround(plan.stepSize * numbers.rateScale);
    for (let i = 0; i < count; i++) {
      const g = gradient[i];
      const m = flush(
        fround(fround(beta1 * firstMoment[i]) + fround(oneMinusBeta1 * g)),
        FLUSH_FIRST_MOMENT,
      );
      const v = flush(
        fround(
          fround(beta2 * secondMoment[i]) +
            fround(oneMinusBeta2 * fround(g * g)),
        ),
        FLUSH_SECOND_MOMENT,
      );
      firstMoment[i] = m;
      secondMoment[i] = v;
      const denominator = fround(
        fround(sqrt(v) * plan.secondMomentScale) + epsilon,
      );
      const change = fround(stepSize * fround(m * recip(denominator)));
      parameters[i] = flush(fround(parameters[i] - change));
    }
  },
});
