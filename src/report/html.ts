/**
 * HTML in which text is always text: a template that escapes what is put into it, and the
 * page around every report. A page is one file, works without scripts and without a network,
 * and follows the reader's choice of light or dark.
 *
 * @module
 */

import { escapeXml } from "./plots/render.ts";
import { gridInk, ink, mutedInk } from "./plots/theme.ts";

/** Markup, as distinct from text that has yet to be escaped. */
export interface Html {
  /** The markup. */
  readonly markup: string;
}

/** What a template takes: text and numbers are escaped, markup is not. */
export type HtmlPart = string | number | Html | readonly Html[];

/** Builds markup; every part that is not markup itself is escaped. */
export function fragment(
  strings: TemplateStringsArray,
  ...parts: HtmlPart[]
): Html {
  const markup = strings.map((string, i) =>
    string + (i < parts.length ? markupOf(parts[i]) : "")
  );
  return { markup: markup.join("") };
}

function markupOf(part: HtmlPart): string {
  if (typeof part === "string" || typeof part === "number") {
    // A number and its percent sign stay on one line.
    return escapeXml(String(part)).replaceAll(" %", "\u00a0%");
  }
  return "markup" in part
    ? part.markup
    : part.map(({ markup }) => markup).join("\n");
}

/**
 * A plot in a page, as wide as there is room.
 *
 * @param svg From one of the plots: its texts are escaped, its ids are its own.
 */
export function figure(svg: string): Html {
  return { markup: `<figure>${svg.trimEnd()}</figure>` };
}

/** Rows of a table that belong together. */
export interface RowGroup {
  /** Stands above them; none for a table of one group. */
  readonly title?: string;
  /** As many cells each as the table has columns. */
  readonly rows: readonly (readonly HtmlPart[])[];
}

/**
 * A table; the first column is text, the others are numbers.
 *
 * @param head Names of the columns.
 * @param groups The rows; groups without rows are left out.
 */
export function table(
  head: readonly string[],
  ...groups: readonly RowGroup[]
): Html {
  const heads = head.map((name) => fragment`<th scope="col">${name}</th>`);
  const bodies = groups.filter(({ rows }) => rows.length > 0).map(
    ({ title, rows }) => {
      const above = title === undefined ? [] : [groupTitle(title, head.length)];
      const lines = rows.map((row) => tableRow(head, row));
      return fragment`<tbody>\n${[...above, ...lines]}\n</tbody>`;
    },
  );
  const inner = fragment`<thead><tr>${heads}</tr></thead>\n${bodies}`;
  return fragment`<div class="scroll"><table>\n${inner}\n</table></div>`;
}

function groupTitle(title: string, columns: number): Html {
  return fragment`<tr><th scope="rowgroup" class="group" colspan="${columns}">${title}</th></tr>`;
}

/** On a narrow screen each cell shows its column's name. */
function tableRow(
  [, ...heads]: readonly string[],
  [first, ...numbers]: readonly HtmlPart[],
): Html {
  const cells = numbers.map((cell, i) =>
    fragment`<td data-head="${heads[i]}">${cell}</td>`
  );
  return fragment`<tr><th scope="row">${first}</th>${cells}</tr>`;
}

/** Paragraphs of plain text. */
export function paragraphs(...texts: readonly string[]): Html {
  return fragment`${texts.map((text) => fragment`<p>${text}</p>`)}`;
}

/** What a reader must not miss, in the head of a page: one sentence each, without a full stop. */
export function alarms(sentences: readonly string[]): Html {
  return fragment`${
    sentences.map((text) =>
      fragment`<p class="alarm">${text[0].toUpperCase()}${text.slice(1)}.</p>`
    )
  }`;
}

/** A part of a report under a heading. */
export interface Section {
  /** The heading. */
  readonly heading: string;
  /** What stands under it. */
  readonly content: readonly Html[];
}

/**
 * A plot beside the words that explain it.
 *
 * @param picture From one of the plots, or such a figure.
 * @param heading Of the words.
 * @param texts Paragraphs of plain text, or what stands between them.
 */
export function beside(
  picture: string | Html,
  heading: string,
  ...texts: readonly (string | Html)[]
): Html {
  const words = texts.map((text) =>
    typeof text === "string" ? paragraphs(text) : text
  );
  return fragment`<div class="beside">${
    typeof picture === "string" ? figure(picture) : picture
  }\n<div><h3>${heading}</h3>\n${words}</div></div>`;
}

/**
 * A whole page.
 *
 * @param title Of the page.
 * @param lead What stands under the title.
 * @param sections The rest, with a list of contents.
 * @returns HTML text, ending with a newline.
 */
export function page(
  title: string,
  lead: Html,
  sections: readonly Section[],
): string {
  const contents = sections.map(({ heading }, i) =>
    fragment`<a href="#s${i + 1}">${heading}</a>`
  );
  const body = sections.map(({ heading, content }, i) =>
    fragment`<section id="s${i + 1}">
<h2>${heading}</h2>
${content}
</section>`
  );
  return fragment`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header>
<h1>${title}</h1>
${lead}
<nav>${contents}</nav>
</header>
<main>
${body}
</main>
</body>
</html>
`.markup;
}

/** The page loads nothing and runs nothing. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

/** Exchanges a colour of the plots, by value, for one that shows on a dark page. */
function exchange(from: string, to: string): string {
  return `figure svg [fill="${from}"]{fill:${to}}figure svg [stroke="${from}"]{stroke:${to}}`;
}

const style = `
:root{--ink:${ink};--muted:${mutedInk};--line:${gridInk};--paper:#fff;--panel:#f6f7f9;--accent:#0072b2}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
header,main{max-width:1180px;margin:0 auto;padding:0 24px}
header{padding-top:32px}
h1{font-size:1.8rem;line-height:1.2;margin:0 0 8px}
h2{font-size:1.3rem;margin:48px 0 12px;padding-top:16px;border-top:1px solid var(--line)}
h3{font-size:1.05rem;margin:0 0 8px}
p{margin:0 0 12px;max-width:70ch}
nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:16px 0 0}
a{color:var(--accent)}
header p{color:var(--muted)}
header .alarm{color:var(--ink);background:var(--panel);border-left:4px solid #d55e00;padding:8px 14px;max-width:calc(70ch + 18px)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:12px;margin:20px 0}
.card{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:14px 16px}
.card h3{color:var(--muted);font-weight:500}
.card strong{display:block;font-size:1.55rem;line-height:1.25;font-variant-numeric:tabular-nums}
.card span{display:block;color:var(--muted);font-size:.9rem}
.card .range{border-top:1px solid var(--line);margin-top:8px;padding-top:8px}
.scroll{overflow-x:auto;margin:0 0 16px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.93rem;min-width:100%}
th,td{padding:6px 9px;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap;vertical-align:top}
th:first-child,td:first-child{text-align:left;padding-left:0}
th:last-child,td:last-child{padding-right:0}
td small{display:block;color:var(--muted);font-size:.85em}
thead th{color:var(--muted);font-weight:500;vertical-align:bottom;white-space:normal}
tbody th{font-weight:500}
tbody th.group{color:var(--muted);padding-top:16px}
.beside{display:grid;grid-template-columns:minmax(0,3fr) minmax(0,2fr);gap:8px 32px;align-items:start;margin:0 0 28px}
.beside>div{padding-top:12px}
figure{margin:0;overflow-x:auto}
figure svg{display:block;max-width:100%;height:auto}
figure svg>rect{fill:none}
.cells{position:relative;display:grid;grid-template-columns:minmax(0,1fr)}
.cells figure{grid-area:1/1}
.cells label{display:contents}
.cells input{appearance:none;position:absolute;grid-area:1/1/2/2;margin:0;left:calc(var(--l) + var(--x)*var(--w));top:calc(var(--t) + var(--y)*var(--h));width:var(--w);height:var(--h);cursor:pointer}
.cells input:hover,.cells input:checked,.cells input:focus-visible{outline:3px solid #000;box-shadow:inset 0 0 0 2px #fff}
.cells p,.cells span{grid-area:2/1;font-size:.9rem;color:var(--muted);margin:0;font-variant-numeric:tabular-nums}
.cells b{color:var(--ink)}
.cells span,.cells:has(input:checked,input:hover,input:focus-visible) p,.cells:has(input:hover) input:not(:hover)+span{visibility:hidden}
.cells input:checked+span,.cells input:focus-visible+span,.cells input:hover+span{visibility:visible}
.walks label{font-size:.9rem;color:var(--muted)}
.walks:has(input:checked) svg g{animation-play-state:paused}
@media (prefers-reduced-motion:reduce){.walks label{display:none}}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:4px 18px;margin:0 0 16px;max-width:90ch}
dt{font-weight:500}
dd{margin:0;color:var(--muted)}
pre{background:var(--panel);border:1px solid var(--line);border-radius:8px;padding:14px 16px;overflow-x:auto;font-size:.85rem;line-height:1.45}
code,.hash{font-family:ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.85em}
main{padding-bottom:64px}
.value{display:inline-block;max-width:36ch;white-space:normal;overflow-wrap:anywhere}
@media (max-width:860px){.beside{grid-template-columns:minmax(0,1fr)}header,main{padding-left:16px;padding-right:16px}dl{grid-template-columns:minmax(0,1fr)}dd{margin-bottom:6px}}
@media screen and (max-width:1140px){table{font-size:.86rem}th,td{padding:6px}}
@media screen and (max-width:640px){
thead{display:none}
tr{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:2px 16px;padding:8px 0;border-bottom:1px solid var(--line)}
tbody th{grid-column:1/-1}
th,td{border:0;padding:2px 0;text-align:left;white-space:normal;overflow-wrap:anywhere}
td:empty{display:none}
td:has(.hash){grid-column:1/-1}
td::before{content:attr(data-head);display:block;color:var(--muted);font-size:.8rem}
}
@media screen and (prefers-color-scheme:dark){
:root{--ink:#e6e9ef;--muted:#a3adbb;--line:#363d49;--paper:#14171c;--panel:#1c2027;--accent:#6cb8ea}
${exchange(ink, "#e6e9ef")}
${exchange(mutedInk, "#a3adbb")}
${exchange(gridInk, "#363d49")}
}
@media print{
body{font-size:10pt}
.beside,.card,tr{break-inside:avoid}
h2,h3{break-after:avoid}
nav,.cells p,.cells label,.walks label{display:none}
.scroll,figure{overflow:visible}
figure svg{width:auto;max-height:17cm}
table{font-size:7.5pt}
th,td{padding:3px 4px;white-space:normal}
.hash{overflow-wrap:anywhere}
pre{white-space:pre-wrap}
}
`;
