/**
 * Where the data have been.
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
import { isEnd } from "./policy_arrows.ts";
import { renderPlot } from "./render.ts";
import { mutedInk } from "./theme.ts";

/**
 * Draws how often the data visit each cell, with start, goal and hazards.
 *
 * @param grid The grid.
 * @param visits [S] transitions that begin in it.
 * @returns SVG text.
 */
export function plotStateVisitation(
  grid: Grid,
  visits: ArrayLike<number>,
): Promise<string> {
  const rows = cellRows(grid, visits);
  const ends = isEnd(grid);
  const most = Math.max(1, ...rows.map(({ value }) => value));
  return renderPlot(
    "state-visitation",
    "Visits of each cell of the grid in the data",
    {
      title: {
        text: "Where the data have been",
        subtitle: "Transitions that begin in each cell; dots: none",
      },
      ...gridSize(grid),
      layer: [
        {
          data: { values: rows.filter(({ value }) => value > 0) },
          mark: { type: "rect" },
          encoding: {
            ...gridPosition(grid),
            color: {
              field: "value",
              type: "quantitative",
              title: "visits (log)",
              // Visits fall off by orders of magnitude away from the usual path.
              scale: {
                type: "log",
                domain: [1, most],
                range: ["#e8eef5", "#8fb3d4", "#123a63"],
              },
              legend: { gradientLength: 150, tickCount: 4, format: ",d" },
            },
          },
        },
        ...markLayers(grid),
        {
          data: {
            values: rows.filter(({ value }, i) => value === 0 && !ends[i]),
          },
          mark: { type: "point", filled: true, size: 14, opacity: 1 },
          encoding: { ...gridPosition(grid), fill: { value: mutedInk } },
        },
      ],
    },
  );
}
