/** Reference of `less_hazard`. @module */
import { matrix, vector } from "./example.ts";
import { defineKernel, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { clipped, flush, FORBIDDEN } from "./portable.ts";
import wgsl from "./less_hazard.wgsl" with { type: "text" };

/**
 * The Lagrangian of action values and of the probability of an unsafe step (Altman, 1999):
 * `preferences` = values - multiplier · hazards, hazards taken as 0 below 0 and as 1 above 1.
 * {@link FORBIDDEN} stays.
 *
 * `values`, `hazards` and `preferences` are (rows, stride), `multiplier` is one number.
 */
export const lessHazard = defineKernel({
  name: "less_hazard",
  wgsl,
  buffers: {
    values: "read",
    hazards: "read",
    multiplier: "read",
    preferences: "write",
  },
  numbers: { stride: "u32" },
  ownRows: ["values", "hazards", "preferences"],
  threads: { rows: ROWS.all, fourRows: ({ stride }) => stride },
  example: ({ actions, rowCapacity, choose }) => ({
    numbers: { stride: padded(actions) },
    buffers: {
      values: matrix(
        rowCapacity,
        actions,
        choose([0, 1]) ? "masked" : "tensor",
      ),
      hazards: matrix(rowCapacity, actions),
      multiplier: vector(4),
      preferences: matrix(rowCapacity, actions),
    },
  }),
  run({ values, hazards, multiplier, preferences }, { stride }, plan) {
    const { fround } = Math;
    const [factor] = multiplier;
    for (let i = 0; i < plan.rowCount * stride; i++) {
      const cost = fround(factor * clipped(hazards[i]));
      preferences[i] = values[i] === FORBIDDEN
        ? FORBIDDEN
        : flush(fround(values[i] - cost));
    }
  },
});
