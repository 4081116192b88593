import assert from "node:assert/strict";
import { KERNELS } from "../../kernels/mod.ts";
import { PROBED, probeDevice } from "../../src/backends/probe.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { stages } from "../../src/backends/webgpu_stages.ts";
import { openGpuThread } from "../../src/backends/webgpu_thread.ts";
import { gpuTest } from "./backends.ts";
import { trained } from "./results.ts";

Deno.test("the probe's trainings call every kernel, with target updates before the last step", async () => {
  const called = new Set<string>();
  const seen = { table: false, step: false, blocks: 0, workgroups: 0 };
  for (const { name, open } of PROBED) {
    const { program, state } = open();
    assert.ok(state.runs >= 2, name);
    const { step, targetUpdate, sweep, targetUpdateInterval } = program;
    for (const { kernel } of [...step, ...targetUpdate, ...sweep]) {
      called.add(kernel);
    }
    if (targetUpdateInterval > 0) {
      assert.ok(targetUpdateInterval < 5, name);
      assert.equal(name.includes("target table"), sweep.length > 0, name);
      seen[sweep.length > 0 ? "table" : "step"] = true;
    }
    if (sweep.length > 0) {
      const blocks = program.tableRows / program.plan.rowCapacity;
      seen.blocks = Math.max(seen.blocks, Math.ceil(blocks));
    }
    for (const { rowBlocks } of stages(step, program.plan, () => 0, 1, true)) {
      seen.workgroups = Math.max(seen.workgroups, rowBlocks);
    }
    const { losses, state: after } = await trained(referenceBackend, open, [5]);
    assert.ok(losses.every(Number.isFinite), name);
    for (const [buffer, values] of Object.entries(after.buffers)) {
      assert.ok(values.every(Number.isFinite), `${name}: ${buffer}`);
      // What does not change in five steps would measure nothing.
      assert.notDeepEqual(values, state.buffers[buffer], `${name}: ${buffer}`);
    }
  }
  assert.deepEqual([...called].sort(), Object.keys(KERNELS).sort());
  assert.ok(seen.table && seen.step && seen.blocks >= 2, JSON.stringify(seen));
  assert.ok(seen.workgroups > 2);
});

gpuTest("passes the probe", async () => {
  const { arithmetic, golden, failure } = await probeDevice(openGpuThread);
  assert.equal(failure, null);
  assert.equal(arithmetic.guardedDifferences, 0);
  assert.deepEqual(
    golden,
    PROBED.map(({ name }) => ({ training: name, differences: 0 })),
  );
});
