import { ok, rejects } from "node:assert/strict";
import { referenceBackend } from "../../src/backends/reference.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { InputError } from "../../src/errors.ts";
import {
  readSafetensors,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import { checkConformance } from "../../src/training/conformance.ts";

const FIXTURES = [
  "bc_grid",
  "bc_random",
  "cql_grid",
  "cql_random",
  "double_dqn_random",
];

const fixture = (name: string) =>
  Deno.readFileSync(
    new URL(`../fixtures/d3rlpy/${name}.safetensors`, import.meta.url),
  );

for (const backend of [referenceBackend, wasmBackend({ threads: 2 })]) {
  for (const name of FIXTURES) {
    Deno.test(`${backend.name} conforms to d3rlpy: ${name}`, async () => {
      const result = await checkConformance(fixture(name), name, backend);
      ok(result.passed, JSON.stringify(result));
    });
  }
}

Deno.test("a parameter that is off by 1e-4 does not conform; damage is told in one line", async () => {
  const bytes = fixture("bc_random");
  const { tensors, metadata } = readSafetensors(bytes.slice(), "bc_random");
  const bias = tensors.get("expect.step1.0.bias")!.data as Float64Array;
  bias[0] += 1e-4;
  const off = writeSafetensors(tensors, metadata);
  const { passed } = await checkConformance(off, "off", referenceBackend);
  ok(!passed);
  await rejects(
    checkConformance(bytes.slice(0, -8), "short", referenceBackend),
    InputError,
  );
});
