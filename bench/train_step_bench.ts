/**
 * A whole training step of behaviour cloning and of conservative Q-learning at the tutorial's size
 * on the tutorial's dump, on the reference and on wasm with 1, 2 and more threads. One iteration is
 * {@link STEPS} steps, after {@link WARM_UP} that bring the network's zeros to what they are in
 * training; the table printed first has milliseconds a step and GFLOP/s (of a dense computation of
 * every sample, as other libraries do it).
 *
 *     deno bench --allow-read bench/train_step_bench.ts
 *
 * @module
 */
import type { Backend, TrainingSession } from "../src/backends/backend.ts";
import { referenceBackend } from "../src/backends/reference.ts";
import { wasmBackend } from "../src/backends/wasm.ts";
import { type Algorithm, benchTask, denseFlops } from "./seed42.ts";

const STEPS = 256;
const WARM_UP = 4000;
/** Steps that the schedule is made for: more than any machine runs here. */
const LONGEST = 1_000_000;

const cores = navigator.hardwareConcurrency;
const backends: Backend[] = [
  ...new Set([1, 2, cores, 2 * cores]),
].map((threads) => wasmBackend({ threads }));

for (const algorithm of ["bc", "cql"] as Algorithm[]) {
  const warmed = await backends[0].open(benchTask(algorithm, LONGEST));
  await warmed.run(WARM_UP);
  const state = await warmed.read();
  await warmed.close();
  for (const backend of [...backends, referenceBackend]) {
    const steps = backend === referenceBackend ? 2 : STEPS;
    const session: TrainingSession = await backend.open({
      ...benchTask(algorithm, LONGEST),
      state,
    });
    let step = WARM_UP;
    const run = () => session.run(step += steps);
    await run();
    const start = performance.now();
    for (let i = 0; i < 4; i++) await run();
    const milliseconds = (performance.now() - start) / (4 * steps);
    const gigaflops = denseFlops(algorithm) / milliseconds / 1e6;
    console.log(
      `${algorithm}, ${backend.name} (${backend.description}): ${
        milliseconds.toFixed(3)
      } ms a step, ${gigaflops.toFixed(1)} GFLOP/s`,
    );
    Deno.bench({
      name: `${backend.name} (${backend.description}), ${steps} steps`,
      group: algorithm,
      baseline: backend === backends[1],
      n: backend === referenceBackend ? 3 : 10,
      warmup: 1,
    }, async () => {
      await run();
    });
  }
}
