/**
 * What the pictures of the grid share: the frame, and the marks of start, goal and hazards.
 *
 * @module
 */

import type { GridDrawing } from "../../environments/define.ts";
import type { Cell } from "../../settings.ts";
import type { PlotSpec } from "./render.ts";
import { ink, marks, paper } from "./theme.ts";

/** The grid that a picture shows, and what is unsafe in it. */
export interface Grid extends GridDrawing {
  /** Name of what happens in its hazards. */
  readonly unsafe: string;
}

/** One layer of a Vega-Lite specification. */
export type Layer = Extract<PlotSpec, { layer: unknown }>["layer"][number];

// Drawn in a square from -1 to 1, or a little more.
const ring = "M0,-1.2A1.2,1.2,0,1,1,0,1.2A1.2,1.2,0,1,1,0,-1.2Z" +
  "M0,-0.85A0.85,0.85,0,1,0,0,0.85A0.85,0.85,0,1,0,0,-0.85Z";
const star = "M0,-1.35L0.33,-0.45L1.28,-0.42L0.53,0.17L0.79,1.09" +
  "L0,0.56L-0.79,1.09L-0.53,0.17L-1.28,-0.42L-0.33,-0.45Z";
const cross =
  "M-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0L-1,-0.6Z";

/** The encodings of one layer. */
export type Encoding = NonNullable<
  Extract<Layer, { mark: unknown }>["encoding"]
>;

/** Pixels. */
const WALL_WIDTH = 4;

/** Pixels of a cell's side. */
export function cellStep({ width, height }: Grid): number {
  return Math.max(4, Math.min(32, Math.round(450 / Math.max(width, height))));
}

/** The position encodings of a layer whose data have `x` and `y`. */
export function gridPosition(
  { width, height }: Grid,
): Pick<Encoding, "x" | "y"> {
  const upTo = (length: number) => Array.from({ length }, (_, i) => i);
  const axis = {
    labelAngle: 0,
    labelOverlap: true,
    ticks: false,
    domain: false,
  } as const;
  return {
    x: {
      field: "x",
      type: "ordinal",
      title: "x",
      scale: { domain: upTo(width) },
      axis: { ...axis, labelPadding: 6 },
    },
    y: {
      field: "y",
      type: "ordinal",
      title: "y",
      // Top to bottom.
      scale: { domain: upTo(height).toReversed() },
      axis: { ...axis, titleAngle: 0, labelPadding: 6 },
    },
  };
}

/** Width and height of a picture of the grid. */
export function gridSize(
  grid: Grid,
): { width: { step: number }; height: { step: number } } {
  const step = cellStep(grid);
  return { width: { step }, height: { step } };
}

/** The layers of walls, and of starts, goals and hazards with their legend. */
export function markLayers(grid: Grid): Layer[] {
  return [...wallLayers(grid), placeLayer(grid)];
}

/** A stroke along the edge that two cells share. */
function wallLayers(grid: Grid): Layer[] {
  const half = cellStep(grid) / 2;
  // Of each pair the cell to the left or below.
  const walls = (grid.walls ?? []).map(([a, b]) => ({
    x: Math.min(a[0], b[0]),
    y: Math.min(a[1], b[1]),
    isUpright: a[1] === b[1],
  }));
  return [true, false].flatMap((isUpright): Layer[] => {
    const values = walls.filter((wall) => wall.isUpright === isUpright);
    if (values.length === 0) return [];
    return [{
      data: { values },
      mark: {
        type: "tick",
        orient: isUpright ? "vertical" : "horizontal",
        size: 2 * half + WALL_WIDTH,
        thickness: WALL_WIDTH,
        ...(isUpright ? { xOffset: half } : { yOffset: -half }),
        opacity: 1,
      },
      encoding: { ...gridPosition(grid), color: { value: ink } },
    }];
  });
}

function placeLayer(grid: Grid): Layer {
  const at = (kind: string) => ([x, y]: Cell) => ({ x, y, kind });
  const values = [
    ...grid.hazards.map(at(grid.unsafe)),
    ...grid.starts.map(at("start")),
    ...grid.goals.map(at("goal")),
  ];
  const looks = Object.entries({
    start: { colour: marks.start, shape: ring },
    goal: { colour: marks.goal, shape: star },
    [grid.unsafe]: { colour: marks.hazard, shape: cross },
  }).filter(([name]) => values.some(({ kind }) => kind === name));
  const colours = Object.fromEntries(
    looks.map(([kind, { colour }]) => [kind, colour]),
  );
  return {
    data: { values },
    mark: {
      type: "point",
      filled: true,
      opacity: 1,
      size: (cellStep(grid) * 0.55) ** 2,
      stroke: paper,
      strokeWidth: 1.5,
    },
    encoding: {
      ...gridPosition(grid),
      shape: {
        field: "kind",
        type: "nominal",
        title: null,
        scale: {
          domain: looks.map(([kind]) => kind),
          range: looks.map(([, { shape }]) => shape),
        },
        legend: { symbolStrokeWidth: 0 },
      },
      // No scale: Vega-Lite merges its legend with that of the shapes in some plots only. The
      // same expression colours the legend, where a datum has a value in place of a kind.
      fill: {
        value: {
          expr: `${JSON.stringify(colours)}[datum.kind || datum.value]`,
        },
      },
    },
  };
}

/**
 * A number for each cell.
 *
 * @param values [S] a number for each state.
 */
export function cellRows(
  { cells }: Grid,
  values: ArrayLike<number>,
): { x: number; y: number; value: number }[] {
  return cells.map(([x, y], state) => ({ x, y, value: values[state] }));
}
