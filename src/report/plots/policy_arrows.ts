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
  type Layer,
  markLayers,
} from "./grid.ts";
import { idOf, renderPlot } from "./render.ts";
import { arrowInk, gridInk } from "./theme.ts";

/** Points upwards in a square from -1 to 1. */
const arrow = "M0,-1L0.62,-0.1L0.18,-0.1L0.18,1L-0.18,1L-0.18,-0.1L-0.62,-0.1Z";

/** Whether each state is one that no episode acts in: the goal, and what is unsafe. */
export function isEnd({ cells, goals, hazards }: Grid): boolean[] {
  const ends = new Set([...goals, ...hazards].map(String));
  return cells.map((cell) => ends.has(String(cell)));
}

/**
 * An arrow in each cell in which an episode can continue.
 *
 * @param grid The grid.
 * @param actions [S] the action.
 * @param visits In the same layout; arrows without visits are pale.
 */
export function arrowLayer(
  grid: Grid,
  actions: ArrayLike<number>,
  visits: ArrayLike<number>,
): Layer {
  const ends = isEnd(grid);
  const values = cellRows(grid, actions)
    .map(({ x, y, value }, i) => ({
      x,
      y,
      angle: grid.directions[value],
      seen: visits[i] > 0,
    }))
    .filter((_, i) => !ends[i]);
  return {
    data: { values },
    mark: {
      type: "point",
      filled: true,
      shape: arrow,
      size: (cellStep(grid) * 0.5) ** 2,
    },
    encoding: {
      ...gridPosition(grid),
      angle: { field: "angle", type: "quantitative", scale: null },
      fill: { value: arrowInk },
      opacity: { condition: { test: "datum.seen", value: 0.9 }, value: 0.25 },
    },
  };
}

/**
 * Draws the action of a policy in each cell as an arrow: dark where the data have been, pale
 * where the policy had nothing to learn from. Goal and hazards end an episode and have none.
 *
 * @param name The policy's name.
 * @param grid The grid.
 * @param actions [S] the action.
 * @param visits [S] transitions of the data that begin in the cell.
 * @returns SVG text.
 */
export function plotPolicyArrows(
  name: string,
  grid: Grid,
  actions: ArrayLike<number>,
  visits: ArrayLike<number>,
): Promise<string> {
  const label = `Greedy action of ${name} in each cell`;
  return renderPlot(`policy-${idOf(name)}`, label, {
    title: {
      text: `What ${name} does`,
      subtitle:
        "Greedy action in each cell; pale where the data have never been",
    },
    ...gridSize(grid),
    layer: [
      {
        data: { values: cellRows(grid, actions) },
        mark: { type: "rect", filled: false, stroke: gridInk, strokeWidth: 1 },
        encoding: gridPosition(grid),
      },
      ...markLayers(grid),
      arrowLayer(grid, actions, visits),
    ],
  });
}
