/**
 * What the grid's colours mean.
 *
 * @module
 */
import { html } from "./dom.ts";

/** Draws some of them with their values, and a word. */
export function drawLegend(
  root: HTMLElement,
  parts: readonly (readonly [part: number, words: string])[],
  words: string,
): void {
  const distinct = parts.filter(([, words], i) =>
    i === 0 || words !== parts[i - 1][1]
  );
  const swatches = distinct.map(([part, words]) => {
    const swatch = html("span", { class: "swatch" });
    swatch.style.setProperty("--heat", `${100 * Math.sqrt(part)}%`);
    return html("span", {}, swatch, words);
  });
  root.replaceChildren(...swatches, html("span", {}, words));
}
