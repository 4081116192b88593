import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";
import { listFiles } from "../../src/run/manifest.ts";

const root = join(import.meta.dirname!, "../..");
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function isInstalled(...programs: string[]): boolean {
  return programs.every((program) =>
    new Deno.Command("sh", { args: ["-c", `command -v ${program}`] })
      .outputSync().success
  );
}

const overrides = {
  environment: { size: 5, maxSteps: 20 },
  network: { hidden: [16] },
  algorithms: {
    bc: { steps: 300, batchSize: 32, logInterval: 100 },
    cql: { steps: 3_000, batchSize: 32, logInterval: 500 },
  },
};

/** Runs a line of the shell that may use `$study`, the command of the study without a folder. */
async function shell(folder: string, line: string): Promise<string> {
  const config = join(folder, "config.json");
  Deno.writeTextFileSync(config, JSON.stringify(overrides));
  const study = [
    ...[Deno.execPath(), "task", "-q", "study", "--preset", "smoke"],
    ...["--seeds", "0..3", "--backend", "reference", "--config", config],
  ].join(" ");
  // By way of sh, which the test task may run.
  const child = new Deno.Command("sh", {
    args: ["-c", "exec bash -s"],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`study="${study}"\n${line}`));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const said = text(stdout) + text(stderr);
  equal(success, true, said);
  return said;
}

const hashes = (directory: string) =>
  listFiles(directory).map(({ path, sha256 }) => `${path} ${sha256}`);

let alone: Promise<string[]> | undefined;

/** Hashes of the study of one process, computed once. */
function expected(): Promise<string[]> {
  return alone ??= (async () => {
    const folder = Deno.makeTempDirSync();
    try {
      await shell(folder, `$study --out ${folder}/alone`);
      return hashes(join(folder, "alone"));
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  })();
}

const isRoot = Deno.build.os === "linux" &&
  new Deno.Command("sh", { args: ["-c", '[ "$(id -u)" = 0 ]'] }).outputSync()
    .success;
const hasSlurm = isRoot &&
  isInstalled("slurmctld", "slurmd", "munged", "sbatch");

Deno.test({
  name:
    "Slurm: an array of four tasks on two nodes, one killed, one queued again, all preempted, has the bytes of one process" +
    (hasSlurm
      ? ""
      : " (ignored: slurm-wlm and munge are not installed, or the user is not root)"),
  ignore: !hasSlurm,
  async fn() {
    const folder = Deno.makeTempDirSync();
    try {
      const port = 17_000 + 10 * (Deno.pid % 100);
      const said = await shell(
        folder,
        `
cd ${root}
source tests/scripts/slurm-cluster.sh ${folder}/cluster ${port} || { echo no cluster; cat ${folder}/cluster/*.log; exit 1; }
trap stop_cluster EXIT
$study --submit slurm --tasks 4 --out ${folder}/study || exit 1
array=$(squeue -h -o %F | sort -n | head -1)
wait_for() { local end=$((SECONDS + 90)); while [ $SECONDS -lt $end ]; do eval "$1" && return 0; sleep 0.1; done; echo "waited in vain: $1"; squeue; exit 1; }
# What is queued again waits two minutes by itself; begun within a second, it would lack its credential.
hurry() {
  local jobs=$(squeue -h -t PD -o '%i %r' | awk '/BeginTime/ { print $1 }')
  [ -z "$jobs" ] || sleep 2
  for job in $jobs; do scontrol update job=$job starttime=now > /dev/null; done
  [ -z "$(squeue -h)" ]
}
# A task dies without a word.
wait_for '[ -e ${folder}/study/.work/0-of-4.log ]'
wait_for 'pkill -9 -f -- "--shard 0/[4]"'
# Both nodes are taken away for more important work, before theirs is done: it stands still until Slurm ends it.
wait_for 'pkill -STOP -f -- "--shard [1-3]/[4]"'
sbatch --parsable -p high -N 2 --output=/dev/null --wrap true
wait_for 'grep -q PREEMPTION ${folder}/study.slurm/*'
wait_for '[ -z "$(squeue -h -p high)" ]'
# Another is queued again by its user.
wait_for 'hurry; task=$(squeue -h -t R -n study -o %K | head -1); [ -n "$task" ]'
scontrol requeue "\${array}_$task" || exit 1
wait_for hurry
cat ${folder}/study.slurm/*
# One that is cancelled is not queued again; of a folder with a space.
$study --submit slurm --tasks 1 --jobs 1 --out "${folder}/the second" || exit 1
wait_for '[ -e "${folder}/the second/.work/0-of-1.log" ]'
scancel --name study
wait_for '[ -z "$(squeue -h)" ]'
`,
      );
      match(said, /12 cells, about .* of one thread of this machine/);
      deepEqual(hashes(join(folder, "study")), await expected(), said);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

const hasParallel = Deno.build.os === "linux" && isInstalled("parallel");

Deno.test({
  name:
    "GNU parallel: shards in folders of their own, gathered, have the bytes of one process" +
    (hasParallel ? "" : " (ignored: parallel is not installed)"),
  ignore: !hasParallel,
  async fn() {
    const folder = Deno.makeTempDirSync();
    try {
      await shell(
        folder,
        `
parallel --will-cite -j 2 $study --shard {}/3 --jobs 1 --out ${folder}/shard-{} ::: 0 1 2 || exit 1
$study --out ${folder}/study --merge ${folder}/shard-0,${folder}/shard-1,${folder}/shard-2
`,
      );
      deepEqual(hashes(join(folder, "study")), await expected());
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});

Deno.test({
  name:
    "Kubernetes: the command of docs/clusters.md in three pods, one of them begun again, has the bytes of one process",
  ignore: Deno.build.os === "windows",
  async fn() {
    const page = Deno.readTextFileSync(join(root, "docs/clusters.md"));
    const [, manifest] = /```yaml\n([^]*?)```/.exec(page)!;
    match(manifest, /^apiVersion: batch\/v1\nkind: Job\n/);
    match(manifest, /\n {2}completionMode: Indexed\n/);
    const [, pods] = /\n {2}completions: (\d+)\n/.exec(manifest)!;
    match(manifest, /\n {10}command: \["sh", "-c"\]\n/);
    // A plain text of several lines is one line in YAML.
    const [, block] = /\n {10}args:\n {12}- ([^]*?)\n {10}\w/.exec(manifest)!;
    const command = block.replace(/\s+/g, " ");
    equal(
      command,
      "exec deno task study --preset safe --seeds 0..99 --jobs 1 " +
        `--shard "$JOB_COMPLETION_INDEX/${pods}" --out /data/study`,
    );
    const folder = Deno.makeTempDirSync();
    try {
      const small = command.replaceAll(/--preset safe --seeds 0..99/g, "$SMALL")
        .replace(`/${pods}"`, '/3"').replace("/data/study", `${folder}/study`);
      Deno.writeTextFileSync(join(folder, "container.sh"), small);
      await shell(
        folder,
        `
mkdir ${folder}/bin
printf '#!/bin/sh\\nexec ${Deno.execPath()} "$@"\\n' > ${folder}/bin/deno
chmod +x ${folder}/bin/deno
export PATH=${folder}/bin:$PATH
export SMALL="\${study#*study }"
for index in 0 1 1 2; do
  JOB_COMPLETION_INDEX=$index sh -c "$(cat ${folder}/container.sh)" || exit 1
done
$study --out ${folder}/study --merge ${folder}/study
`,
      );
      deepEqual(hashes(join(folder, "study")), await expected());
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
