import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  buildProgram,
  configureAlgorithm,
} from "../../src/algorithms/index.ts";
import { initialState } from "../../src/algorithms/training_state.ts";
import { InputError } from "../../src/errors.ts";
import {
  readSafetensors,
  type TensorToWrite,
  writeSafetensors,
} from "../../src/files/safetensors.ts";
import { type RandomStream, randomStream } from "../../src/numerics/random.ts";
import {
  type Checkpoint,
  checkpointFromBytes,
  checkpointToBytes,
} from "../../src/training/checkpoint.ts";

const SEED = 20261122;
const MUTATIONS = 2_000;
const TASK = "ab".repeat(32);

const programOf = (hidden: number[]) =>
  buildProgram(
    configureAlgorithm("cql", { batchSize: 4, targetUpdateInterval: 10 }),
    { observationSize: 2, hidden, actionCount: 4, tableRows: 9 },
  );
const program = programOf([5]);

/** A checkpoint of two runs in which no two numbers are equal. */
function someCheckpoint(): Checkpoint {
  const { parameterCount } = program.networks[0].layout;
  const state = initialState(program, [[
    new Float32Array(parameterCount),
    new Float32Array(parameterCount),
  ]]);
  let value = 1;
  for (const buffer of Object.values(state.buffers)) {
    for (let i = 0; i < buffer.length; i++) buffer[i] = value++ / 7;
  }
  const sums = Float64Array.from(
    { length: 2 * program.lossTerms.length },
    () => value++ / 3,
  );
  const parameters = Float32Array.from(
    { length: 2 * parameterCount },
    () => value++ / 7,
  );
  return {
    state: { ...state, step: 120 },
    cursor: { step: 120, sums },
    table: "of a table",
    chosen: { value: -12.5, candidate: 3, buffers: { parameters } },
  };
}

const checkpoint = someCheckpoint();
const bytes = checkpointToBytes(checkpoint, TASK);

const read = (bytes: Uint8Array, task = TASK) =>
  checkpointFromBytes(bytes, "f.safetensors", program, task);

/** The message of the error with which a file is refused, or null if it is taken for what it was. */
function refusal(mutated: Uint8Array, what: string): string | null {
  try {
    deepEqual(read(mutated), checkpoint, what);
    return null;
  } catch (error) {
    ok(error instanceof InputError, `${what}: ${error}`);
    ok(!/[\r\n]/.test(error.message), `${what}: ${error.message}`);
    ok(error.message.startsWith("f.safetensors: "), `${what}: ${error}`);
    ok(error.message.length < 400, `${what}: ${error.message}`);
    return error.message;
  }
}

/** Flips, removes, doubles, inserts, moves or cuts bytes; half of the time in the header. */
function mutateBytes(random: RandomStream): Uint8Array {
  const result = [...bytes];
  const header = 8 + bytes[0] + 256 * bytes[1];
  for (let n = 1 + random.integer(4); n > 0; n--) {
    const end = random.integer(2) === 0
      ? result.length
      : Math.min(header, result.length);
    const at = random.integer(end);
    const length = random.integer(12);
    const kind = random.integer(6);
    if (kind === 0) result[at] ^= 1 << random.integer(8);
    else if (kind === 1) result.splice(at, length);
    else if (kind === 2) result.splice(at, 0, ...result.slice(at, at + length));
    else if (kind === 3) result.splice(at, 0, random.integer(256));
    else if (kind === 4) {
      const part = result.splice(at, length);
      result.splice(random.integer(result.length + 1), 0, ...part);
    } else result.length = at;
    if (result.length === 0) result.push(random.integer(256));
  }
  return Uint8Array.from(result);
}

/** Another sound safetensors file: something in it is changed, lost, renamed or of another kind. */
function mutateContent(random: RandomStream): Uint8Array {
  const { metadata, tensors } = readSafetensors(bytes, "f");
  const meta: Record<string, string> = { ...metadata };
  const all = new Map<string, TensorToWrite>(tensors);
  const names = [...all.keys()];
  const name = names[random.integer(names.length)];
  const { shape, data } = all.get(name)!;
  const keys = Object.keys(meta);
  const key = keys[random.integer(keys.length)];
  const kind = random.integer(8);
  if (kind === 0) {
    const texts = ["", "0", "121", "-1", "1e2", "NaN", "9".repeat(400), "x\ny"];
    meta[key] = texts[random.integer(texts.length)];
  } else if (kind === 1) delete meta[key];
  else if (kind === 2) all.delete(name);
  else if (kind === 3) all.set(`${name}2`, { shape, data });
  else if (kind === 4) all.set(name, { shape: [...shape].reverse(), data });
  else if (kind === 5) {
    const other = names[random.integer(names.length)];
    all.set(name, all.get(other)!);
  } else if (kind === 6) {
    const changed = data.slice() as Float32Array;
    changed[random.integer(changed.length)] = [NaN, -0, 1e30, 0][
      random.integer(4)
    ];
    all.set(name, { shape, data: changed });
  } else {all.set(name, {
      shape: [data.length],
      data: new Int32Array(data.length),
    });}
  return writeSafetensors(all, meta);
}

Deno.test("a checkpoint comes back as it was, and its bytes depend on nothing else", () => {
  deepEqual(read(bytes), checkpoint);
  deepEqual(checkpointToBytes(read(bytes), TASK), bytes);
  equal(refusal(bytes, "unchanged"), null);
});

Deno.test("a checkpoint of another training is refused", () => {
  throws(
    () => read(bytes, "cd".repeat(32)),
    new InputError(
      "f.safetensors: not a whole checkpoint of this training: it belongs to another configuration",
    ),
  );
  const wider = programOf([9]);
  throws(
    () => checkpointFromBytes(bytes, "f.safetensors", wider, TASK),
    InputError,
  );
});

Deno.test(`${MUTATIONS} damaged files (seed ${SEED}): one line, or the same checkpoint`, () => {
  const random = randomStream(SEED, "fuzz/checkpoint/bytes");
  let refused = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    if (refusal(mutateBytes(random), `mutation ${i}`) !== null) refused++;
  }
  ok(refused > 0.9 * MUTATIONS, `${refused} refused`);
});

Deno.test(`${MUTATIONS} other sound files (seed ${SEED}): one line, or the same checkpoint`, () => {
  const random = randomStream(SEED, "fuzz/checkpoint/content");
  let refused = 0;
  for (let i = 0; i < MUTATIONS; i++) {
    if (refusal(mutateContent(random), `mutation ${i}`) !== null) refused++;
  }
  ok(refused > 0.9 * MUTATIONS, `${refused} refused`);
});
