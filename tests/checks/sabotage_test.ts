/** Faults planted in backends have to be noticed; `deno task sabotage` plants all of them. */
import assert from "node:assert/strict";
import { KERNELS } from "../../kernels/mod.ts";
import { type StageSource, stageSource } from "../../kernels/wgsl.ts";
import {
  faultNames,
  FAULTS,
  isCaught,
  plantFaults,
} from "../../src/checks/sabotage/sabotage.ts";
import { lavapipeTest } from "../backends/backends.ts";

/** Some of each kind, and what once passed unnoticed. */
const PLANTED = [
  "webgpu: guard removed",
  "webgpu: fused multiply-add in the forward pass",
  "webgpu: built-in square root",
  "webgpu: every run but the first lost",
  "webgpu: the last of three or more workgroups lost",
  "webgpu: threads of a workgroup do not wait for each other",
  "webgpu: scatter dropped",
  "webgpu: highest index on ties in the samples of Q-learning",
  "webgpu: action noise ignored",
  "webgpu: gradient passes units at 0",
  "webgpu: losses of the steps reversed",
  "webgpu: target update removed",
  "webgpu: target update one step late",
  "webgpu: the sweep's last block lost",
  "webgpu: each step with the plan of the step before",
  "webgpu: rows that come with plans not uploaded",
  "webgpu: transposed weights of the step before",
  "wasm: no barrier within a step",
  "wasm: two threads with the same share of rows",
  "wasm: two threads with the same share where not all work",
  "wasm: no target update",
  "wasm: the sweep's last rows lost",
];

async function allNoticed(backend: "webgpu" | "wasm"): Promise<void> {
  const names = PLANTED.filter((name) => name.startsWith(`${backend}:`));
  const planted: string[] = [];
  for await (const found of plantFaults(names, false)) {
    planted.push(`${found.backend}: ${found.fault}`);
    assert.ok(isCaught(found), found.fault);
  }
  assert.deepEqual(planted.sort(), names.sort());
}

lavapipeTest(
  "faults planted in the GPU are noticed",
  () => allNoticed("webgpu"),
);

Deno.test("faults planted in the wasm backend are noticed", () =>
  allNoticed("wasm"));

Deno.test("what faults replace in shaders is there", () => {
  for (const { name, gpu } of FAULTS) {
    if (!gpu?.wgsl) continue;
    const changed = Object.values(KERNELS).filter((kernel) => {
      const buffers = Object.entries(kernel.buffers);
      const stage: StageSource = {
        memories: buffers.map(([buffer, access]) => ({
          element: kernel.vec4?.includes(buffer) ? "vec4f" : "f32",
          readOnly: access === "read",
        })),
        bodies: [{ kernel, memories: buffers.map((_, i) => i) }],
        segments: [{ body: 0, calls: 1, waits: true }],
        threads: 64,
      };
      return stageSource(stage, gpu.wgsl) !== stageSource(stage);
    });
    assert.ok(changed.length > 0, name);
  }
});

Deno.test("no fault of the catalogue has another's name", () => {
  const names = faultNames(["webgpu", "wasm"]);
  assert.ok(names.length >= 40);
  assert.equal(new Set(names).size, names.length);
});
