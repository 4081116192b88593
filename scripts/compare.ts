/**
 * `deno task compare`: finished runs, or finished studies, beside each other in one page.
 *
 * @module
 */
import { dirname, join, resolve, sep } from "node:path";
import { InputError } from "../mod.ts";
import { compareFolders, COMPARISON_TITLE } from "../runs.ts";
import {
  makeDirectory,
  processOutput,
  visible,
  writeFileAtomic,
} from "../tools.ts";
import { artifactsFolder, LONGEST_PATH, runScript, type Usage } from "./cli.ts";

const usage: Usage = {
  command: "deno task compare",
  about:
    "Puts finished runs beside each other, or finished studies: in what their configurations differ,\n" +
    "exact values (of data whose world is not known, estimates), learning curves, whether policies\n" +
    "are equal bit for bit, and versions. It leaves one page and changes nothing in the folders.",
  operands: "A B …",
  flags: {
    out: {
      value: "FILE.html",
      help:
        "where the page goes (default: artifacts/compare.html); a page of before is replaced, nothing else is",
    },
  },
};

await runScript(usage, async ({ operands, values }) => {
  const out = values.out ?? join(artifactsFolder(), "compare.html");
  const comparison = await compareFolders(operands);
  requirePlace(out, operands);
  makeDirectory(dirname(out));
  writeFileAtomic(out, comparison.html);
  const output = processOutput("stdout");
  comparison.print(output);
  output.write(`\n${visible(out, LONGEST_PATH)}\n`);
  return 0;
});

/**
 * Makes sure that the page replaces nothing but such a page, and gets into no run or study.
 *
 * @throws InputError if it would.
 */
function requirePlace(out: string, directories: readonly string[]): void {
  const folder = directories.find((directory) =>
    resolve(out).startsWith(resolve(directory) + sep)
  );
  if (folder !== undefined) {
    throw new InputError(
      `--out: ${out} lies in ${folder}, which would no longer be what its manifest says; choose another path`,
    );
  }
  let file: Deno.FileInfo;
  try {
    file = Deno.lstatSync(out);
  } catch {
    // It is not there, or the write says what is wrong.
    return;
  }
  if (file.isFile && isComparison(out)) return;
  throw new InputError(
    `--out: ${out}: is there and no page of this command; choose another path`,
  );
}

function isComparison(path: string): boolean {
  try {
    using file = Deno.openSync(path);
    const head = new Uint8Array(1024);
    file.readSync(head);
    return new TextDecoder().decode(head)
      .includes(`<title>${COMPARISON_TITLE}`);
  } catch {
    return false;
  }
}
