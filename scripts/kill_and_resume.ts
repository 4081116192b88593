/**
 * The work of `deno task soak`: runs are killed at random moments and resumed until they are
 * finished, and everything that they leave is compared with a run that was never stopped.
 *
 * @module
 */
import { join } from "node:path";
import { type RandomStream, randomStream } from "../mod.ts";
import { listFiles, LOCK_FILE } from "../runs.ts";
import { isTemporary, readSafetensors } from "../tools.ts";

/** What is run and how often it is killed. */
export interface SoakOptions {
  /** Kills in all. */
  readonly kills: number;
  /** Names the streams of moments and backends. */
  readonly seed: number;
  /** Flags of the backends that take turns at random, such as `["--backend", "reference"]`. */
  readonly backends: readonly (readonly string[])[];
  /** A folder for the runs; what is there when all is well can be removed. */
  readonly folder: string;
  /** Asked between kills; true ends the work. */
  readonly stop?: () => boolean;
  /** Called after each kill, with the number of kills and where the run was. */
  readonly onKill?: (kills: number, where: string) => void;
}

/** The result. */
export interface SoakResult {
  /** Processes that were killed. */
  readonly kills: number;
  /** Runs that were brought to their end, each killed at least once. */
  readonly runs: number;
  /** Kills by where the run was. */
  readonly where: Readonly<Record<string, number>>;
  /** Whatever was not as in the run that was never stopped; empty if all is well. */
  readonly differences: readonly string[];
}

/** Small enough to end soon, and with so many checkpoints that most of the time goes into them. */
const CONFIG = {
  network: { hidden: [64, 64] },
  algorithms: { bc: { steps: 150 }, cql: { steps: 250 } },
};
const CHECKPOINT_EVERY = 1;

/** Every second kill waits, at most this many milliseconds, for a file that is being written. */
const LONGEST_AIM_MS = 300;

/** Files that may hold something else before a run is finished, or have no fixed bytes at all. */
const NOT_FINAL = /(^|\/)training\.csv$|^timings\.json$|\/checkpoints\//;

/** Exit code of a pipeline that was asked to stop. */
const INTERRUPTED = 130;

/** Longest wait before a kill, as a share of the time that a whole run takes. */
const LONGEST_WAIT = 1.5;

/**
 * Kills and resumes until there were enough kills.
 *
 * @throws Error if a run fails by itself.
 */
export async function killAndResume(options: SoakOptions): Promise<SoakResult> {
  const { kills, seed, backends, folder, stop, onKill } = options;
  const random = randomStream(seed, "soak");
  const configFile = join(folder, "soak.json");
  Deno.writeTextFileSync(configFile, JSON.stringify(CONFIG));
  const begin = ["--preset", "smoke", "--config", configFile];

  const straight = join(folder, "straight");
  const { milliseconds } = await start([
    ...begin,
    ...["--out", straight],
    ...backends[0],
  ]);
  const wanted = finalHashes(straight);

  const where: Record<string, number> = {};
  const differences: string[] = [];
  let killed = 0;
  let runs = 0;
  while (killed < kills) {
    const out = join(folder, `run-${runs}`);
    const before = killed;
    for (let finished = false; !finished;) {
      const from = isThere(join(out, "config.json")) ? ["--resume"] : begin;
      const wait = killed < kills
        ? random.uniform() * milliseconds * LONGEST_WAIT
        : Infinity;
      const aimed = random.integer(2) === 0;
      const flags = [...from, "--out", out, ...pick(random, backends)];
      const ended = await start(flags, wait, aimed ? out : undefined);
      finished = !ended.killed;
      if (finished) break;
      if (stop?.()) return { kills: killed, runs, where, differences };
      const place = whereIs(out);
      where[place] = (where[place] ?? 0) + 1;
      killed++;
      onKill?.(killed, place);
      differences.push(...partsThatDiffer(out, wanted));
    }
    if (killed > before) runs++;
    differences.push(...wholesThatDiffer(out, wanted));
    Deno.removeSync(out, { recursive: true });
  }
  return { kills: killed, runs, where, differences };
}

/**
 * Starts the pipeline, with the permissions of its task.
 *
 * @param wait Milliseconds after which it is killed, from the moment at which it has been loaded.
 * @param aim A folder: it is killed when a file in it is being written.
 * @returns Whether it was killed, and how long it worked.
 */
async function start(
  flags: readonly string[],
  wait = Infinity,
  aim?: string,
): Promise<{ killed: boolean; milliseconds: number }> {
  const script = join(import.meta.dirname!, "pipeline.ts");
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--frozen", "--no-prompt", "--allow-read", "--allow-write"],
      "--allow-env=XDG_RUNTIME_DIR",
      script,
      ...["--checkpoint-every", String(CHECKPOINT_EVERY)],
      ...flags,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let output = "";
  let begun = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let killed = false;
  const text = child.stderr.pipeThrough(new TextDecoderStream());
  for await (const part of text) {
    output += part;
    // The first line that a pipeline prints; all is loaded then.
    if (timer !== undefined || !output.includes("backend: ")) continue;
    begun = performance.now();
    if (wait === Infinity) continue;
    timer = setTimeout(() => {
      const deadline = performance.now() + LONGEST_AIM_MS;
      while (aim && performance.now() < deadline && !halfWritten(aim));
      try {
        child.kill("SIGKILL");
        killed = true;
      } catch {
        // It has ended by itself.
      }
    }, wait);
  }
  const { code, signal } = await child.status;
  clearTimeout(timer);
  const milliseconds = performance.now() - begun;
  if (killed && signal === "SIGKILL") return { killed, milliseconds };
  // A Ctrl-C for the soak test reaches the pipeline too.
  if (code === INTERRUPTED) return { killed: true, milliseconds };
  if (code !== 0) {
    throw new Error(`${flags.join(" ")}: exit code ${code}: ${output}`);
  }
  return { killed: false, milliseconds };
}

function pick<T>(random: RandomStream, list: readonly T[]): T {
  return list[random.integer(list.length)];
}

/** What a killed run was doing, as far as its folder shows. */
function whereIs(out: string): string {
  const has = (name: string) => isThere(join(out, name));
  const half = halfWritten(out);
  if (half?.includes("checkpoints/")) return "writing a checkpoint";
  if (half !== undefined) return "writing another file";
  if (!has("config.json")) return "before the configuration";
  if (has("metrics.json")) return "plots and report";
  if (has("cql/policy.safetensors")) return "evaluation";
  return has("bc/policy.safetensors") ? "training cql" : "training bc";
}

/** A file that is being written, or was when its writer was killed. */
function halfWritten(out: string): string | undefined {
  return filesBelow(out).find((path) => isTemporary(path.split("/").at(-1)!));
}

/** Files of a run that was killed which are neither whole nor in the making. */
function partsThatDiffer(
  out: string,
  wanted: ReadonlyMap<string, string>,
): string[] {
  if (!isThere(out)) return [];
  return listFiles(out).flatMap(({ path, sha256 }) => {
    if (path.includes("/checkpoints/")) {
      try {
        readSafetensors(Deno.readFileSync(join(out, path)), path);
        return [];
      } catch (error) {
        return [`after a kill: ${error}`];
      }
    }
    return NOT_FINAL.test(path) || wanted.get(path) === sha256
      ? []
      : [`after a kill: ${path} is not whole`];
  });
}

/** Files of a finished run that are not those of the run that was never stopped. */
function wholesThatDiffer(
  out: string,
  wanted: ReadonlyMap<string, string>,
): string[] {
  const actual = finalHashes(out);
  const paths = new Set([...wanted.keys(), ...actual.keys()]);
  const differing = [...paths].filter((path) =>
    wanted.get(path) !== actual.get(path)
  );
  // A kill after the last file leaves the lock's, which locks nothing; the run is finished then.
  const hidden = filesBelow(out).filter((path) =>
    /(^|\/)\./.test(path) && path !== LOCK_FILE
  );
  return [
    ...differing.map((path) => `at the end: ${path} differs`),
    ...hidden.map((path) => `at the end: ${path} is left`),
  ];
}

/** SHA-256 by path of the files that are the same for every run of the configuration. */
function finalHashes(out: string): Map<string, string> {
  const files = listFiles(out).filter(({ path }) => path !== "timings.json");
  return new Map(files.map(({ path, sha256 }) => [path, sha256]));
}

/** Every file below a folder, hidden ones too, with forward slashes. */
function filesBelow(folder: string): string[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    // Its run is at work and may have removed it.
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return entries.flatMap(({ name, isDirectory }) =>
    isDirectory
      ? filesBelow(join(folder, name)).map((path) => `${name}/${path}`)
      : [name]
  );
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
