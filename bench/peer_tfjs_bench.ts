/**
 * The same step of conservative Q-learning in TensorFlow.js (wasm backend): 2-256-256-4 network,
 * batch 256 of the tutorial's dump, Double DQN target, Huber loss, logsumexp penalty, Adam; float32.
 * The ratio is of both in one process. TensorFlow.js is a development dependency of this file only.
 *
 *     deno bench --config deno.dev.json --allow-read --allow-sys=cpus bench/peer_tfjs_bench.ts
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import "@tensorflow/tfjs-backend-wasm";
import { wasmBackend } from "../src/backends/wasm.ts";
import { uniformDraw } from "../src/dataset/minibatch_plan.ts";
import { unpackParameters } from "../src/network/layout.ts";
import { randomStream } from "../src/numerics/random.ts";
import { benchTask, seed42Dataset } from "./seed42.ts";

const BATCH = 256;
const ALPHA = 6;
const DISCOUNT = 0.99;
/** Steps of an iteration, of both. */
const STEPS = 250;

await tf.setBackend("wasm");
await tf.ready();

const dataset = seed42Dataset();
const draw = uniformDraw(
  randomStream(42, "batch/0"),
  dataset.actions.length,
);
const task = benchTask("cql", 1_000_000);
const layers = unpackParameters(
  task.program.networks[0].layout,
  task.state.buffers.parameters,
);
const online = variables();
const target = variables();
const optimizer = tf.train.adam(3e-4, 0.9, 0.999, 1e-8);

function variables(): tf.Variable[] {
  return layers.flatMap(({ weight, bias, inputs, outputs }) => [
    tf.variable(tf.tensor2d(weight, [inputs, outputs])),
    tf.variable(tf.tensor1d(bias)),
  ]);
}

function forward(network: tf.Variable[], observations: tf.Tensor2D) {
  let x: tf.Tensor2D = observations;
  for (let l = 0; l < network.length; l += 2) {
    x = x.matMul(network[l] as tf.Tensor2D).add(network[l + 1]) as tf.Tensor2D;
    if (l + 2 < network.length) x = x.relu();
  }
  return x;
}

const samples = new Uint32Array(BATCH);
const episodeOf = new Uint32Array(dataset.actions.length);
for (let e = 0; e + 1 < dataset.episodeOffsets.length; e++) {
  episodeOf.fill(e, dataset.episodeOffsets[e], dataset.episodeOffsets[e + 1]);
}

/** One step; returns the loss. */
function step(): number {
  draw(samples);
  const before = new Float32Array(2 * BATCH);
  const after = new Float32Array(2 * BATCH);
  const rewards = new Float32Array(BATCH);
  const discounts = new Float32Array(BATCH);
  const actions = new Int32Array(BATCH);
  samples.forEach((i, s) => {
    const row = 2 * (i + episodeOf[i]);
    before.set(dataset.observations.subarray(row, row + 2), 2 * s);
    after.set(dataset.observations.subarray(row + 2, row + 4), 2 * s);
    rewards[s] = dataset.rewards[i];
    discounts[s] = dataset.terminated[i] ? 0 : DISCOUNT;
    actions[s] = dataset.actions[i];
  });
  return tf.tidy(() => {
    const observations = tf.tensor2d(before, [BATCH, 2]);
    const next = tf.tensor2d(after, [BATCH, 2]);
    const chosen = tf.oneHot(tf.tensor1d(actions, "int32"), 4).toFloat();
    const best = tf.oneHot(forward(online, next).argMax(1), 4).toFloat();
    const y = tf.tensor1d(rewards).add(
      tf.tensor1d(discounts).mul(forward(target, next).mul(best).sum(1)),
    );
    const loss = optimizer.minimize(
      () => {
        const values = forward(online, observations);
        const value = values.mul(chosen).sum(1);
        const size = value.sub(y).abs();
        // Huber at 1: size²/2 up to 1, size - 1/2 beyond.
        const inner = size.minimum(1);
        const huber = inner.square().mul(0.5).add(size.sub(inner)).mean();
        const penalty = logSumExp(values).sub(value).mean();
        return huber.add(penalty.mul(ALPHA)) as tf.Scalar;
      },
      true,
      online,
    )!;
    return loss.dataSync()[0];
  });
}

/** Of each row. `tf.logSumExp` has no gradient in the wasm backend. */
function logSumExp(values: tf.Tensor2D): tf.Tensor {
  const largest = values.max(1, true);
  return values.sub(largest).exp().sum(1).log().add(largest.squeeze([1]));
}

// Both compute the same loss of the same first minibatch.
const check = await wasmBackend({ threads: 1 }).open(
  benchTask("cql", 1_000_000),
);
const [tdLoss, conservativeLoss] = await check.run(1);
await check.close();
const ours = tdLoss + ALPHA * conservativeLoss;
const theirs = step();
console.log(`loss of the first step: ${ours} here, ${theirs} in TensorFlow.js`);
if (!(Math.abs(ours - theirs) < 1e-3 * Math.abs(ours))) {
  throw new Error("the peer does not compute the same step");
}

for (const threads of [1, 2]) {
  const session = await wasmBackend({ threads }).open(
    benchTask("cql", 1_000_000),
  );
  let at = 0;
  await session.run(at += 4000);
  Deno.bench({
    name: `wasm, ${threads} threads, ${STEPS} steps`,
    group: "cql",
    baseline: threads === 2,
    n: 20,
    warmup: 2,
  }, async () => {
    await session.run(at += STEPS);
  });
}
Deno.bench({
  name: `TensorFlow.js ${tf.version.tfjs}, wasm backend, ${STEPS} steps`,
  group: "cql",
  n: 3,
  warmup: 1,
}, () => {
  for (let i = 0; i < STEPS; i++) step();
});
