import { deepEqual, equal, ok } from "node:assert/strict";
import { parseJson } from "../../src/config/read.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { InputError } from "../../src/errors.ts";
import { type RandomStream, randomStream } from "../../src/numerics/random.ts";

const SEED = 20261122;
const MUTATIONS = 2_000;

const whole = resolveConfig("tutorial", {
  environment: { hazards: [[3, 4], [5, 6]] },
  algorithms: { dqn: {}, doubleDqn: {} },
});

/** Reads a configuration; the message of its error, or null if it is fine. */
function read(bytes: Uint8Array, what: string): string | null {
  try {
    const config = resolveConfig(
      "smoke",
      parseJson(bytes, "f.json"),
      {},
      "f.json",
    );
    const again = resolveConfig("tutorial", JSON.parse(JSON.stringify(config)));
    deepEqual(again, config, what);
    return null;
  } catch (error) {
    ok(error instanceof InputError, `${what}: ${error}`);
    ok(!/[\r\n]/.test(error.message), `${what}: ${error.message}`);
    ok(error.message.startsWith("f.json: "), `${what}: ${error.message}`);
    ok(error.message.length < 400, `${what}: ${error.message}`);
    return error.message;
  }
}

const encode = (text: string) => new TextEncoder().encode(text);

/** Flips, removes, doubles or inserts bytes. */
function mutateBytes(random: RandomStream, bytes: Uint8Array): Uint8Array {
  const result = [...bytes];
  for (let n = 1 + random.integer(4); n > 0; n--) {
    const at = random.integer(result.length);
    const length = random.integer(8);
    const kind = random.integer(5);
    if (kind === 0) result[at] ^= 1 << random.integer(8);
    else if (kind === 1) result.splice(at, length);
    else if (kind === 2) result.splice(at, 0, ...result.slice(at, at + length));
    else if (kind === 3) result.splice(at, 0, random.integer(256));
    else result.length = at;
    if (result.length === 0) result.push(random.integer(256));
  }
  return Uint8Array.from(result);
}

const strange: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e308,
  1e999,
  2 ** 53,
  4294967296,
  1e-320,
  "",
  "42",
  "none",
  "__proto__",
  "\u0000",
  "x".repeat(10_000),
  [],
  [[]],
  [0, 0],
  [[0, 0]],
  [[1, 2, 3]],
  [14, 14],
  {},
  { a: 1 },
  { length: 3 },
  Array(1_000).fill(7),
];

/** Puts a strange value under a random key, old or new, somewhere in the object. */
function mutateValue(random: RandomStream, value: unknown): unknown {
  if (typeof value !== "object" || value === null || random.integer(4) === 0) {
    return strange[random.integer(strange.length)];
  }
  const copy = structuredClone(value) as Record<string, unknown>;
  const keys = Object.keys(copy);
  const key = keys[random.integer(keys.length)];
  if (key === undefined || random.integer(5) === 0) {
    const names = [
      "__proto__",
      "toString",
      "constructor",
      "",
      "seed",
      "steps",
      "a\nb",
    ];
    const name = key === undefined || random.integer(2) === 0
      ? names[random.integer(names.length)]
      : `${key}s`;
    Object.defineProperty(copy, name, {
      value: strange[random.integer(strange.length)],
      enumerable: true,
    });
    return copy;
  }
  if (random.integer(8) === 0) delete copy[key];
  else copy[key] = mutateValue(random, copy[key]);
  return copy;
}

Deno.test(`${MUTATIONS} damaged texts (seed ${SEED}): one line or a sound configuration`, () => {
  const random = randomStream(SEED, "fuzz/config/bytes");
  const bytes = encode(JSON.stringify(whole, null, 2));
  let refused = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    if (read(mutateBytes(random, bytes), `mutation ${i}`) !== null) refused++;
  }
  ok(refused > MUTATIONS / 2 && refused < MUTATIONS, `${refused} refused`);
});

Deno.test(`${MUTATIONS} strange values (seed ${SEED}): one line or a sound configuration`, () => {
  const random = randomStream(SEED, "fuzz/config/values");
  let refused = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    const text = JSON.stringify(mutateValue(random, whole));
    if (read(encode(text), `mutation ${i}: ${text.slice(0, 2_000)}`) !== null) {
      refused++;
    }
  }
  ok(refused > MUTATIONS / 2 && refused < MUTATIONS, `${refused} refused`);
});

Deno.test("deep, long and empty texts", () => {
  const depth = 200_000;
  for (
    const text of [
      "[".repeat(depth),
      "[".repeat(depth) + "]".repeat(depth),
      '{"seed":'.repeat(depth) + "1" + "}".repeat(depth),
      `{"${"k".repeat(100_000)}": 1}`,
      `{"seed": ${"9".repeat(100_000)}}`,
      "",
      " ",
      "\uFEFF",
    ]
  ) ok(read(encode(text), text.slice(0, 40)) !== null, text.slice(0, 40));
  equal(read(encode("{}"), "empty"), null);
  equal(
    read(Uint8Array.of(0xff, 0xfe), "no UTF-8"),
    "f.json: is not UTF-8 text",
  );
  equal(
    read(encode('{"seed": 1,\n  }'), "comma"),
    "f.json: is not JSON (line 2 column 3)",
  );
});

Deno.test("a key given twice is refused with its path, however it is written", () => {
  const refusal = (text: string) => read(encode(text), text);
  equal(
    refusal('{"algorithms": {"cql": {"steps": 1, "alpha": 2, "steps": 3}}}'),
    "f.json: algorithms.cql.steps: is given twice",
  );
  equal(
    refusal('{"seed": 1, "dataset": {}, "s\\u0065ed": 1}'),
    "f.json: seed: is given twice",
  );
  // The same key in two objects, and text that looks like one.
  equal(
    refusal(
      '{"environment": {"hazards": [[3, 3]]}, "algorithms": {"bc": {"steps": 1}, "cql": {"steps": 1}}}',
    ),
    null,
  );
  equal(
    refusal('{"a\\"b": {"x": 1}, "c": [{"x": 1}, {"x": 1, "x": "{"}]}'),
    "f.json: c.x: is given twice",
  );
});
