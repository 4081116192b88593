import { deepEqual } from "node:assert/strict";
import {
  decimal,
  frequency,
  group,
  percent,
  significant,
} from "../../src/report/numbers.ts";

Deno.test("numbers for people", () => {
  deepEqual([1.005, -2.5, -0.001, 0].map((x) => decimal(x)), [
    "1.00",
    "−2.50",
    "0.00",
    "0.00",
  ]);
  deepEqual(decimal(-0.04, 1), "0.0");
  deepEqual([-102, 1 / 3, -1e-9].map((x) => significant(x, 3)), [
    "−102",
    "0.333",
    "−1e-9",
  ]);
  deepEqual(
    [0, 1, 0.042, 0.0000242, 0.12345, 1e-9].map(percent),
    ["0 %", "100 %", "4.2 %", "0.00242 %", "12.3 %", "< 0.0001 %"],
  );
  deepEqual(
    [0.99, 0.9996, 0.999648, 0.9999758, 1 - 1e-9, 1].map(percent),
    ["99 %", "99.96 %", "99.96 %", "99.998 %", "> 99.9999 %", "100 %"],
  );
  deepEqual([0, 999, 1000, 1234567.4].map(group), [
    "0",
    "999",
    "1,000",
    "1,234,567",
  ]);
  deepEqual([0, 1, 0.7, 0.04, 0.0000242].map(frequency), [
    "0 % (never)",
    "100 %",
    "70 %",
    "4 % (once in 25 episodes)",
    "0.00242 % (once in 41,000 episodes)",
  ]);
});
