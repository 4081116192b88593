/**
 * The optimiser's per-step constants, computed once on the host in f64 and rounded to f32, so that
 * every backend gets the same.
 *
 * @module
 */
import type { StepConstants } from "../dataset/minibatch_plan.ts";
import { ADAM } from "./network_calls.ts";

/**
 * Adam's step size learningRate / (1 - β1^t) and second-moment correction 1 / sqrt(1 - β2^t) for
 * t = 1 … steps. Powers are repeated products: the last bit of `Math.pow` is engine-defined.
 *
 * @param schedule `constant`, or `linear`: learningRate · (1 - (t - 1) / steps).
 */
export function adamSchedule(
  learningRate: number,
  schedule: "constant" | "linear",
  steps: number,
): StepConstants {
  const stepSize = new Float32Array(steps);
  const secondMomentScale = new Float32Array(steps);
  let power1 = 1;
  let power2 = 1;
  for (let i = 0; i < steps; i++) {
    power1 *= ADAM.beta1;
    power2 *= ADAM.beta2;
    const rate = schedule === "linear"
      ? learningRate * (1 - i / steps)
      : learningRate;
    stepSize[i] = rate / (1 - power1);
    secondMomentScale[i] = 1 / Math.sqrt(1 - power2);
  }
  return { stepSize, secondMomentScale };
}
