import assert from "node:assert/strict";
import type { TrainingTask } from "../../src/backends/backend.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { withMemorySize } from "../../src/backends/wasm_memory_size.ts";
import { InputError } from "../../src/errors.ts";
import { randomTask, type Shape } from "../../src/backends/random_task.ts";

const SHAPE: Shape = {
  algorithm: "cql",
  inputs: 2,
  hidden: [33, 33],
  actions: 4,
  batchSize: 100,
  runs: 1,
  interval: 9,
  episodes: 40,
};

Deno.test("a failure in a thread is reported, and a closed session refuses", async () => {
  const task = randomTask(SHAPE, 5, 10);
  const broken: TrainingTask = {
    ...task,
    plan: {
      ...task.plan,
      fill(words, from, steps) {
        task.plan.fill(words, from, steps);
        // The row of a table that would begin far outside the memory.
        words[task.plan.layout.rows] = 0x0fffffff;
      },
    },
  };
  const backend = wasmBackend({ threads: 3 });
  const session = await backend.open(broken);
  await assert.rejects(session.run(10), /out of bounds/);
  await assert.rejects(session.run(10), /out of bounds/);
  await session.close();
  const other = await backend.open(task);
  await other.close();
  await assert.rejects(other.run(1), /closed/);
});

Deno.test("impossible settings are refused in one line", async () => {
  for (const threads of [0, 1.5, NaN, 257]) {
    assert.throws(() => wasmBackend({ threads }), InputError);
  }
  const task = randomTask(SHAPE, 1, 1);
  const huge = {
    ...task.program,
    buffers: [...task.program.buffers, { name: "huge", length: 2 ** 30 }],
  };
  await assert.rejects(
    async () =>
      await wasmBackend({ threads: 1 }).open({ ...task, program: huge }),
    (error) =>
      error instanceof InputError && /4\.0 GiB/.test(error.message) &&
      !error.message.includes("\n"),
  );
});

Deno.test("a backend of several threads tells how many of them worked, after 1,000 steps", async () => {
  const shape = { ...SHAPE, hidden: [4], batchSize: 4, episodes: 4 };
  for (
    const [threads, told] of [[1, /^null$/], [
      3,
      /^[123] of 3 threads for (100|[1-9]\d) % of the steps$/,
    ]] as const
  ) {
    const backend = wasmBackend({ threads });
    const session = await backend.open(randomTask(shape, 1200, 1));
    await session.run(999);
    assert.equal(backend.usage!(), null);
    await session.run(1200);
    assert.match(`${backend.usage!()}`, told);
    await session.close();
  }
});

Deno.test("a module of another memory is refused", () => {
  const bytes = Deno.readFileSync(
    new URL("../../kernels/kernels.wasm", import.meta.url),
  );
  assert.throws(() => withMemorySize(new Uint8Array(100), 3), /memory/);
  const sized = withMemorySize(bytes, 300);
  assert.equal(sized.length, bytes.length);
  const memory = new WebAssembly.Memory({
    initial: 300,
    maximum: 300,
    shared: true,
  });
  const module = new WebAssembly.Module(sized);
  assert.ok(new WebAssembly.Instance(module, { env: { memory } }));
  const other = new WebAssembly.Memory({
    initial: 301,
    maximum: 301,
    shared: true,
  });
  assert.throws(
    () => new WebAssembly.Instance(module, { env: { memory: other } }),
    WebAssembly.LinkError,
  );
});
