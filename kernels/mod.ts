/**
 * All kernels by name.
 *
 * @module
 */
import { adam } from "./adam.ts";
import { cloneRows } from "./clone_rows.ts";
import { cloneSamples } from "./clone_samples.ts";
import { copy } from "./copy.ts";
import { gatherRows } from "./gather_rows.ts";
import type { Kernel } from "./kernel.ts";
import { layerForward } from "./layer_forward.ts";
import { layerInputGradient } from "./layer_input_gradient.ts";
import { layerWeightGradient } from "./layer_weight_gradient.ts";
import { lossRows } from "./loss_rows.ts";
import { meanLosses } from "./mean_losses.ts";
import { qSamples } from "./q_samples.ts";
import { scatterRows } from "./scatter_rows.ts";
import { softmaxRows } from "./softmax_rows.ts";
import { transpose } from "./transpose.ts";

/** Every kernel, by name; each backend has one of each. */
export const KERNELS: Readonly<Record<string, Kernel>> = Object.fromEntries(
  [
    gatherRows,
    layerForward,
    transpose,
    softmaxRows,
    qSamples,
    cloneRows,
    cloneSamples,
    lossRows,
    meanLosses,
    layerInputGradient,
    layerWeightGradient,
    adam,
    copy,
    scatterRows,
  ].map((kernel) => [kernel.name, kernel as Kernel]),
);
