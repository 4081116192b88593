/**
 * What a script shows while it works and at its end. Needs no permission: whether a stream
 * is a terminal is asked of the stream. With access to the variable TERM, a terminal that calls
 * itself dumb gets plain lines too.
 *
 * @module
 */

import { styleText } from "node:util";
import { cannotWrite } from "../files/atomic.ts";
import { environmentVariable } from "./environment_variable.ts";
import { group } from "./numbers.ts";

/** Where text goes. */
export interface Output {
  /** Writes text as it is. */
  write(text: string): void;
  /** Whether a person watches: lines may then be redrawn and styled. */
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly columns: number;
}

/** Streams that take no more, and why; null: whoever read it has gone, as `head` does. */
const broken = new Map<"stderr" | "stdout", Error | null>();

/**
 * The process's stderr, for progress, or stdout, for results. A write that fails is not an error: the
 * reader of a pipe may be gone, the disk under a log full. What follows it is dropped; see
 * {@link lostOutput}.
 */
export function processOutput(stream: "stderr" | "stdout"): Output {
  const file = Deno[stream];
  const isTerminal = file.isTerminal() &&
    environmentVariable("TERM") !== "dumb";
  return {
    isTerminal,
    columns: isTerminal ? Deno.consoleSize().columns || 80 : 80,
    write(text) {
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length && !broken.has(stream);) {
        try {
          at += file.writeSync(bytes.subarray(at));
        } catch (error) {
          // Another program may have set the pipe or terminal, which it shares, not to block.
          if (error instanceof Deno.errors.WouldBlock) pause(5);
          else {
            const gone = error instanceof Deno.errors.BrokenPipe;
            broken.set(stream, gone ? null : cannotWrite(stream, error));
          }
        }
      }
    },
  };
}

/** Why text for a stream was dropped; null if all was written or nobody reads it any more. */
export function lostOutput(stream: "stderr" | "stdout"): Error | null {
  return broken.get(stream) ?? null;
}

/** Whether text for a stream still goes anywhere; `yes | predict | head` would never end. */
export function isOutputOpen(stream: "stderr" | "stdout"): boolean {
  return !broken.has(stream);
}

function pause(milliseconds: number): void {
  const word = new Int32Array(new SharedArrayBuffer(4));
  Atomics.wait(word, 0, 0, milliseconds);
}

/** One line about work in progress. */
export interface Progress {
  /** Shows how many units are done. Cheap to call often. */
  update(done: number): void;
  /** Ends the line, with the time that it took. */
  finish(): void;
}

/** Redraw at most this often on a terminal. */
const REDRAW_MS = 100;
/** Print at most this often where lines stay. */
const LINE_MS = 5_000;

/**
 * Shows progress: on a terminal one line with the time left, a bar and the rate, redrawn in
 * place; elsewhere a plain line every few seconds and one at the end.
 *
 * @param output Where to.
 * @param label What is being done, e.g. `"cql"`.
 * @param total Units in all; undefined if nobody knows, as of a pipe.
 * @param unit Name of a unit in the plural, e.g. `"steps"`.
 * @param start Units that are done already, after a resumption; they do not count for the rate.
 * @param now A clock in milliseconds.
 */
export function showProgress(
  output: Output,
  label: string,
  total: number | undefined,
  unit: string,
  start = 0,
  now: () => number = () => performance.now(),
): Progress {
  const begun = now();
  let shown = begun;
  let done = start;
  const seconds = () => (now() - begun) / 1000;
  const rate = () => (done - start) / Math.max(seconds(), 1e-9);
  return {
    update(value) {
      done = value;
      const time = now();
      if (time - shown < (output.isTerminal ? REDRAW_MS : LINE_MS)) return;
      shown = time;
      const left = total !== undefined && rate() > 0
        ? `${duration((total - done) / rate())} left`
        : "";
      const of = total === undefined ? "" : ` / ${group(total)}`;
      const counts = `${group(done)}${of} ${unit}  ${group(rate())} ${unit}/s`;
      if (!output.isTerminal) {
        return output.write(`${label}: ${left}  ${counts}\n`);
      }
      // What matters most comes first: a narrow terminal cuts off the end.
      const line = `${label.padEnd(8)} ${left.padEnd(13)} ${
        bar(done / (total ?? Infinity))
      } ${counts}`;
      output.write(`\r\x1b[2K${line.slice(0, output.columns - 1)}`);
    },
    finish() {
      const average = done === start || seconds() < 0.05
        ? ""
        : `  ${group(rate())} ${unit}/s`;
      const line = `${group(total ?? done)} ${unit} in ${
        duration(seconds())
      }${average}`;
      if (output.isTerminal) {
        const mark = style(output, "green", "✓");
        output.write(`\r\x1b[2K${label.padEnd(8)} ${mark} ${line}\n`);
      } else output.write(`${label}: ${line}\n`);
    },
  };
}

function bar(share: number): string {
  const filled = Math.round(12 * Math.min(1, Math.max(0, share)));
  return "━".repeat(filled) + "─".repeat(12 - filled);
}

/** `0.42 s`, `8.1 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (n: number) => String(n).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${
    pad(Math.floor((whole % 3600) / 60))
  } min`;
}

/**
 * Styles text if a person watches and colour is not switched off.
 *
 * @param output Where it will go.
 * @param format As in `node:util` styleText.
 * @param text The text.
 */
export function style(
  output: Output,
  format: "bold" | "dim" | "green" | "red" | "yellow",
  text: string,
): string {
  if (!output.isTerminal || Deno.noColor) return text;
  // Validating the stream would ask for access to the environment.
  return styleText(format, text, { validateStream: false });
}

/**
 * A table with aligned columns: the first to the left, the others, being numbers, to the right.
 *
 * @param output Where it will go; decides whether the head is styled.
 * @param head Names of the columns.
 * @param rows As many cells each.
 * @returns Lines, each ending with a newline.
 */
export function formatTable(
  output: Output,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = head.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => row[i].length))
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((
        cell,
        i,
      ) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join("  ")
      .trimEnd();
  return [style(output, "bold", line(head)), ...rows.map(line)].join("\n") +
    "\n";
}
