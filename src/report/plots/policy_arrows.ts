/**
 * What a policy does in each cell.
 *
 * @module
 */

import {
  cellRows,
  cellStep,
  type Grid,
  gridPosition,
  gridSize,
  markLayer,
} from "./grid.ts";
import { idOf, renderPlot } from "./render.ts";
import { gridInk, ink } from "./theme.ts";

/** Degrees, clockwise from up, of the actions 0 … 3: y + 1, x + 1, y - 1, x - 1. */
const directions = [0, 90, 180, 270];
/** Points upwards in a square from -1 to 1. */
const arrow = "M0,-1L0.62,-0.1L0.18,-0.1L0.18,1L-0.18,1L-0.18,-0.1L-0.62,-0.1Z";

/**
 * Draws the action of a policy in each cell as an arrow: dark where the data have been, pale
 * where the policy had nothing to learn from. Goal and hazards end an episode and have none.
 *
 * @param name The policy's name.
 * @param grid The grid.
 * @param actions [size · size], cell (x, y) at `x * size + y`: the action, 0 … 3.
 * @param visits In the same layout: transitions of the data that begin in the cell.
 * @returns SVG text.
 */
export function plotPolicyArrows(
  name: string,
  grid: Grid,
  actions: ArrayLike<number>,
  visits: ArrayLike<number>,
): Promise<string> {
  const ends = new Set(
    [grid.goal, ...grid.hazards].map(([x, y]) => x * grid.size + y),
  );
  const rows = cellRows(grid.size, actions)
    .map(({ x, y, value }, i) => ({
      x,
      y,
      angle: directions[value],
      seen: visits[i] > 0,
      end: ends.has(i),
    }))
    .filter(({ end }) => !end);
  return renderPlot(
    `policy-${idOf(name)}`,
    `Greedy action of ${name} in each cell`,
    {
      title: {
        text: `What ${name} does`,
        subtitle:
          "Greedy action in each cell; pale where the data have never been",
      },
      ...gridSize(grid),
      layer: [
        {
          data: { values: cellRows(grid.size, actions) },
          mark: {
            type: "rect",
            filled: false,
            stroke: gridInk,
            strokeWidth: 1,
          },
          encoding: gridPosition(grid),
        },
        markLayer(grid),
        {
          data: { values: rows },
          mark: {
            type: "point",
            filled: true,
            shape: arrow,
            size: (cellStep(grid) * 0.5) ** 2,
          },
          encoding: {
            ...gridPosition(grid),
            angle: { field: "angle", type: "quantitative", scale: null },
            color: { value: ink },
            opacity: {
              condition: { test: "datum.seen", value: 0.9 },
              value: 0.25,
            },
          },
        },
      ],
    },
  );
}
