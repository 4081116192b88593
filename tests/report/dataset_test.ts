import assert from "node:assert/strict";
import { inspectDataset } from "../../src/dataset/inspect.ts";
import { formatReport } from "../../src/report/dataset.ts";
import { smallDataset } from "../dataset/small.ts";

Deno.test("formatReport: the whole text", () => {
  const output = { write: () => {}, isTerminal: false, columns: 80 };
  const text = formatReport(output, "log.csv", inspectDataset(smallDataset()));
  assert.equal(
    text,
    `log.csv
episodes       3
transitions    6
ends           1 terminated, 1 truncated, 0 both, 1 neither
observations   2 numbers each, 6 distinct, 0 % of the transitions repeat one
coverage       33.3 % of the pairs of a distinct observation and an action tried

                 min      mean       std  max
episode length     1         2  0.816497    3
return          −102     −17.7   62.8892   49
reward          −100     −8.85   44.7829   50
observation 0      0   2.22222   1.93091    6
observation 1   −0.5  0.861111   1.03489    3

          taken   share
action 0      2  33.3 %
action 1      3    50 %
action 2      1  16.7 %

suspicious: no end: 1 of 3 episodes neither terminated nor truncated
`,
  );
});
