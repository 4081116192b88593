import { deepEqual, equal } from "node:assert/strict";
import {
  configDifferences,
  equalityWords,
} from "../../src/report/comparison/differences.ts";

Deno.test("only the keys that differ, objects that some lack by their own key", () => {
  const first = { seed: 1, deep: { a: 1, b: [1, 2] }, only: { x: 1, y: 2 } };
  deepEqual(
    configDifferences([
      first,
      { ...first, deep: { a: 1, b: [1, 3] } },
      { seed: 2, deep: { a: 1, b: [1, 2] } },
    ]),
    [
      { key: "seed", values: ["1", "1", "2"] },
      { key: "deep.b", values: ["[1,2]", "[1,3]", "[1,2]"] },
      { key: "only", values: ["{ … }", "{ … }", null] },
    ],
  );
  deepEqual(configDifferences([first, structuredClone(first)]), []);
  // What the others have may differ too; what is an object here and a number there, differs as a whole.
  deepEqual(
    configDifferences([
      { only: { x: 1 }, of: { z: 0 } },
      { only: { x: 3 }, of: 5 },
      { of: 5 },
    ]),
    [
      { key: "only", values: ["{ … }", "{ … }", null] },
      { key: "only.x", values: ["1", "3", null] },
      { key: "of", values: ['{"z":0}', "5", "5"] },
    ],
  );
});

Deno.test("text of files is shown, not obeyed, and hashes are short", () => {
  deepEqual(
    configDifferences([{ "a\u202e": "x\n" }, { "a\u202e": "ab".repeat(32) }]),
    [{ key: "a\\u202e", values: ['"x\\n"', "abababababababab…"] }],
  );
});

Deno.test("which of some things are equal, in words", () => {
  equal(equalityWords(["a", "b"], ["1", "1"]), "equal, bit for bit");
  equal(equalityWords(["a", "b"], ["1", "2"]), "different");
  equal(equalityWords(["a", "b", "c"], ["1", "2", "3"]), "all different");
  equal(equalityWords(["a", "b", "c"], ["1", "2", "1"]), "a = c; b");
  equal(equalityWords(["a"], ["1"]), "only in a");
});
