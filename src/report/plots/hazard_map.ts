/**
 * How dangerous each cell is under a policy.
 *
 * @module
 */

import {
  cellRows,
  type Grid,
  gridPosition,
  gridSize,
  markLayers,
} from "./grid.ts";
import { arrowLayer, isEnd } from "./policy_arrows.ts";
import { idOf, renderPlot } from "./render.ts";
import { withArticle } from "../numbers.ts";
import { drawnProbability, probabilityScale } from "./value_scale.ts";

/**
 * Draws the exact probability of what is unsafe from each cell, on one scale for all
 * policies, with the policy's arrows over it.
 *
 * @param name The policy's name.
 * @param grid The grid.
 * @param probabilities [S] probability that it
 *   happens in an episode that begins there.
 * @param actions [S] the action.
 * @param visits [S] transitions of the data that begin in the cell.
 * @returns SVG text.
 */
export function plotHazardMap(
  name: string,
  grid: Grid,
  probabilities: ArrayLike<number>,
  actions: ArrayLike<number>,
  visits: ArrayLike<number>,
): Promise<string> {
  const { scale, axis } = probabilityScale();
  const ends = isEnd(grid);
  const values = cellRows(grid, probabilities)
    .map((row) => ({ ...row, value: drawnProbability(row.value) }))
    .filter((_, i) => !ends[i]);
  const label = `Probability of ${
    withArticle(grid.unsafe)
  } under ${name} from each cell`;
  return renderPlot(`hazard-${idOf(name)}`, label, {
    title: {
      text: `Where ${name} is in danger`,
      subtitle: `Exact probability of ${
        withArticle(grid.unsafe)
      } when starting in each cell`,
    },
    ...gridSize(grid),
    layer: [
      {
        data: { values },
        mark: { type: "rect" },
        encoding: {
          ...gridPosition(grid),
          color: {
            field: "value",
            type: "quantitative",
            title: `${grid.unsafe} (log)`,
            scale: {
              ...scale,
              range: ["#fff8ee", "#fde0b5", "#f8bb75", "#ee8f3c", "#d55e00"],
              interpolate: "rgb",
            },
            legend: { ...axis, gradientLength: 180 },
          },
        },
      },
      ...markLayers(grid),
      arrowLayer(grid, actions, visits),
    ],
  });
}
