"""The training step of the tutorial's learners in JAX, jitted and run under lax.scan on the CPU.

peer_jax.ts starts this and sends lines on standard input. The first is JSON: the data set's columns,
the layers of both networks [weight, bias], and a minibatch of which both losses are answered. Each other
line is `NAME STEPS`: that many steps of `bc` or `cql`, answered with the milliseconds that one took.
"""

import json
import sys
import time

import jax
import jax.numpy as jnp

BATCH = 256
ALPHA, BETA, RATE = 6.0, 0.5, 3e-4

given = json.loads(sys.stdin.readline())
data = {
    name: jnp.asarray(values, jnp.int32 if name == "actions" else jnp.float32)
    for name, values in given["columns"].items()
}
transitions = data["actions"].shape[0]


def network(layers, x):
    for weight, bias in layers[:-1]:
        x = jax.nn.relu(x @ weight + bias)
    weight, bias = layers[-1]
    return x @ weight + bias


def chosen(values, actions):
    return jnp.take_along_axis(values, actions[:, None], 1)[:, 0]


def huber(difference):
    size = jnp.abs(difference)
    return jnp.where(size > 1, size - 0.5, 0.5 * size * size)


def clone_loss(layers, _, batch):
    logits = jax.nn.log_softmax(network(layers, batch["observations"]))
    return -chosen(logits, batch["actions"]).mean() + BETA * (logits**2).mean()


def q_loss(layers, target, batch):
    values = network(layers, batch["observations"])
    best = network(jax.lax.stop_gradient(layers), batch["nextObservations"]).argmax(1)
    y = batch["rewards"] + batch["discounts"] * chosen(
        network(target, batch["nextObservations"]), best
    )
    value = chosen(values, batch["actions"])
    conservative = jax.nn.logsumexp(values, axis=1) - value
    return huber(value - y).mean() + ALPHA * conservative.mean()


def adam(layers, moments, gradient, step):
    first, second = moments
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
    rate = RATE / (1 - 0.9**step)
    scale = jax.lax.rsqrt(1 - 0.999**step)
    layers = jax.tree.map(
        lambda p, m, v: p - rate * m / (jnp.sqrt(v) * scale + 1e-8), layers, first, second
    )
    return layers, (first, second)


def learner(loss):
    def step(carry, indices):
        layers, target, moments, t = carry
        value, gradient = jax.value_and_grad(loss)(layers, target, batch_of(indices))
        layers, moments = adam(layers, moments, gradient, t + 1.0)
        return (layers, target, moments, t + 1.0), value

    return jax.jit(lambda carry, indices: jax.lax.scan(step, carry, indices))


def batch_of(indices):
    return {name: column[indices] for name, column in data.items()}


losses = {"bc": clone_loss, "cql": q_loss}
learners = {name: learner(loss) for name, loss in losses.items()}
carries = {}
first = {}
for name, loss in losses.items():
    layers = [
        (jnp.asarray(weight, jnp.float32), jnp.asarray(bias, jnp.float32))
        for weight, bias in given["layers"][name]
    ]
    zeros = jax.tree.map(jnp.zeros_like, layers)
    carries[name] = (layers, layers, (zeros, zeros), 0.0)
    first[name] = float(loss(layers, layers, batch_of(jnp.asarray(given["minibatch"]))))
key = jax.random.key(0)
print(json.dumps({"version": jax.__version__, "losses": first}), flush=True)

for line in sys.stdin:
    name, steps = line.split()
    key, draw = jax.random.split(key)
    indices = jax.random.randint(draw, (int(steps), BATCH), 0, transitions)
    indices.block_until_ready()
    begun = time.perf_counter()
    carries[name], values = learners[name](carries[name], indices)
    values.block_until_ready()
    elapsed = time.perf_counter() - begun
    print(1e3 * elapsed / int(steps), flush=True)
