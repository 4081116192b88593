/**
 * Checks that what the pages link to is there: files, and headings within them.
 *
 * @module
 */
import { dirname, join, normalize } from "node:path";
import { InputError } from "../mod.ts";
import { runScript } from "./cli.ts";

const usage = {
  command: "deno task check:links",
  about: "Checks that every relative link in the pages leads somewhere.",
  flags: {},
};

await runScript(usage, () => {
  const wrong: string[] = [];
  for (const page of [".", "docs"].flatMap(pages)) {
    for (const [, link] of prose(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (!/^[a-z]+:/.test(link) && !leadsSomewhere(page, link)) {
        wrong.push(`${page}: ${link}`);
      }
    }
  }
  if (wrong.length > 0) {
    throw new InputError(`links that lead nowhere: ${wrong.join("; ")}`);
  }
  return 0;
});

function pages(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => join(folder, name))
    .filter((path) => path.endsWith(".md"));
}

/** A page without its code. */
function prose(page: string): string {
  return Deno.readTextFileSync(page)
    .replaceAll(/^```[^]*?^```/gm, "").replaceAll(/`[^`\n]*`/g, "`");
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path, heading] = link.split("#");
  const target = path === "" ? page : normalize(join(dirname(page), path));
  try {
    Deno.statSync(target);
  } catch {
    return false;
  }
  return heading === undefined || headings(target).includes(heading);
}

/** As GitHub names the headings of a page. */
function headings(page: string): string[] {
  const lines = Deno.readTextFileSync(page).matchAll(/^#+ (.*)$/gm);
  return [...lines].map(([, text]) =>
    text.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}
