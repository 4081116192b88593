/**
 * Whether BC trained beside CQL is done sooner than both one after the other on all threads, in the default
 * pipeline's proportion of steps. Both ways take turns; a ratio above 1 is for training beside.
 *
 *     deno run --allow-read bench/beside.ts
 *
 * @module
 */
import { wasmBackend } from "../src/backends/wasm.ts";
import { type Algorithm, benchTask } from "./seed42.ts";

const STEPS = { bc: 1500, cql: 4800 } as const;
const WARM_UP = 4000;
const ROUNDS = 7;

async function opened(algorithm: Algorithm, threads?: number) {
  const session = await wasmBackend({ threads }).open(
    benchTask(algorithm, 1_000_000),
  );
  let step = WARM_UP;
  await session.run(step);
  return {
    train: () => session.run(step += STEPS[algorithm]),
    close: () => session.close(),
  };
}

const bc = await opened("bc");
const cql = await opened("cql");
const bcAlone = await opened("bc", 1);

async function seconds(train: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await train();
  return (performance.now() - begun) / 1000;
}

const ratios: number[] = [];
for (let round = 1; round <= ROUNDS; round++) {
  const after = await seconds(async () => {
    await bc.train();
    await cql.train();
  });
  const beside = await seconds(() =>
    Promise.all([bcAlone.train(), cql.train()])
  );
  ratios.push(after / beside);
  console.log(
    `round ${round}: one after the other ${after.toFixed(2)} s, beside ${
      beside.toFixed(2)
    } s, ratio ${(after / beside).toFixed(2)}`,
  );
}
ratios.sort((a, b) => a - b);
console.log(
  `${ratios[0].toFixed(2)} to ${ratios[ROUNDS - 1].toFixed(2)}, median ${
    ratios[ROUNDS >> 1].toFixed(2)
  }`,
);
await Promise.all([bc, cql, bcAlone].map((session) => session.close()));
