/**
 * The grid: what is in its cells, how dangerous each is, what the policy does there. A mouse or a finger
 * clicks; a keyboard moves a cursor.
 *
 * @module
 */
import type { GridDrawing } from "../src/environments/define.ts";
import type { Cell } from "../src/settings.ts";
import { setAttributes, svg } from "./dom.ts";

/** What is drawn in the cells. */
export interface GridPicture {
  readonly drawing: GridDrawing;
  /** [S] from 0 to 1 decides each cell's colour; null: none. */
  readonly heat: Float64Array | null;
  /** [S] what a cell says when it is read out. */
  readonly words: (state: number) => string;
  /** [S] the policy's action; null: none is drawn. */
  readonly actions: Int32Array | null;
  /** What a cell says in writing. */
  readonly text: (state: number) => string;
  /** Whether the data say nothing of a cell, so that its arrow is a guess. */
  readonly isGuess: (state: number) => boolean;
}

/** The grid on the page. */
export interface GridView {
  /** Draws another picture. */
  draw(picture: GridPicture): void;
  /** Marks the chosen cell; null: none. */
  choose(state: number | null): void;
  /** Shows the agent on a cell; null: nowhere. */
  place(state: number | null): void;
  /** Draws a path of cells; empty: none. */
  trace(states: readonly number[]): void;
}

/** Length of a cell's side. */
const SIDE = 40;

/**
 * Makes the grid in an SVG element of the page.
 *
 * @param onCell Called with the state of a cell that is clicked or chosen by Enter or the space bar.
 * @param onCursor Called with what the cell under the cursor says.
 */
export function gridView(
  root: SVGSVGElement,
  onCell: (state: number) => void,
  onCursor: (words: string) => void,
): GridView {
  let picture: GridPicture | undefined;
  let stateAt = new Map<string, number>();
  let cells: SVGRectElement[] = [];
  let arrows: SVGPathElement[] = [];
  let numbers: SVGTextElement[] = [];
  let cursor = 0;
  let shown = "";
  const chosen = svg("rect", { class: "chosen", width: SIDE, height: SIDE });
  const cursorMark = svg("rect", {
    class: "cursor",
    width: SIDE,
    height: SIDE,
  });
  const agent = svg("circle", { class: "agent", r: SIDE * 0.26 });
  const path = svg("polyline", { class: "path", points: "" });
  for (const mark of [chosen, agent]) mark.style.display = "none";

  const corner = (state: number): Cell => {
    const { cells, height } = picture!.drawing;
    const [x, y] = cells[state];
    return [x * SIDE, (height - 1 - y) * SIDE];
  };
  const middle = (state: number): Cell => {
    const [x, y] = corner(state);
    return [x + SIDE / 2, y + SIDE / 2];
  };
  const move = (mark: SVGRectElement, state: number) => {
    const [x, y] = corner(state);
    setAttributes(mark, { x, y });
  };

  /** Everything anew: another world. */
  function build({ drawing }: GridPicture): void {
    const { width, height } = drawing;
    setAttributes(root, {
      viewBox: `-2 -2 ${width * SIDE + 4} ${height * SIDE + 4}`,
    });
    stateAt = new Map(drawing.cells.map((cell, state) => [cell.join(), state]));
    cells = drawing.cells.map((_, state) => {
      const [x, y] = corner(state);
      return svg("rect", { class: "cell", x, y, width: SIDE, height: SIDE });
    });
    arrows = drawing.cells.map(() => svg("path", { class: "arrow" }));
    numbers = drawing.cells.map((_, state) => {
      const [x, y] = middle(state);
      return svg("text", { class: "number", x, y: y + SIDE * 0.42 });
    });
    const marks = [
      ...signs(drawing.hazards, "hazard", "✕"),
      ...signs(drawing.goals, "goal", "★"),
      ...signs(drawing.starts, "start", "S"),
    ];
    const walls = (drawing.walls ?? []).map(([a, b]) => wall(a, b));
    cursor = stateAt.get(drawing.starts[0]?.join() ?? "") ?? 0;
    root.replaceChildren(
      ...cells,
      ...walls,
      path,
      ...arrows,
      ...marks,
      ...numbers,
      chosen,
      cursorMark,
      agent,
    );
    move(cursorMark, cursor);
  }

  function signs(at: readonly Cell[], kind: string, sign: string) {
    return at.flatMap((cell) => {
      const state = stateAt.get(cell.join());
      if (state === undefined) return [];
      cells[state].classList.add(kind);
      const [x, y] = middle(state);
      return [svg("text", { class: `sign ${kind}`, x, y }, sign)];
    });
  }

  function wall([x1, y1]: Cell, [x2, y2]: Cell) {
    const { height } = picture!.drawing;
    const x = (x1 + x2 + 1) / 2 * SIDE;
    const y = (height - (y1 + y2 + 1) / 2) * SIDE;
    const [dx, dy] = x1 === x2 ? [SIDE / 2, 0] : [0, SIDE / 2];
    return svg("line", {
      class: "wall",
      x1: x - dx,
      y1: y - dy,
      x2: x + dx,
      y2: y + dy,
    });
  }

  function draw(next: GridPicture): void {
    picture = next;
    const { drawing, heat, actions } = next;
    const world = JSON.stringify(drawing);
    if (world !== shown) {
      shown = world;
      build(next);
    }
    const ends = new Set(
      [...drawing.hazards, ...drawing.goals].map((cell) =>
        stateAt.get(cell.join())
      ),
    );
    cells.forEach((cell, state) => {
      const part = heat ? Math.min(1, Math.max(0, heat[state])) : 0;
      cell.style.setProperty("--heat", `${(100 * part).toFixed(1)}%`);
      const isActedIn = actions !== null && !ends.has(state);
      const arrow = isActedIn
        ? arrowOf(drawing.directions[actions[state]], middle(state))
        : "";
      if (arrows[state].getAttribute("d") !== arrow) {
        arrows[state].setAttribute("d", arrow);
      }
      arrows[state].classList.toggle("guess", next.isGuess(state));
      numbers[state].textContent = ends.has(state) ? "" : next.text(state);
    });
  }

  function choose(state: number | null): void {
    chosen.style.display = state === null ? "none" : "";
    if (state !== null) move(chosen, state);
  }

  root.addEventListener("click", (event) => {
    const state = cells.indexOf(event.target as SVGRectElement);
    if (state < 0) return;
    cursor = state;
    move(cursorMark, cursor);
    onCell(state);
  });
  root.addEventListener("keydown", (event) => {
    if (!picture) return;
    const step = {
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
    }[
      event.key
    ];
    if (step) {
      const [x, y] = picture.drawing.cells[cursor];
      const next = stateAt.get([x + step[0], y + step[1]].join());
      if (next !== undefined) cursor = next;
      move(cursorMark, cursor);
      onCursor(picture.words(cursor));
    } else if (event.key === "Enter" || event.key === " ") onCell(cursor);
    else return;
    event.preventDefault();
  });
  root.addEventListener(
    "focus",
    () => picture && onCursor(picture.words(cursor)),
  );

  return {
    draw,
    choose,
    place(state) {
      agent.style.display = state === null ? "none" : "";
      if (state === null) return;
      const [x, y] = middle(state);
      agent.style.transform = `translate(${x}px, ${y}px)`;
    },
    trace(states) {
      const points = states.map((state) => middle(state).join()).join(" ");
      setAttributes(path, { points });
    },
  };
}

/** An arrow in the middle of a cell, in degrees clockwise from up. */
function arrowOf(degrees: number, [x, y]: Cell): string {
  const turn = (along: number, aside: number) => {
    const angle = degrees * Math.PI / 180;
    const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
    const right = along * sin + aside * cos;
    const up = along * cos - aside * sin;
    return `${(x + right * SIDE).toFixed(1)},${(y - up * SIDE).toFixed(1)}`;
  };
  return `M${turn(-0.24, 0)}L${turn(0.24, 0)}M${turn(0.08, -0.14)}L${
    turn(0.24, 0)
  }L${turn(0.08, 0.14)}`;
}
