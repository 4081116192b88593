/**
 * The table of policies: exact values beside what rollouts and the data would have said.
 *
 * @module
 */
import { decimal, digitsFor, orDash, percent } from "../src/report/numbers.ts";
import { html } from "./dom.ts";
import {
  type DataView,
  type PolicyView,
  REFERENCE,
  type WorldView,
} from "./messages.ts";

/** A learner's policy and what the data say of it. */
export interface Row {
  readonly policy: PolicyView;
  readonly data?: DataView;
  /** Steps trained, of how many; absent where it is finished. */
  readonly progress?: readonly [step: number, steps: number];
}

/** Names of the references for people. */
const REFERENCES: Readonly<Record<string, string>> = {
  behaviour: "behaviour policy",
  mostFrequentAction: "most frequent action",
  maximumLikelihoodModel: "plan in a model of counts",
  spibb: "SPIBB",
  optimal: "optimum",
};

/** A policy's name for people. */
export function policyName(name: string): string {
  if (!name.startsWith(REFERENCE)) return name;
  const own = name.slice(REFERENCE.length);
  return REFERENCES[own] ?? own;
}

type Range = readonly [number, number];

/** Draws the table: a group of rows for each learner, and one of the references. */
export function drawNumbers(
  table: HTMLTableElement,
  world: WorldView,
  rows: readonly Row[],
): void {
  const { unsafe } = world;
  const best = world.references.optimal?.worth.value ?? null;
  const digits = digitsFor([best]);
  const amount = (value: number) => decimal(value, digits);
  const columns = ["", "return", ...(unsafe ? [unsafe] : [])];
  const cell = (value: string, range?: string) =>
    html("td", {}, value, ...(range ? [html("small", {}, range)] : []));
  const line = (
    words: string,
    value: readonly [number | null, Range | null],
    bad: readonly [number | null, Range | null],
    kind = "",
  ) =>
    html(
      "tr",
      { class: kind },
      html("th", { scope: "row" }, words),
      cell(orDash(value[0], amount), rangeWords(value[1], amount)),
      ...(unsafe
        ? [cell(orDash(bad[0], percent), rangeWords(bad[1], percent))]
        : []),
    );

  const learner = ({ policy, data, progress }: Row) => {
    const { worth, rollouts, name } = policy;
    const gap = best === null || worth.value === null ? 0 : best - worth.value;
    const beside = progress
      ? `step ${progress[0]} of ${progress[1]}`
      : Number(gap.toFixed(digits)) <= 0
      ? "as good as the optimum"
      : `${amount(gap)} below the optimum`;
    return html(
      "tbody",
      {},
      html(
        "tr",
        { class: "head" },
        html(
          "th",
          { scope: "rowgroup", colspan: columns.length },
          name,
          html("small", {}, beside),
        ),
      ),
      line("exactly", [worth.value, null], [worth.unsafe, null], "exact"),
      ...(rollouts
        ? [
          line(
            `${rollouts.episodes} rollouts said`,
            [rollouts.mean, rollouts.interval],
            [rollouts.unsafe, rollouts.unsafeInterval],
          ),
        ]
        : []),
      ...data
        ? data.estimates.map(({ name, value, interval, unsafe }) =>
          line(`data alone: ${name}`, [value, interval], [unsafe, null])
        )
        : [],
      ...(data
        ? [html(
          "tr",
          {},
          html(
            "td",
            { colspan: columns.length },
            html(
              "strong",
              { class: data.reasons.length > 0 ? "bad" : "good" },
              data.support,
            ),
            html("small", {}, data.reasons.join("; ")),
          ),
        )]
        : []),
    );
  };
  const references = Object.values(world.references).map((
    { name, worth },
  ) => line(policyName(name), [worth.value, null], [worth.unsafe, null]));
  table.replaceChildren(
    html(
      "thead",
      {},
      html(
        "tr",
        {},
        ...columns.map((name) =>
          name === "" ? html("td") : html("th", { scope: "col" }, name)
        ),
      ),
    ),
    ...rows.map(learner),
    html(
      "tbody",
      { id: "references" },
      html(
        "tr",
        { class: "head" },
        html(
          "th",
          { scope: "rowgroup", colspan: columns.length },
          "Exactly, without training",
        ),
      ),
      ...references,
    ),
  );
}

function rangeWords(
  range: Range | null,
  write: (value: number) => string,
): string | undefined {
  // A number and its sign stay on a line.
  const [low, high] = (range ?? []).map((value) =>
    write(value).replace(" ", "\u00a0")
  );
  return range ? `${low} to ${high}` : undefined;
}
