import { deepEqual, equal, ok } from "node:assert/strict";
import { dirname, join } from "node:path";
import { canonicalJson } from "../../src/files/canonical_json.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { InputError } from "../../src/errors.ts";
import { type RandomStream, randomStream } from "../../src/numerics/random.ts";
import { type CellResult, computeCells } from "../../src/study/cell.ts";
import { cellFile, readCell, writeCell } from "../../src/study/cell_file.ts";
import {
  resolveStudy,
  type StudyCell,
  studyCells,
} from "../../src/study/config.ts";
import { jsonHash } from "../../src/run/task_hash.ts";
import { mutate } from "../dataset/mutate.ts";
import { overrides, study, temporary } from "./small_study.ts";

const folder = temporary();
addEventListener("unload", () => folder[Symbol.dispose]());
const cells = studyCells(study);
const results: CellResult[] = [];
for (const cell of cells) {
  results.push(...await computeCells(study, [cell], referenceBackend));
}
results.forEach((result) => writeCell(folder.path, result));

/** Cells of the same names, of a study with another number of episodes. */
const other = resolveStudy({
  presets: ["smoke"],
  seeds: study.seeds,
  overrides: { ...overrides, dataset: { episodes: 13 } },
});
const foreign = temporary();
addEventListener("unload", () => foreign[Symbol.dispose]());
for (const cell of cells.filter(({ policy }) => policy !== "cql")) {
  const [result] = await computeCells(other, [cell], referenceBackend);
  writeCell(foreign.path, result);
}

const pathOf = (cell: StudyCell) => join(folder.path, cellFile(cell));
const originals = cells.map((cell) => Deno.readFileSync(pathOf(cell)));
const encode = (text: string) => new TextEncoder().encode(text);

/** What the reader says of these bytes in place of a cell: null if it takes them. */
function verdict(cell: StudyCell, bytes: Uint8Array): string | null {
  const path = pathOf(cell);
  Deno.writeFileSync(path, bytes);
  try {
    ok(readCell(folder.path, study, cell));
    return null;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    ok(error.message.startsWith(`${path}: `), error.message);
    ok(!error.message.includes("\n"), error.message);
    return error.message.slice(path.length + 2);
  } finally {
    Deno.writeFileSync(path, originals[cells.indexOf(cell)]);
  }
}

type Tree = Record<string, unknown>;

/** Every place in a JSON value, as the object that holds it and its key. */
function places(value: unknown): [Tree, string][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [value as Tree, key],
    ...places(inner),
  ]) as [Tree, string][];
}

/** An edit of a cell as a person or a program would make it. */
function edited(index: number, { integer }: RandomStream): [string, string] {
  const text = new TextDecoder().decode(originals[index]);
  const value = JSON.parse(text) as Tree;
  const all = places(value);
  const [holder, key] = all[integer(all.length)];
  const numbers = all.filter(([holder, key]) =>
    typeof holder[key] === "number"
  );
  const [numberHolder, numberKey] = numbers[integer(numbers.length)];
  const number = numberHolder[numberKey] as number;
  switch (integer(8)) {
    case 0:
      delete holder[key];
      return ["a key or item less", canonicalJson(value)];
    case 1:
      holder[`${key} `] = holder[key];
      return ["a key or item more", JSON.stringify(value)];
    case 2:
      numberHolder[numberKey] = number === 0 ? 5e-324 : number * (1 + 2 ** -52);
      return [`a number changed in its last bit`, canonicalJson(value)];
    case 3:
      numberHolder[numberKey] = [1 - number, -number - 1, number + 1, 1e300][
        integer(4)
      ];
      return [`a number changed`, canonicalJson(value)];
    case 4:
      holder[key] = [null, "0", true, [], {}, -1][integer(6)];
      return ["a value of another type", canonicalJson(value)];
    case 5: {
      // The first of two equal keys is lost on the way through JSON.parse.
      const at = text.indexOf("{", integer(text.lastIndexOf("{") + 1)) + 1;
      const name = /"(\w+)"/.exec(text.slice(at))![1];
      return [
        "a key twice",
        `${text.slice(0, at)}"${name}": 1,${text.slice(at)}`,
      ];
    }
    case 6:
      return [
        "written otherwise",
        [
          JSON.stringify(value),
          `${text}\n`,
          ` ${text}`,
          `\ufeff${text}`,
          text.replaceAll("\n", "\r\n"),
          canonicalJson(Object.fromEntries(Object.entries(value).reverse())),
        ][integer(6)],
      ];
    default:
      return ["numbers written otherwise", text.replace(/\d\.\d+/, "$&0")];
  }
}

const MUTATIONS = 400;
const SEED = 20261125;

Deno.test(`none of ${MUTATIONS} changes of cells is taken (seed ${SEED})`, () => {
  const stream = randomStream(SEED, "study cells");
  const counts = { refused: 0, unchanged: 0 };
  for (let i = 0; i < MUTATIONS; i++) {
    const index = stream.integer(cells.length);
    let [what, bytes]: [string, Uint8Array] = ["", originals[index]];
    const kind = i % 4;
    if (kind < 2) ({ what, bytes } = mutate(originals[index], stream));
    else if (kind === 2) {
      const [how, text] = edited(index, stream);
      [what, bytes] = [how, encode(text)];
    } else if (stream.integer(2) === 0) {
      const from = stream.integer(cells.length);
      [what, bytes] = [`cell ${from}`, originals[from]];
    } else if (cells[index].policy !== "cql") {
      const path = join(foreign.path, cellFile(cells[index]));
      [what, bytes] = ["another study's", Deno.readFileSync(path)];
    }
    const isSame = `${bytes}` === `${originals[index]}`;
    const found = verdict(cells[index], bytes);
    equal(found === null, isSame, `mutation ${i}, cell ${index}: ${what}`);
    counts[isSame ? "unchanged" : "refused"]++;
  }
  ok(counts.refused > 350, JSON.stringify(counts));
});

Deno.test("what is wrong with a cell is said", () => {
  const [bc, , , cql, , , references] = cells;
  const text = new TextDecoder().decode(originals[0]);
  const cases: [StudyCell, string, string][] = [
    [bc, "", "is not JSON (it ends too early)"],
    [bc, text.slice(0, 300), "is not JSON (line 12 column 18)"],
    [
      bc,
      text.replace(/"lengthMean": \d/, "$&1"),
      "was changed after it was written (its SHA-256 differs)",
    ],
    [
      bc,
      text.replace("study-learner/3", "study-learner/2"),
      "schema is not as this suite writes it",
    ],
    [cql, text, "curve.columns.2 is not as this suite writes it"],
    [references, text, "schema is not as this suite writes it"],
    [cells[1], text, "is the cell of something else"],
    [bc, "[".repeat(4000), "is not JSON (it ends too early)"],
    [
      bc,
      " ".repeat(1 << 20),
      `has 1048576 bytes where at most 4505 are expected; this is another file`,
    ],
  ];
  for (const [cell, content, want] of cases) {
    equal(verdict(cell, encode(content)), want);
  }
});

Deno.test("a cell of impossible content is refused although its hash is right", () => {
  const hashed = (change: (value: Tree) => void, index: number) => {
    const value = JSON.parse(new TextDecoder().decode(originals[index]));
    change(value);
    const { sha256: _, ...content } = value;
    return encode(canonicalJson({ ...content, sha256: jsonHash(content) }));
  };
  // deno-lint-ignore no-explicit-any
  const changes: [index: number, change: (value: any) => void, want: string][] =
    [
      [
        0,
        ({ exact }) => (exact.hazardProbability = 1.5),
        "exact.hazardProbability",
      ],
      [
        0,
        ({ exact }) => (exact.goalProbability = -0.5),
        "exact.goalProbability",
      ],
      [0, ({ exact }) => (exact.timeoutProbability /= 2), "exact"],
      [0, ({ exact }) => (exact.returnStd = -1), "exact.returnStd"],
      [0, (value) => (value.actions = value.actions.slice(1)), "actions"],
      [0, (value) => (value.actions = "4".repeat(25)), "actions"],
      [0, (value) => (value.policySha256 = "F".repeat(64)), "policySha256"],
      [0, ({ curve }) => curve.rows.pop(), "curve.rows"],
      [0, ({ curve }) => (curve.rows[0][0] = 21), "curve.rows"],
      [0, ({ curve }) => curve.rows[1].push(0), "curve.rows.1"],
      [0, ({ curve }) => (curve.columns[1] = "lost"), "curve.columns.1"],
      [0, ({ exact }) => exact.returnMean++, ""],
      [0, (value) => (value.more = 1), "more"],
      [6, ({ exact }) => delete exact.spibb, "exact.spibb"],
      [6, ({ exact }) => (exact.optimal.more = 1), "exact.optimal.more"],
    ];
  for (const [index, change, where] of changes) {
    const want = `${where && `${where} `}is not as this suite writes it`;
    equal(verdict(cells[index], hashed(change, index)), want);
  }
  // Without a change the hash made here is the cell's.
  equal(verdict(cells[0], hashed(() => {}, 0)), null);
  const elsewhere = hashed((value) => (value.task = "0".repeat(64)), 0);
  equal(verdict(cells[0], elsewhere), "is the cell of something else");
});

Deno.test({
  name: "a link or a pipe is not a cell",
  ignore: Deno.build.os === "windows",
  fn() {
    const path = pathOf(cells[0]);
    const said = () => {
      try {
        readCell(folder.path, study, cells[0]);
      } catch (error) {
        return (error as Error).message;
      }
    };
    Deno.removeSync(path);
    equal(readCell(folder.path, study, cells[0]), null);
    Deno.symlinkSync(pathOf(cells[1]), path);
    equal(said(), `${path}: is a link`);
    Deno.removeSync(path);
    Deno.mkdirSync(path);
    equal(said(), `${path}: is not a file`);
    Deno.removeSync(path);
    Deno.writeFileSync(path, originals[0]);
    deepEqual(readCell(folder.path, study, cells[0]), results[0]);
    equal(dirname(path).endsWith("bc"), true);
  },
});

Deno.test("a policy that a model chose among members need be that of no row", async () => {
  const chosen = resolveStudy({
    presets: ["smoke"],
    algorithms: ["cql"],
    seeds: [0, 1, 2, 3],
    overrides: {
      ...overrides,
      algorithms: {
        cql: {
          ...overrides.algorithms.cql,
          ensembleSize: 3,
          checkpointChoice: "model",
        },
      },
    },
  });
  using place = temporary();
  let others = 0;
  for (const cell of studyCells(chosen)) {
    const [result] = await computeCells(chosen, [cell], referenceBackend);
    writeCell(place.path, result);
    deepEqual(readCell(place.path, chosen, cell), result);
    if (!("curve" in result) || !result.curve || !("exact" in result)) continue;
    const column = result.curve.columns.indexOf("returnMean");
    const values = result.curve.rows.map((row) => row[column]);
    if (!values.includes(result.exact.returnMean as number)) others++;
  }
  ok(others > 0, "the case that matters");
});
