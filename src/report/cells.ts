/**
 * A picture of the grid whose cells tell their numbers: under the pointer, on a tap, and with the arrow keys,
 * without a script. Each cell is a radio button over the picture, and its words stand below.
 *
 * @module
 */
import type { GridDetails, GridPolicy } from "./grid_details.ts";
import { figure, fragment, type Html } from "./html.ts";
import { decimal, group, percent, significant } from "./numbers.ts";
import { cellStep, type Grid } from "./plots/grid.ts";
import { isEnd } from "./plots/policy_arrows.ts";
import { placeInSvg } from "./plots/render.ts";

/**
 * The picture with its cells; the picture alone where the policy has no numbers.
 *
 * @param svg A picture of the grid.
 * @param name The policy's name.
 */
export function figureWithCells(
  svg: string,
  name: string,
  details: GridDetails,
): Html {
  const policy = details.policies[name];
  if (!policy?.cells) return figure(svg);
  const { grid } = details;
  const { left, top, width, height } = placeInSvg(svg);
  const step = cellStep(grid);
  const share = (part: number, of: number) =>
    `${significant(100 * part / of, 6)}%`;
  const place = `width:min(100%,${width}px);--l:${share(left, width)};--t:${
    share(top, height)
  };--w:${share(step, width)};--h:${share(step, height)}`;
  const ends = isEnd(grid);
  // As one reads: the arrow keys follow the order of the page.
  const order = grid.cells.map((_, s) => s).sort((a, b) =>
    grid.cells[b][1] - grid.cells[a][1] || grid.cells[a][0] - grid.cells[b][0]
  );
  const cells = order.map((s) => {
    const [x, y] = grid.cells[s];
    const at = `--x:${x};--y:${grid.height - 1 - y}`;
    const words = ends[s] ? endWords(grid, s) : cellWords(details, policy, s);
    return fragment`<label><input type="radio" name="cell-${name}" style="${at}"><span><b>Cell ${x}, ${y}</b> ${words}</span></label>`;
  });
  return fragment`<div class="cells" role="radiogroup" aria-label="Cells of ${name}" style="${place}">
${figure(svg)}
<p>Point at a cell, tap it, or press Tab and the arrow keys: its numbers stand here.</p>
${cells}
</div>`;
}

function endWords({ goals, cells, unsafe }: Grid, s: number): string {
  return goals.some((goal) => `${goal}` === `${cells[s]}`) ? "goal" : unsafe;
}

function cellWords(
  { grid, visits, worth }: GridDetails,
  { actions, hazards, cells }: GridPolicy,
  s: number,
): Html {
  const { value, kind, scores } = cells!;
  const { directions } = grid;
  const words = directions.map((degrees, a) => {
    const score = scores[s * directions.length + a];
    const text = Number.isNaN(score)
      ? "excluded"
      : kind === "probabilities"
      ? percent(score)
      : significant(score, 4);
    return `${directionWord(degrees, a)} ${text}`;
  });
  const numbers = [
    directionWord(directions[actions[s]], actions[s]),
    `visits ${group(visits[s])}`,
    `exact ${worth} ${
      Number.isNaN(value[s]) ? "not defined" : decimal(value[s])
    }`,
    ...hazards ? [`${grid.unsafe} from here ${percent(hazards[s])}`] : [],
  ];
  return fragment`${numbers.join(" · ")}<br>${kind}: ${words.join(" · ")}`;
}

const DIRECTIONS: Readonly<Record<number, string>> = {
  0: "up",
  90: "right",
  180: "down",
  270: "left",
};

function directionWord(degrees: number, action: number): string {
  return DIRECTIONS[degrees] ?? `action ${action}`;
}
