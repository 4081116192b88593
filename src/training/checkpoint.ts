/**
 * Checkpoints: the training state and how far it is, in one file with a hash of its own.
 *
 * @module
 */
import type { TrainingState } from "../algorithms/training_state.ts";
import { decidingBuffers } from "../algorithms/decided_policy.ts";
import type { Program } from "../algorithms/program.ts";
import {
  readSafetensors,
  requireTensor,
  type TensorToWrite,
  writeSafetensors,
} from "../files/safetensors.ts";
import { InputError } from "../errors.ts";
import { sha256Hex } from "../numerics/hash.ts";
import type { Cursor } from "./train.ts";

const FORMAT = "holdfast/checkpoint/3";

/** What training resumes from. */
export interface Checkpoint {
  /** State of the training. */
  readonly state: TrainingState;
  /** How far training was. */
  readonly cursor: Cursor;
  /** SHA-256 of the training table up to here, as its file holds it. */
  readonly table: string;
  /** The best policy so far, where checkpoints are chosen by a criterion. */
  readonly chosen?: ChosenParameters;
}

/** Parameters that training may leave in place of the last. */
export interface ChosenParameters {
  /** Their worth by the criterion. */
  readonly value: number;
  /** What of the ensemble they are: a number of the criterion's. */
  readonly candidate: number;
  /** [runs, length] of each buffer of the training state that a policy is made of. */
  readonly buffers: Readonly<Record<string, Float32Array>>;
}

/**
 * Writes a checkpoint: the program's state buffers f32 [runs, length], `intervalSums` f64, where there
 * is one the chosen policy's `chosenParameters` f32 (and what else it is made of, named likewise) and
 * `chosenValue` f64 (its value and candidate), and in the metadata `format`,
 * `step`, `task` (the hash of what is trained), `table` (the hash of the training table up to here) and
 * `sha256` of all that it says.
 *
 * @param task Names what is trained; a checkpoint is only used for the same.
 */
export function checkpointToBytes(
  { state, cursor, table, chosen }: Checkpoint,
  task: string,
): Uint8Array {
  const tensors = new Map<string, TensorToWrite>();
  for (const [name, data] of Object.entries(state.buffers)) {
    tensors.set(name, { shape: [state.runs, data.length / state.runs], data });
  }
  const { sums } = cursor;
  tensors.set("intervalSums", {
    shape: [state.runs, sums.length / state.runs],
    data: sums,
  });
  if (chosen) {
    const { value, candidate, buffers } = chosen;
    for (const [name, data] of Object.entries(buffers)) {
      const shape = [state.runs, data.length / state.runs];
      tensors.set(chosenName(name), { shape, data });
    }
    const data = Float64Array.of(value, candidate);
    tensors.set("chosenValue", { shape: [2], data });
  }
  return writeSafetensors(tensors, {
    format: FORMAT,
    step: String(cursor.step),
    task,
    table,
    sha256: contentHash([cursor.step, task, table], tensors),
  });
}

/**
 * Reads a checkpoint of that program and task.
 *
 * @param name Name of the file, for messages.
 * @throws InputError if it is damaged or of something else.
 */
export function checkpointFromBytes(
  bytes: Uint8Array,
  name: string,
  program: Program,
  task: string,
): Checkpoint {
  const file = readSafetensors(bytes, name);
  const fail = (what: string): never => {
    throw new InputError(
      `${name}: not a whole checkpoint of this training: ${what}`,
    );
  };
  const { metadata } = file;
  if (metadata.format !== FORMAT) fail(`its format is not ${FORMAT}`);
  if (metadata.task !== task) fail("it belongs to another configuration");
  if (!/^\d{1,15}$/.test(metadata.step)) fail("its step is not a number");
  const step = Number(metadata.step);
  const { table, sha256 } = metadata;
  if (sha256 !== contentHash([step, task, table], file.tensors)) {
    fail("its content does not have the hash that it states");
  }
  const terms = program.lossTerms.length;
  const sums = requireTensor(file, "intervalSums", "F64", [-1, terms]);
  const [runs] = sums.shape;
  const read = (keys: readonly string[], nameOf = (key: string) => key) =>
    Object.fromEntries(
      keys.map((key) => {
        const { length } = program.buffers.find(({ name }) => name === key)!;
        const shape = [runs, length];
        return [key, requireTensor(file, nameOf(key), "F32", shape).data];
      }),
    );
  const buffers = read(program.state);
  const known = new Set([...Object.keys(buffers), "intervalSums"]);
  let chosen: ChosenParameters | undefined;
  if (file.tensors.has("chosenValue")) {
    const { data } = requireTensor(file, "chosenValue", "F64", [2]);
    const [value, candidate] = data;
    if (!Number.isSafeInteger(candidate) || candidate < 0) {
      fail("what it says of its policy is no number");
    }
    const names = decidingBuffers(program);
    chosen = { value, candidate, buffers: read(names, chosenName) };
    for (const name of names) known.add(chosenName(name));
    known.add("chosenValue");
  }
  for (const key of file.tensors.keys()) {
    if (!known.has(key)) fail(`it holds an unknown tensor ${key}`);
  }
  return {
    state: { step, runs, buffers },
    cursor: { step, sums: sums.data },
    table,
    chosen,
  };
}

/** What a buffer of the chosen policy is called: `parameters` becomes `chosenParameters`. */
function chosenName(name: string): string {
  return `chosen${name[0].toUpperCase()}${name.slice(1)}`;
}

/** Hash of everything that the checkpoint says: metadata, and each tensor's name, shape and bytes. */
function contentHash(
  metadata: readonly (string | number)[],
  tensors: ReadonlyMap<string, TensorToWrite>,
): string {
  // By name: a file has its tensors in an order of its own.
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const parts = sorted.map(([name, { shape, data }]) =>
    `${name} ${shape} ${
      sha256Hex(
        new Uint8Array(
          data.buffer as ArrayBuffer,
          data.byteOffset,
          data.byteLength,
        ),
      )
    }`
  );
  return sha256Hex(
    new TextEncoder().encode([...metadata, ...parts].join("\n")),
  );
}
