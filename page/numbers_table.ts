/**
 * The table of policies: exact values beside what rollouts and the data would have said.
 *
 * @module
 */
import { decimal, orDash, percent } from "../src/report/numbers.ts";
import { html } from "./dom.ts";
import {
  type DataView,
  type PolicyView,
  REFERENCE,
  type WorldView,
} from "./messages.ts";

/** A row: a policy and, of a learner, what the data say of it. */
export interface Row {
  readonly policy: PolicyView;
  readonly data?: DataView;
  /** Steps trained, of how many; absent for a reference or a finished learner. */
  readonly progress?: readonly [step: number, steps: number];
}

/** Names of the references for people. */
const REFERENCES: Readonly<Record<string, string>> = {
  behaviour: "behaviour policy",
  mostFrequentAction: "most frequent action",
  maximumLikelihoodModel: "model of counts",
  spibb: "SPIBB",
  optimal: "optimum",
};

/** A policy's name for people. */
export function policyName(name: string): string {
  if (!name.startsWith(REFERENCE)) return name;
  const own = name.slice(REFERENCE.length);
  return REFERENCES[own] ?? own;
}

/** Draws the table. */
export function drawNumbers(
  table: HTMLTableElement,
  world: WorldView,
  rows: readonly Row[],
): void {
  const unsafe = world.unsafe;
  const head = [
    "policy",
    "exact return",
    ...(unsafe ? [`exact ${unsafe}`] : []),
    "30 rollouts said",
    "the data alone say",
  ];
  const cell = (main: string, below: string) => {
    const parts = [main, ...(below === "" ? [] : [html("small", {}, below)])];
    return html("td", {}, ...parts);
  };
  const best = world.references.optimal?.worth;
  const lines = rows.map(({ policy, data, progress }) => {
    const { worth, rollouts, name } = policy;
    const gap = best && best.value !== null && worth.value !== null
      ? best.value - worth.value
      : null;
    const below = progress ? `step ${progress[0]} of ${progress[1]}` : "";
    return html(
      "tr",
      { class: name.startsWith(REFERENCE) ? "reference" : "learner" },
      html(
        "th",
        { scope: "row" },
        policyName(name),
        ...(below ? [html("small", {}, below)] : []),
      ),
      cell(
        orDash(worth.value, decimal),
        gap === null || gap < 5e-3 ? "" : `${decimal(gap)} below the optimum`,
      ),
      ...(unsafe ? [cell(orDash(worth.unsafe, percent), "")] : []),
      rollouts === null ? cell("–", "") : cell(
        `${decimal(rollouts.mean)} (${range(rollouts.interval, decimal)})`,
        unsafe
          ? `${unsafe} ${percent(rollouts.unsafe)} (${
            range(rollouts.unsafeInterval, percent)
          })`
          : "",
      ),
      dataCell(data, unsafe),
    );
  });
  table.replaceChildren(
    html(
      "thead",
      {},
      html("tr", {}, ...head.map((name) => html("th", { scope: "col" }, name))),
    ),
    html("tbody", {}, ...lines),
  );
}

/** Whether the data support the policy comes before any number. */
function dataCell(data: DataView | undefined, unsafe: string | null) {
  if (!data) return html("td", {}, "–");
  const lines = data.estimates.map(({ name, value, interval, unsafe: bad }) =>
    html(
      "small",
      {},
      `${name}: ${orDash(value, decimal)}${
        interval ? ` (${range(interval, decimal)})` : ""
      }${
        unsafe && bad !== null ? `, ${unsafe} ${percent(Math.max(0, bad))}` : ""
      }`,
    )
  );
  const [reason] = data.reasons;
  return html(
    "td",
    {},
    html("strong", {}, data.support),
    ...(reason ? [html("small", {}, reason)] : []),
    ...lines,
  );
}

function range(
  [low, high]: readonly [number, number],
  write: (value: number) => string,
): string {
  return `${write(low)} to ${write(high)}`;
}
