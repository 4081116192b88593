import { deepEqual, equal } from "node:assert/strict";
import {
  duration,
  formatTable,
  type Output,
  showProgress,
  style,
} from "../../src/report/terminal.ts";

function recorder(
  isTerminal: boolean,
  columns = 80,
): Output & { text: string[] } {
  const text: string[] = [];
  return { text, isTerminal, columns, write: (part) => void text.push(part) };
}

Deno.test("piped progress is plain lines, seldom", () => {
  const out = recorder(false);
  let time = 0;
  const progress = showProgress(out, "cql", 80_000, "steps", 0, () => time);
  time = 4_999;
  progress.update(20_000);
  deepEqual(out.text, []);
  time = 5_000;
  progress.update(20_000);
  time = 16_000;
  progress.finish();
  deepEqual(
    out.text,
    [
      "cql: 15 s left  20,000 / 80,000 steps  4,000 steps/s\n",
      "cql: 80,000 steps in 16 s  1,250 steps/s\n",
    ],
  );
});

Deno.test("progress without work has no rate", () => {
  const out = recorder(false);
  let time = 0;
  const progress = showProgress(out, "bc", 1_000, "steps", 1_000, () => time);
  time = 2_000;
  progress.finish();
  deepEqual(out.text, ["bc: 1,000 steps in 2.0 s\n"]);
});

Deno.test("progress on a terminal redraws one line that fits", () => {
  const out = recorder(true, 60);
  let time = 0;
  const progress = showProgress(out, "bc", 1_000, "steps", 500, () => time);
  time = 50;
  progress.update(501);
  time = 1_000;
  progress.update(750);
  equal(out.text.length, 1);
  equal(
    out.text[0],
    "\r\x1b[2K" +
      "bc       1.0 s left    ━━━━━━━━━─── 750 / 1,000 steps  250 steps/s"
        .slice(0, 59),
  );
});

Deno.test("a long training's line fits into 80 columns", () => {
  const out = recorder(true);
  let time = 0;
  const progress = showProgress(out, "cql", 800_000, "steps", 0, () => time);
  time = 3_600_000;
  progress.update(400_000);
  equal(
    out.text[0],
    "\r\x1b[2Kcql      1 h 00 min left ━━━━━━────── 400,000 / 800,000 steps  111 steps/s",
  );
});

Deno.test("durations", () => {
  deepEqual(
    [0.123, 1, 9.94, 9.96, 59.4, 59.6, 125, 3599.6, 3720].map(duration),
    [
      "0.12 s",
      "1.0 s",
      "9.9 s",
      "10 s",
      "59 s",
      "1 min 00 s",
      "2 min 05 s",
      "1 h 00 min",
      "1 h 02 min",
    ],
  );
});

Deno.test("a table is aligned and unstyled where nobody watches", () => {
  equal(
    formatTable(recorder(false), ["policy", "return"], [["bc", "15.81"], [
      "optimal",
      "9",
    ]]),
    "policy   return\nbc        15.81\noptimal       9\n",
  );
  equal(style(recorder(false), "bold", "x"), "x");
});
