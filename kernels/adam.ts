/** Reference of `adam`. @module */
import type { Kernel } from "./kernel.ts";
import {
  flush,
  FLUSH_FIRST_MOMENT,
  FLUSH_SECOND_MOMENT,
  recip,
  sqrt,
} from "./portable.ts";

/**
 * One step of Adam (Kingma and Ba, 2015, algorithm 1, in the order of operations of PyTorch):
 * m = β1·m + (1-β1)·g, v = β2·v + (1-β2)·g², and
 * parameter = parameter - stepSize · m / (sqrt(v) · secondMomentScale + epsilon),
 * with both bias corrections in the plan's per-step constants. All buffers have `count` elements.
 */
export const adam: Kernel<
  "gradient" | "firstMoment" | "secondMoment" | "parameters",
  "count" | "beta1" | "oneMinusBeta1" | "beta2" | "oneMinusBeta2" | "epsilon"
> = {
  name: "adam",
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
  },
  run({ gradient, firstMoment, secondMoment, parameters }, numbers, plan) {
    const { count, beta1, oneMinusBeta1, beta2, oneMinusBeta2, epsilon } =
      numbers;
    const { fround } = Math;
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
      const change = fround(plan.stepSize * fround(m * recip(denominator)));
      parameters[i] = flush(fround(parameters[i] - change));
    }
  },
};
