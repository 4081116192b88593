/** Reference of `greedy_policy`. @module */
import { matrix } from "./example.ts";
import { defineKernel, rowRange, ROWS } from "./kernel.ts";
import { padded } from "./padding.ts";
import { equalPart, flush, FORBIDDEN } from "./portable.ts";
import { bestOf } from "./wgsl_parts.ts";
import wgsl from "./greedy_policy.wgsl" with { type: "text" };

/**
 * The probabilities with which a target takes each next action: `greedyShare` for the action of the largest
 * value, the lowest index on ties, and `noise` spread evenly, `uniformShare` for each of all actions. An
 * action whose value is {@link FORBIDDEN} is not there: its probability is 0, and the noise is spread over
 * the others.
 *
 * `values` (rows, stride) is a table over the whole observation table (`table` = 1, indexed by the row's
 * table index) or has the minibatch's rows (0). `policy` (rows, stride) gets the rows that are next
 * observations, zero in the padding.
 */
export const greedyPolicy = defineKernel({
  name: "greedy_policy",
  wgsl: [bestOf("values"), wgsl].join("\n"),
  buffers: { values: "read", policy: "write" },
  numbers: {
    actions: "u32",
    stride: "u32",
    table: "u32",
    greedyShare: "f32",
    noise: "f32",
    uniformShare: "f32",
  },
  ownRows: ["policy"],
  ownRowsWithoutTable: ["values"],
  threads: { rows: ROWS.next, fourRows: () => 4 },
  example: ({ actions, rowCapacity, tableRows, choose }) => {
    const table = choose([0, 1]);
    const noise = choose([0, 0.05, 1]);
    return {
      numbers: {
        actions,
        stride: padded(actions),
        table,
        greedyShare: 1 - noise,
        noise,
        uniformShare: noise / actions,
      },
      buffers: {
        values: matrix(
          table ? tableRows : rowCapacity,
          actions,
          choose([0, 1]) ? "masked" : "tensor",
        ),
        policy: matrix(rowCapacity, actions),
      },
    };
  },
  run({ values, policy }, numbers, plan) {
    const { actions, stride, table, greedyShare, noise, uniformShare } =
      numbers;
    const { fround } = Math;
    const [first, end] = rowRange(ROWS.next, plan);
    for (let r = first; r < end; r++) {
      const row = (table ? plan.rows[r] : r) * stride;
      let best = 0;
      let largest = FORBIDDEN;
      let allowed = 0;
      for (let a = 0; a < actions; a++) {
        const value = values[row + a];
        if (value === FORBIDDEN) continue;
        allowed++;
        if (largest === FORBIDDEN || value > largest) {
          largest = value;
          best = a;
        }
      }
      const share = equalPart(allowed, actions, noise, uniformShare);
      for (let a = 0; a < stride; a++) {
        const isThere = a < actions && values[row + a] !== FORBIDDEN;
        const part = isThere ? share : 0;
        policy[r * stride + a] = flush(
          a === best ? fround(greedyShare + part) : part,
        );
      }
    }
  },
});
