/**
 * Checks who imports whom: a file imports only from its own room and from rooms before it in
 * {@link ROOMS}, scripts import the public modules at the top and each other, there is no circle of
 * imports, and no file outside `src/algorithms` distinguishes algorithms by name.
 *
 * No linter serves: `deno lint` has no rule for layers or circles.
 *
 * @module
 */
import { dirname, join, normalize } from "node:path";
import { ALGORITHM_NAMES, InputError } from "../mod.ts";
import { runScript } from "./cli.ts";

/** From the ground up; `src` itself stands for the files beside the rooms. */
const ROOMS = [
  "kernels",
  "src",
  "src/numerics",
  "src/files",
  "src/mdp",
  "src/environments",
  "src/dataset",
  "src/network",
  "src/algorithms",
  "src/config",
  "src/backends",
  "src/training",
  "src/evaluation",
  "src/report",
  "src/run",
  "src/study",
  "src/checks",
  "page",
];

const usage = {
  command: "deno task check:imports",
  about: "Checks the order of the rooms and that no imports form a circle.",
  flags: {},
};

/** A comparison with the name of an algorithm. */
const NAMED = new RegExp(`[!=]== "(${ALGORITHM_NAMES.join("|")})"`);

await runScript(usage, () => {
  const files = ["kernels", "src", "page", "scripts"].flatMap(sources);
  const imports = new Map(files.map((file) => [file, importsOf(file)]));
  const wrong: string[] = [];
  for (const [file, targets] of imports) {
    for (const target of targets) {
      if (isAbove(target, file)) wrong.push(`${file} imports ${target}`);
    }
    if (!file.startsWith("scripts/") && rank(file) === Infinity) {
      wrong.push(`${file} is in no room`);
    }
    const named = NAMED.exec(Deno.readTextFileSync(file));
    if (named && !file.startsWith("src/algorithms/")) {
      wrong.push(`${file} distinguishes algorithms: ${named[0]}`);
    }
  }
  const circle = circleIn(imports);
  if (circle) wrong.push(`a circle: ${circle.join(" -> ")}`);
  if (wrong.length > 0) throw new InputError(wrong.join("; "));
  return 0;
});

function sources(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return sources(path);
    return /(?<!\.as|\.d)\.ts$/.test(name) ? [path] : [];
  }).sort();
}

function importsOf(file: string): string[] {
  const found = Deno.readTextFileSync(file)
    .matchAll(/(?:from|import\() ?"(\.[^"]+\.ts)"/g);
  return [...found].map(([, path]) => normalize(join(dirname(file), path)));
}

/** Whether a file is in a room above another's; scripts take the public modules at the top alone. */
function isAbove(target: string, file: string): boolean {
  if (file.startsWith("scripts/")) {
    return target.includes("/") && !target.startsWith("scripts/");
  }
  return rank(target) > rank(file);
}

/** Place of a file's room; above all of them for a file that is in none. */
function rank(file: string): number {
  const [top, room] = file.split("/");
  const name = top === "src" && !room.endsWith(".ts") ? `src/${room}` : top;
  const i = ROOMS.indexOf(name);
  return i < 0 ? Infinity : i;
}

/** The first circle of imports, or undefined. */
function circleIn(
  imports: ReadonlyMap<string, readonly string[]>,
): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return;
    path.push(file);
    for (const target of imports.get(file) ?? []) {
      const circle = visit(target);
      if (circle) return circle;
    }
    path.pop();
    done.add(file);
  };
  for (const file of imports.keys()) {
    const circle = visit(file);
    if (circle) return circle;
  }
}
