import { equal, ok, throws } from "node:assert/strict";
import { policyFromSafetensors } from "../../src/network/policy_file.ts";
import { InputError } from "../../src/errors.ts";
import { visible } from "../../src/visible.ts";
import { escapeXml } from "../../src/report/plots/render.ts";

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** C0, DEL and C1; bidirectional marks; separators; what has no width; tags; lone surrogates. */
const UNSEEN = [
  ...range(0x00, 0x1f),
  ...range(0x7f, 0x9f),
  ...[0x61c, ...range(0x200e, 0x200f), ...range(0x202a, 0x202e)],
  ...range(0x2066, 0x2069),
  ...range(0x2028, 0x2029),
  ...[0xad, 0x34f, 0x180e, ...range(0x200b, 0x200d), ...range(0x2060, 0x2064)],
  ...[0x3164, 0xfeff, ...range(0xfff9, 0xfffb), 0xe0001, 0xe0041],
  ...[0xd800, 0xdfff],
];

Deno.test("every character that a terminal obeys, reorders or hides stands as an escape", () => {
  const named: Record<number, string> = { 9: "\\t", 10: "\\n", 13: "\\r" };
  for (const code of UNSEEN) {
    const hex = code.toString(16);
    const escape = named[code] ??
      (code > 0xffff ? `\\u{${hex}}` : `\\u${hex.padStart(4, "0")}`);
    const character = String.fromCodePoint(code);
    equal(visible(`a${character}b`), `a${escape}b`);
    ok(!new InputError(`a${character}b`).message.includes(character), hex);
    if (code !== 9 && code !== 10) {
      equal(escapeXml(`<${character}`), `&lt;${escape}`);
    }
  }
});

Deno.test("text that can be seen stays as it is", () => {
  const text =
    "ε-greedy, größer, 日本, مرحبا, שלום, e\u0301, 🤖 \\u001b a\u00a0b";
  equal(visible(text), text);
  equal(visible(visible("\x1b[31m")), "\\u001b[31m");
});

Deno.test("a long text is cut in its middle", () => {
  equal(visible("x".repeat(10), 10), "x".repeat(10));
  equal(visible(`${"a".repeat(50)}${"b".repeat(50)}`, 10), "aaaaaa…bbb");
  equal(visible("\x1b".repeat(3), 10), "\\u001b…01b");
  equal(visible("x".repeat(1e7)).length, 200);
});

Deno.test("an error is one line that keeps its beginning and its end", () => {
  equal(
    new InputError("file: is\r\n  wrong;\nread it").message,
    "file: is wrong; read it",
  );
  const { message } = new InputError(
    `file: tensor ${"n".repeat(1e6)}: remove it`,
  );
  equal(message.length, 4000);
  ok(message.startsWith("file: tensor nnn"));
  ok(message.endsWith("nnn: remove it"));
});

Deno.test("the name of a tensor is shown and not obeyed", () => {
  const path = "tests/fixtures/cases/p_ansi.safetensors";
  throws(
    () => policyFromSafetensors(Deno.readFileSync(path), path),
    new InputError(
      `${path}: not a policy of this suite: unknown tensor ` +
        String
          .raw`x\u001b]0;PWNED\u0007\u001b[2J\u001b[31mpolicy is fine\u001b[0m`,
    ),
  );
});
