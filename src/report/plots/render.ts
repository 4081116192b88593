/**
 * From a Vega-Lite specification to SVG text, without a browser and with the same bytes on
 * every machine.
 *
 * @module
 */

import type { TopLevelSpec } from "vega-lite";
import { visible } from "../../visible.ts";
import { theme } from "./theme.ts";
import { textWidth } from "./text_width.ts";

/** A Vega-Lite 6 specification whose data stand in it; the theme is added. */
export type PlotSpec = TopLevelSpec;

/** Loads Vega on first use: it takes a tenth of a second, which `--help` should not wait for. */
async function loadVega() {
  const [vega, vegaLite] = await Promise.all([
    import("vega"),
    import("vega-lite"),
  ]);
  // Vega measures text on a canvas where the platform has one and guesses elsewhere; a
  // table of widths makes the layout the same on both.
  Object.assign((vega as unknown as { textMetrics: object }).textMetrics, {
    width: textWidth,
  });
  return { vega, vegaLite };
}

/** A warning of Vega's is a defect of a specification, and stops. */
const strictLogger = {
  level: () => strictLogger,
  error: (...message: unknown[]) => fail(message),
  warn: (...message: unknown[]) => fail(message),
  info: () => strictLogger,
  debug: () => strictLogger,
};

function fail(message: unknown[]): never {
  throw new Error(`Vega: ${message.join(" ")}`);
}

/**
 * Draws a plot.
 *
 * @param id Lower-case name, unique among the plots of a page: begins the ids inside the SVG.
 * @param label What the picture shows, for those who cannot see it.
 * @param spec What to draw.
 * @returns SVG text, ending with a newline.
 */
export async function renderPlot(
  id: string,
  label: string,
  spec: PlotSpec,
): Promise<string> {
  const { vega, vegaLite } = await loadVega();
  const compiled =
    vegaLite.compile(spec, { config: theme, logger: strictLogger }).spec;
  const view = new vega.View(vega.parse(compiled), {
    renderer: "none",
    logger: strictLogger,
  });
  // Vega escapes what would be markup, and nothing else.
  const svg = visibleLines(await view.toSVG());
  view.finalize();
  const root = `<svg role="img" aria-label="${escapeXml(label)}" `;
  return `${ownIds(id, svg).replace("<svg ", () => root)}\n`;
}

/** Vega numbers gradients and clips over all plots that a process draws; here, over one. */
function ownIds(id: string, svg: string): string {
  const names = new Map<string, string>();
  for (const [, name] of svg.matchAll(/ id="([^"]+)"/g)) {
    names.set(name, `${id}-${names.size + 1}`);
  }
  return svg
    .replaceAll(/ id="([^"]+)"/g, (_, name) => ` id="${names.get(name)}"`)
    .replaceAll(/url\(#([^)]+)\)/g, (_, name) => `url(#${names.get(name)})`);
}

/**
 * Writes text so that XML and HTML take it for text, in elements and in quoted attributes.
 *
 * @param text Anything; characters that are not seen become visible, except line ends and tabs.
 */
export function escapeXml(text: string): string {
  const names: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return visibleLines(text).replaceAll(
    /[&<>"']/g,
    (character) => names[character],
  );
}

function visibleLines(text: string): string {
  return text.replaceAll(/[^\n\t]+/g, (part) => visible(part, Infinity));
}

/** A name as an id: lower-case letters, digits and hyphens. */
export function idOf(name: string): string {
  return name.replaceAll(/([a-z])([A-Z])/g, "$1-$2").toLowerCase().replaceAll(
    /[^a-z0-9]+/g,
    "-",
  );
}

/**
 * Puts something into a picture, over all that is there, in the coordinates of its plot.
 *
 * @param svg From {@link renderPlot}.
 * @param markup Elements of SVG.
 */
export function insideSvg(svg: string, markup: string): string {
  const end = svg.lastIndexOf("</g></svg>");
  return svg.slice(0, end) + markup + svg.slice(end);
}

/** Where the plot of a picture begins, and how large the picture is, in pixels. */
export function placeInSvg(
  svg: string,
): { left: number; top: number; width: number; height: number } {
  const [, width, height] = / width="(\d+)" height="(\d+)"/.exec(svg)!;
  const [, left, top] = / transform="translate\(([\d.]+),([\d.]+)\)"/.exec(
    svg,
  )!;
  return {
    left: Number(left),
    top: Number(top),
    width: Number(width),
    height: Number(height),
  };
}
