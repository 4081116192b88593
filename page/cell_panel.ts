/**
 * What is known of a cell.
 *
 * @module
 */
import { decimal, group, orDash, percent } from "../src/report/numbers.ts";
import { html } from "./dom.ts";
import type { CellView, WorldView } from "./messages.ts";
import { policyName } from "./numbers_table.ts";

/** Directions for people, by degrees clockwise from up. */
const WAYS: Readonly<Record<number, string>> = {
  0: "↑ up",
  90: "→ right",
  180: "↓ down",
  270: "← left",
};

/** Draws the panel. */
export function drawCell(
  root: HTMLElement,
  world: WorldView,
  cell: CellView,
): void {
  const { state, counts, outputs, worth, best } = cell;
  const { drawing, unsafe, visits } = world;
  const place = drawing
    ? `Cell ${drawing.cells[state].join(", ")}`
    : `State ${state}`;
  const way = (action: number) =>
    (drawing && WAYS[drawing.directions[action]]) ?? `action ${action}`;
  const rows = counts.map((count, action) =>
    html(
      "tr",
      {},
      html("th", { scope: "row" }, way(action)),
      html("td", {}, group(count)),
      ...(outputs ? [html("td", {}, decimal(outputs[action], 4))] : []),
    )
  );
  const head = [
    "action",
    "times in the data",
    ...(outputs ? [cell.outputName] : []),
  ];
  const facts: [string, Node | string][] = [
    ["visits in the data", group(visits[state])],
    [
      "exact return from here",
      `${orDash(worth.value, decimal)} (optimum ${
        orDash(best.value, decimal)
      })`,
    ],
    ...(unsafe
      ? [[
        `${unsafe} from here`,
        html(
          "output",
          {
            "data-exact": `${worth.unsafe}`,
            "data-state": state,
            "data-of": cell.policy,
            id: "hazard-here",
          },
          `${orDash(worth.unsafe, percent)} (optimum ${
            orDash(best.unsafe, percent)
          })`,
        ),
      ] as [string, Node]]
      : []),
  ];
  root.replaceChildren(
    html(
      "p",
      {},
      html("strong", {}, place),
      `, policy ${policyName(cell.policy)}`,
    ),
    html(
      "dl",
      {},
      ...facts.flatMap((
        [name, value],
      ) => [html("dt", {}, name), html("dd", {}, value)]),
    ),
    html(
      "table",
      {},
      html(
        "thead",
        {},
        html(
          "tr",
          {},
          ...head.map((name) => html("th", { scope: "col" }, name)),
        ),
      ),
      html("tbody", {}, ...rows),
    ),
  );
}
