/**
 * What a page about several runs has in common with one about several studies.
 *
 * @module
 */
import {
  fragment,
  type Html,
  paragraphs,
  type Section,
  table,
} from "../html.ts";
import { configDifferences, equalityWords } from "./differences.ts";

/** A finished run or study. */
export interface ComparedFolder {
  /** What it is called, unlike the others. */
  readonly label: string;
  /** Its configuration, as its file has it. */
  readonly config: unknown;
  /** What made it, by what it is called: the same names in all. */
  readonly made: Readonly<Record<string, string>>;
  /** SHA-256 of its files, by path. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** Characters of a hash that are shown. */
const HASH = 16;

/** The keys of the configurations that differ. */
export function configSection(folders: readonly ComparedFolder[]): Section {
  const differences = configDifferences(folders.map(({ config }) => config));
  const rows = differences.map(({ key, values }) => [
    fragment`<code>${key}</code>`,
    ...values.map((value) =>
      value === null ? "–" : fragment`<code class="value">${value}</code>`
    ),
  ]);
  return {
    heading: "What was asked for",
    content: rows.length === 0
      ? [paragraphs("The configurations are equal in every key.")]
      : [
        table(["key", ...labelsOf(folders)], { rows }),
        paragraphs("All other keys are equal. A dash: there is no such key."),
      ],
  };
}

/** What made them. */
export function versionSection(folders: readonly ComparedFolder[]): Section {
  const rows = Object.keys(folders[0].made).map((what) => [
    what,
    ...folders.map(({ made }) => made[what]),
  ]);
  return {
    heading: "What made them",
    content: [
      table(["", ...labelsOf(folders)], { rows }),
      paragraphs(
        "Backend and device change no bit of a result; versions may. Hashes are the first digits of SHA-256.",
      ),
    ],
  };
}

/**
 * A table of hashes with their equality in words.
 *
 * @param rows [what, hash of each folder or null].
 */
export function hashTable(
  folders: readonly ComparedFolder[],
  rows: readonly (readonly [
    what: string,
    hashes: readonly (string | null)[],
  ])[],
): Html {
  return table(["", "in words", ...labelsOf(folders)], {
    rows: rows.map(([what, hashes]) => [
      what,
      equalityOf(folders, hashes),
      ...hashes.map((hash) => hash === null ? "–" : shortHash(hash)),
    ]),
  });
}

/** Which of some hashes are equal, in words; those that are null are left out. */
export function equalityOf(
  folders: readonly ComparedFolder[],
  hashes: readonly (string | null)[],
): string {
  const there = folders.filter((_, i) => hashes[i] !== null);
  return equalityWords(
    labelsOf(there),
    hashes.filter((hash) => hash !== null),
  );
}

/** The first digits. */
export function shortHash(hash: string): Html {
  return fragment`<span class="hash">${hash.slice(0, HASH)}</span>`;
}

/** What they are called. */
export function labelsOf(folders: readonly { label: string }[]): string[] {
  return folders.map(({ label }) => label);
}

/** The configuration's differences in lines for a terminal. */
export function differenceLines(folders: readonly ComparedFolder[]): string[] {
  const differences = configDifferences(folders.map(({ config }) => config));
  const shown = differences.slice(0, SHOWN).map(({ key, values }) =>
    `  ${key}: ${values.map((value) => value ?? "–").join(" | ")}`
  );
  const more = differences.length - SHOWN;
  return differences.length === 0 ? ["configurations: equal"] : [
    `configurations: ${differences.length} key${
      differences.length === 1 ? " differs" : "s differ"
    }`,
    ...shown,
    ...more > 0 ? [`  … and ${more} more, in the page`] : [],
  ];
}

/** Differences that a terminal shows. */
const SHOWN = 10;
