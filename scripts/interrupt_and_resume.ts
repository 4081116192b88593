/**
 * The work of `deno task soak --interrupts`: pipelines under `deno task` in a pseudo-terminal get
 * one Ctrl-C each at a random moment of their training; the command that they then print is run,
 * and the policies are compared with those of a run that was never stopped.
 *
 * The pseudo-terminal is that of `script` (util-linux), whose shell passes the byte of Ctrl-C on as
 * the terminal of a person does: to the task runner, the pipeline and `tee` alike.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { randomStream } from "../mod.ts";
import { LOCK_FILE } from "../runs.ts";
import { readFile, sha256Hex } from "../tools.ts";

/** How many runs, and where. */
export interface InterruptOptions {
  /** Every fifth of them stands before `2>&1 | tee log`, the others write to the terminal. */
  readonly runs: number;
  /** Names the stream of moments. */
  readonly seed: number;
  /** A folder for the runs. */
  readonly folder: string;
  /** Asked between runs; true ends the work. */
  readonly stop?: () => boolean;
  /** Called after each run, with what it was and where it was stopped. */
  readonly onRun?: (kind: string, where: string) => void;
}

/** The result. */
export interface InterruptResult {
  /** Where each run was stopped. */
  readonly stopped: readonly string[];
  /** What was wrong, a line each; empty if all is well. */
  readonly faults: readonly string[];
}

const SUITE = resolve(import.meta.dirname!, "..");
const CONFIG = { algorithms: { bc: { steps: 2_000 }, cql: { steps: 3_000 } } };
/** Latest moment, as a share of the time of a whole run: its end is evaluation and plots. */
const LATEST = 0.6;
const ALGORITHMS = ["bc", "cql"];

/**
 * Interrupts and resumes.
 *
 * @throws Error if a run fails by itself.
 */
export async function interruptAndResume(
  { runs, seed, folder, stop, onRun }: InterruptOptions,
): Promise<InterruptResult> {
  const random = randomStream(seed, "interrupts");
  Deno.writeTextFileSync(join(folder, "c.json"), JSON.stringify(CONFIG));
  const begin =
    "pipeline --preset smoke --config c.json --backend wasm --threads 2 --out";
  const straight = await inTerminal(`${task(begin)} straight`, folder);
  const wanted = policies(join(folder, "straight"));
  if (wanted.includes("none")) throw new Error(straight.text);

  const stopped: string[] = [];
  const faults: string[] = [];
  for (let i = 0; i < runs && !stop?.(); i++) {
    const out = `run-${i}`;
    const kind = i % 5 === 2 ? "tee" : "terminal";
    const log = join(folder, `${out}.log`);
    const moment = random.uniform() * LATEST * straight.milliseconds;
    const { text } = await inTerminal(
      `${task(begin)} ${out}${kind === "tee" ? ` 2>&1 | tee ${log}` : ""}`,
      folder,
      { file: join(folder, out, "bc/training.csv"), moment },
    );
    // The shell in front of a pipe dies of Ctrl-C at once, before the pipeline has ended.
    await until(() => !isThere(join(folder, out, LOCK_FILE)));
    const output = kind === "tee" ? Deno.readTextFileSync(log) : text;
    const goOn = /go on with: deno (task [^\r\n]*)/.exec(output)?.[1];
    const where = whereIs(join(folder, out));
    const fault = (what: string) =>
      faults.push(
        `${kind} ${i}, stopped at ${where}, printed ${
          JSON.stringify(output)
        }: ${what}`,
      );
    stopped.push(where);
    onRun?.(kind, where);
    if (where !== "its end") {
      if (where === "training, without a checkpoint") fault("no checkpoint");
      if (goOn === undefined) {
        fault("does not say how to resume");
        continue;
      }
      await inTerminal(`$DENO ${goOn}`, folder);
    }
    const got = policies(join(folder, out));
    if (`${got}` !== `${wanted}`) fault(`policies ${got}, not ${wanted}`);
  }
  return { stopped, faults };
}

function task(words: string): string {
  return `$DENO task --config ${join(SUITE, "deno.json")} ${words}`;
}

/**
 * Runs a line of a shell in a pseudo-terminal.
 *
 * @param ctrlC When: milliseconds after a file is there.
 * @returns What the terminal showed, and the milliseconds since the backend was named.
 */
async function inTerminal(
  line: string,
  cwd: string,
  ctrlC?: { file: string; moment: number },
): Promise<{ text: string; milliseconds: number }> {
  const child = new Deno.Command("script", {
    args: ["-qec", line, "/dev/null"],
    cwd,
    env: {
      DENO: Deno.execPath(),
      // npx or a task around this one may have set it for its own place.
      INIT_CWD: cwd,
      SHELL: "/bin/sh",
      TERM: "xterm",
    },
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  let text = "";
  let begun = performance.now();
  const reading = (async () => {
    for await (
      const part of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      if (!text.includes("backend: ")) begun = performance.now();
      text += part;
    }
  })();
  const writer = child.stdin.getWriter();
  if (ctrlC) {
    await until(() => isThere(ctrlC.file));
    await new Promise((resolve) => setTimeout(resolve, ctrlC.moment));
    await writer.write(Uint8Array.of(3)).catch(() => {});
  }
  await reading;
  await child.status;
  await writer.close().catch(() => {});
  return { text, milliseconds: performance.now() - begun };
}

async function until(so: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!so()) {
    if (performance.now() > deadline) throw new Error("waited for too long");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Where a run was stopped, as far as its folder shows. */
function whereIs(out: string): string {
  if (isThere(join(out, "manifest.json"))) return "its end";
  const open = ALGORITHMS.find((name) =>
    !isThere(join(out, name, "policy.safetensors"))
  );
  if (open === undefined) return "evaluation";
  const folder = join(out, open, "checkpoints");
  const saved = isThere(folder) && [...Deno.readDirSync(folder)].length > 0;
  return saved ? `training of ${open}` : "training, without a checkpoint";
}

/** SHA-256 of each policy. */
function policies(out: string): string[] {
  return ALGORITHMS.map((name) => {
    const path = join(out, name, "policy.safetensors");
    return isThere(path) ? sha256Hex(readFile(path)) : "none";
  });
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
