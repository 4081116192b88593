/**
 * A study as an array job of Slurm.
 *
 * @module
 */
import { InputError } from "../mod.ts";
import { shellWord } from "./cli.ts";

/** What is to be submitted. */
export interface SlurmJob {
  /** The command of the study without `--shard`, as words. */
  readonly command: readonly string[];
  /** The folder of the suite, in which it runs. */
  readonly project: string;
  /** The folder of the user, to which paths in the command are relative. */
  readonly user: string;
  /** The study's folder, which every node sees. */
  readonly out: string;
  /** Tasks of the array: as many shards. */
  readonly tasks: number;
  /** Further options of sbatch, as a user writes them. */
  readonly options: string;
}

/** Times that Slurm runs a task again before it counts as failed. */
const RESTARTS = 20;

/**
 * The script of the array job. Each task computes a shard in the common folder. A task that is ended, by a
 * time limit, a preemption or a kill, is queued again and goes on from its last checkpoint; one whose
 * command is wrong (exit code 2) is not.
 */
export function arrayScript(job: SlurmJob): string {
  const { tasks } = job;
  return `#!/bin/bash
#SBATCH --job-name=study
#SBATCH --array=0-${tasks - 1}
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --signal=B:TERM@30
#SBATCH --output=${wordsFile(job, "%A_%a")}
${place(job)}
# The shell waits, so that it hears SIGTERM, and passes it on: the study keeps what is finished.
${words(job)} \\
  --shard "$SLURM_ARRAY_TASK_ID/${tasks}" --jobs "\${SLURM_CPUS_PER_TASK:-1}" &
study=$!
trap 'kill -TERM $study' TERM
wait $study; code=$?
while kill -0 $study 2>/dev/null; do wait $study; code=$?; done
# One that its user cancels (COMPLETING), or that Slurm queues again by itself, is no longer running.
if [ $code -gt 2 ] && [ "\${SLURM_RESTART_COUNT:-0}" -lt ${RESTARTS} ] &&
  scontrol show job "$SLURM_JOB_ID" | grep -q JobState=RUNNING; then
  scontrol requeue "\${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit $code
`;
}

/** The script of the job that gathers: it runs when all tasks have ended, however they did. */
export function mergeScript(job: SlurmJob): string {
  return `#!/bin/bash
#SBATCH --job-name=study-merge
#SBATCH --open-mode=append
#SBATCH --output=${wordsFile(job, "%A_merge")}
${place(job)}
exec ${words(job)} --merge ${shellWord(job.out)}
`;
}

/** Where the tasks' own words go: beside the study, which holds nothing but itself. */
function logs({ out }: SlurmJob): string {
  return `${out}.slurm`;
}

/** The file of a task's own words as a directive of sbatch, which is no shell, takes it. */
function wordsFile(job: SlurmJob, name: string): string {
  const folder = logs(job).replaceAll("%", "%%").replaceAll(/["\\]/g, "\\$&");
  return `"${folder}/${name}.txt"`;
}

function place({ project, user }: SlurmJob): string {
  return `cd ${shellWord(project)} || exit 2\nexport INIT_CWD=${
    shellWord(user)
  }`;
}

function words({ command }: SlurmJob): string {
  return command.map(shellWord).join(" ");
}

/**
 * Submits both jobs. Nothing stays at work here.
 *
 * @returns The number of the array job and that of the job that gathers.
 * @throws InputError if sbatch is not there or refuses.
 */
export async function submit(job: SlurmJob): Promise<[string, string]> {
  const array = await sbatch(job, arrayScript(job), []);
  const merge = await sbatch(job, mergeScript(job), [
    `--dependency=afterany:${array}`,
  ]);
  return [array, merge];
}

async function sbatch(
  job: SlurmJob,
  script: string,
  own: readonly string[],
): Promise<string> {
  const { options } = job;
  Deno.mkdirSync(logs(job), { recursive: true });
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command("sbatch", {
      args: ["--parsable", ...own, ...options.split(/\s+/).filter(Boolean)],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  } catch {
    throw new InputError(
      "--submit: sbatch is not to be found; submit where Slurm is, or see the scripts with --print",
    );
  }
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  if (!success) throw new InputError(`--submit: ${text(stderr)}`);
  // CLUSTER follows where there are several.
  return text(stdout).split(";")[0];
}
