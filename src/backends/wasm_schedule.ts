/**
 * Where threads have to wait for each other: a program's calls grouped into phases, with a barrier
 * after each phase.
 *
 * @module
 */
import type { Access } from "../../kernels/kernel.ts";
import { KERNELS } from "../../kernels/mod.ts";
import type { Call } from "../algorithms/program.ts";

/**
 * Buffers of which a thread touches only what belongs to its own rows of the minibatch: a row's
 * elements, or the elements of a row's samples. The WebAssembly kernels give a row to the same
 * thread whichever kernel it is (`share.as.ts`), so two such accesses need no barrier. Of a buffer
 * that is not named here any thread may touch any element.
 */
const OWN_ROWS: Readonly<Record<string, readonly string[]>> = {
  gather_rows: ["output"],
  layer_forward: ["input", "output"],
  softmax_rows: ["values", "probabilities", "logSumExp"],
  clone_rows: [
    "logits",
    "probabilities",
    "logSumExp",
    "rowTerms",
    "rowPenalty",
  ],
  clone_samples: [
    "logits",
    "logSumExp",
    "rowPenalty",
    "sampleLosses",
    "sampleGradient",
  ],
  q_samples: ["logSumExp", "sampleLosses", "sampleGradient"],
  loss_rows: ["rowTerms", "sampleGradient", "gradient"],
  layer_input_gradient: ["outputGradient", "activation", "gradient"],
  scatter_rows: ["values"],
};

interface Touch {
  readonly buffer: string;
  readonly access: Access;
  readonly ownRows: boolean;
  /** Elements [first, end) of the buffer. */
  readonly first: number;
  readonly end: number;
}

/**
 * Groups calls into phases: each call goes into the earliest phase that keeps every order that
 * matters. Two calls conflict when they touch the same elements and one of them writes; the later
 * one then comes in a later phase, or, where both keep to a thread's own rows, later in the same
 * phase. So a transpose of the weights shares a phase with the forward pass, for example.
 *
 * @returns For each phase, indices into `calls` in ascending order.
 */
export function phases(calls: readonly Call[]): number[][] {
  const touches = calls.map(touchesOf);
  const phaseOf: number[] = [];
  const result: number[][] = [];
  calls.forEach((_, later) => {
    let phase = 0;
    for (let earlier = 0; earlier < later; earlier++) {
      for (const a of touches[earlier]) {
        for (const b of touches[later]) {
          if (!conflict(a, b)) continue;
          const after = phaseOf[earlier] + (a.ownRows && b.ownRows ? 0 : 1);
          phase = Math.max(phase, after);
        }
      }
    }
    phaseOf.push(phase);
    (result[phase] ??= []).push(later);
  });
  return result;
}

function touchesOf({ kernel, buffers, numbers }: Call): Touch[] {
  return Object.entries(buffers).map(([name, { buffer, offset }]) => ({
    buffer,
    access: KERNELS[kernel].buffers[name],
    ownRows: OWN_ROWS[kernel]?.includes(name) ?? false,
    first: offset,
    // The layers' weight gradients lie side by side in one buffer.
    end: kernel === "layer_weight_gradient" && name === "gradient"
      ? offset + (numbers.inputs + 1) * numbers.outputStride
      : Infinity,
  }));
}

function conflict(a: Touch, b: Touch): boolean {
  return a.buffer === b.buffer && a.first < b.end && b.first < a.end &&
    (a.access !== "read" || b.access !== "read");
}
