/**
 * How wide a text is, without a font: so that a plot's layout is the same on every machine.
 *
 * @module
 */

/** Widths in ems, rounded up from those of Arial and DejaVu Sans, whichever is wider. */
const narrow = 0.4; // these:
const narrowCharacters = new Set("iljtfrI.,:;'|!()[] /");
const wide = 0.95; // these:
const wideCharacters = new Set("mwMW@%—…");
const capital = 0.72;
const other = 0.62;

function emWidth(text: string): number {
  let ems = 0;
  for (const character of text) {
    if (narrowCharacters.has(character)) ems += narrow;
    else if (wideCharacters.has(character)) ems += wide;
    else ems += /\p{Lu}/u.test(character) ? capital : other;
  }
  return ems;
}

/**
 * Stands in for Vega's `textMetrics.width`.
 *
 * @param item A text mark of Vega's scene graph.
 * @param line The line to measure.
 * @returns Pixels.
 */
export function textWidth(item: { fontSize?: number }, line: unknown): number {
  const text = line === null || line === undefined ? "" : String(line).trim();
  return emWidth(text) * (item.fontSize ?? 11);
}
