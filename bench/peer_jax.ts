/**
 * The training step against JAX: the same step, jitted and under `lax.scan` on the CPU
 * (`peer_jax.py`); 2-256-256-4 network, batch 256 of the tutorial's dump, Adam, float32. Short blocks
 * of steps of the peer and of the suite take turns, so that both meet the same machine. A round's
 * times are the fastest blocks of each; its ratio is of those, and in brackets of the means. Both begin
 * with the same parameters, and have the same loss of the first minibatch, which is checked.
 *
 *     deno run --allow-read --allow-run bench/peer_jax.ts --python venv/bin/python
 *
 * @module
 */
import { parseArgs } from "node:util";
import { wasmBackend } from "../src/backends/wasm.ts";
import { uniformDraw } from "../src/dataset/minibatch_plan.ts";
import { unpackParameters } from "../src/network/layout.ts";
import { randomStream } from "../src/numerics/random.ts";
import { type Algorithm, benchTask, seed42Dataset } from "./seed42.ts";

/** Steps of a block, and blocks of a round, of each. */
const STEPS = 64;
const BLOCKS = 32;
const WARM_UP = 4000;
const LONGEST = 1_000_000;
const DISCOUNT = 0.99;
const ALGORITHMS: readonly Algorithm[] = ["cql", "bc"];

const { values: flags } = parseArgs({
  options: {
    python: { type: "string", default: "python3" },
    rounds: { type: "string", default: "5" },
    threads: { type: "string", default: `${navigator.hardwareConcurrency}` },
  },
});
const rounds = Number(flags.rounds);
const backend = wasmBackend({ threads: Number(flags.threads) });

const dataset = seed42Dataset();

/** The dump's transitions as columns. */
function columns() {
  const { observations, episodeOffsets } = dataset;
  const at = (row: number) => [...observations.subarray(2 * row, 2 * row + 2)];
  const before: number[][] = [];
  const after: number[][] = [];
  for (let e = 0; e + 1 < episodeOffsets.length; e++) {
    for (let i = episodeOffsets[e]; i < episodeOffsets[e + 1]; i++) {
      before.push(at(i + e));
      after.push(at(i + e + 1));
    }
  }
  return {
    observations: before,
    nextObservations: after,
    actions: [...dataset.actions],
    rewards: [...dataset.rewards],
    discounts: Array.from(dataset.terminated, (end) => end ? 0 : DISCOUNT),
  };
}

/** The first parameters as the peer takes them, [weight, bias] of each layer. */
function firstLayers(algorithm: Algorithm) {
  const { program, state } = benchTask(algorithm, LONGEST);
  return unpackParameters(
    program.networks[0].layout,
    state.buffers.parameters,
  ).map(({ weight, bias, inputs, outputs }) => [
    Array.from(
      { length: inputs },
      (_, i) => [...weight.subarray(i * outputs, (i + 1) * outputs)],
    ),
    [...bias],
  ]);
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (text + part).split("\n");
    text = lines.pop()!;
    yield* lines;
  }
}

const peer = new Deno.Command(flags.python, {
  args: [new URL("peer_jax.py", import.meta.url).pathname],
  stdin: "piped",
  stdout: "piped",
}).spawn();
const input = peer.stdin.getWriter();
const answers = linesOf(peer.stdout);

async function ask(line: string) {
  await input.write(new TextEncoder().encode(`${line}\n`));
  const { value, done } = await answers.next();
  if (done) throw new Error(`${flags.python} stopped: has it jax?`);
  return JSON.parse(value);
}

const minibatch = new Uint32Array(256);
uniformDraw(randomStream(42, "batch/0"), dataset.actions.length)(minibatch);
const { version, losses } = await ask(JSON.stringify({
  columns: columns(),
  layers: Object.fromEntries(
    ALGORITHMS.map((name) => [name, firstLayers(name)]),
  ),
  minibatch: [...minibatch],
}));
console.log(
  `JAX ${version} and ${backend.description}, ms a step, fastest of ${BLOCKS} blocks of ${STEPS} steps (mean)`,
);

const mean = (values: readonly number[]) =>
  values.reduce((a, b) => a + b) / values.length;

for (const algorithm of ALGORITHMS) {
  const task = benchTask(algorithm, LONGEST);
  const session = await backend.open(task);
  const first = await session.run(1);
  const loss = task.program.lossTerms.reduce(
    (sum, { weight }, t) => sum + weight * first[t],
    0,
  );
  console.log(`${algorithm}, first loss: ${losses[algorithm]}, ${loss}`);
  if (!(Math.abs(loss - losses[algorithm]) < 1e-4 * Math.abs(loss))) {
    throw new Error("the peer does not compute the same step");
  }
  let step = WARM_UP;
  await session.run(step);
  await ask(`${algorithm} ${WARM_UP}`);
  await ask(`${algorithm} ${STEPS}`);
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const theirs: number[] = [];
    const ours: number[] = [];
    for (let block = 0; block < BLOCKS; block++) {
      theirs.push(await ask(`${algorithm} ${STEPS}`));
      const begun = performance.now();
      await session.run(step += STEPS);
      ours.push((performance.now() - begun) / STEPS);
    }
    const [a, b] = [Math.min(...theirs), Math.min(...ours)];
    const [c, d] = [mean(theirs), mean(ours)];
    ratios.push(a / b);
    console.log(
      `${algorithm}, round ${round}: ${a.toFixed(3)} (${c.toFixed(3)}) and ${
        b.toFixed(3)
      } (${d.toFixed(3)}), ratio ${(a / b).toFixed(2)} (${(c / d).toFixed(2)})`,
    );
  }
  await session.close();
  const sorted = ratios.toSorted((a, b) => a - b);
  console.log(
    `${algorithm}: ${sorted[0].toFixed(2)} to ${
      sorted[rounds - 1].toFixed(2)
    } times as fast, median ${sorted[rounds >> 1].toFixed(2)}`,
  );
}
await input.close();
await peer.status;
