/**
 * The suite's own file of a world, `.mdp.safetensors`; docs/worlds.md describes it tensor by tensor.
 * The same world gives the same bytes, and their SHA-256 is the world's name in manifests.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import {
  readSafetensors,
  requireTensor,
  type TensorToWrite,
  writeSafetensors,
} from "../files/safetensors.ts";
import type { FiniteMdp } from "../mdp/mdp.ts";
import { validateMdp } from "../mdp/validate.ts";
import { parseOutcomes } from "./world_outcomes.ts";
import { fitPolicy, requirePolicyName, type WorldFile } from "./world_file.ts";

const FORMAT = "holdfast-mdp";
const VERSION = "1";

const TENSORS = [
  "outcome_offsets",
  "probability",
  "next_state",
  "reward",
  "outcome",
  "start",
  "observations",
  "observation_categories",
  "allowed",
];

/** Begins the name of a policy's tensor. */
const POLICY = "policy.";

/**
 * A world as the bytes of a `.mdp.safetensors` file.
 *
 * @example Into bytes and back
 * ```ts
 * import {
 *   mdpRows,
 *   pointStart,
 *   stateIndices,
 *   worldFromSafetensors,
 *   worldToSafetensors,
 * } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const rows = mdpRows(1, 1);
 * rows.add(0, 0, { probability: 1, nextState: 0, reward: 5, outcome: 1 });
 * const mdp = {
 *   stateCount: 1,
 *   actionCount: 1,
 *   ...rows.finish(),
 *   outcomes: [{ name: "goal", ends: true, unsafe: false }],
 *   start: pointStart(1, 0),
 *   horizon: null,
 *   discount: 1,
 *   ...stateIndices(1),
 * };
 * const bytes = worldToSafetensors({ title: "one step", mdp, policies: {} });
 * deepEqual(worldFromSafetensors(bytes, "bytes").mdp, mdp);
 * ```
 */
export function worldToSafetensors(
  { title, mdp, policies, forbidden }: WorldFile,
): Uint8Array<ArrayBuffer> {
  const { stateCount, actionCount } = mdp;
  const count = mdp.probability.length;
  const tensors = new Map<string, TensorToWrite>([
    ["outcome_offsets", {
      shape: [stateCount * actionCount + 1],
      data: mdp.outcomeOffsets,
    }],
    ["probability", { shape: [count], data: mdp.probability }],
    ["next_state", { shape: [count], data: mdp.nextState }],
    ["reward", { shape: [count], data: mdp.reward }],
    ["outcome", { shape: [count], data: mdp.outcome }],
    ["start", { shape: [stateCount], data: mdp.start }],
    ["observations", {
      shape: [stateCount, mdp.observationSize],
      data: mdp.observations,
    }],
  ]);
  if (mdp.observationCategories) {
    const data = Int32Array.from(mdp.observationCategories);
    tensors.set("observation_categories", { shape: [data.length], data });
  }
  if (mdp.allowed) {
    const shape = [stateCount, actionCount];
    tensors.set("allowed", { shape, data: mdp.allowed });
  }
  for (const [name, data] of Object.entries(policies)) {
    tensors.set(POLICY + name, { shape: [stateCount, actionCount], data });
  }
  return writeSafetensors(tensors, {
    format: FORMAT,
    version: VERSION,
    title,
    outcomes: JSON.stringify(
      mdp.outcomes.map(({ name, ends, unsafe }) => ({ name, ends, unsafe })),
    ),
    horizon: String(mdp.horizon ?? "none"),
    discount: String(mdp.discount),
    ...(forbidden && { forbidden }),
  });
}

/**
 * Reads a `.mdp.safetensors` file.
 *
 * @param bytes The whole file.
 * @param name Name of the file, for messages.
 * @throws InputError for damage, another kind of file and tables that make no world, in one line.
 *
 * @example There and back
 * ```ts
 * import {
 *   makeEnvironment,
 *   worldFromSafetensors,
 *   worldToSafetensors,
 * } from "@holdfast/offline-rl";
 * import { deepEqual } from "node:assert/strict";
 *
 * const { title, mdp } = makeEnvironment("taxi");
 * const bytes = worldToSafetensors({ title, mdp, policies: {} });
 * deepEqual(worldFromSafetensors(bytes, "taxi").mdp.start, mdp.start);
 * ```
 */
export function worldFromSafetensors(
  bytes: Uint8Array,
  name: string,
): WorldFile {
  const file = readSafetensors(bytes, name);
  const { metadata } = file;
  if (metadata.format !== FORMAT) {
    throw new InputError(`${name}: holds no world of this suite`);
  }
  if (metadata.version !== VERSION) {
    throw new InputError(
      `${name}: has version ${metadata.version} of the format; version ${VERSION} is read`,
    );
  }
  const { shape: [stateCount], data: start } = requireTensor(
    file,
    "start",
    "F64",
    [-1],
  );
  const offsets = requireTensor(file, "outcome_offsets", "U32", [-1]).data;
  const actionCount = (offsets.length - 1) / stateCount;
  if (!Number.isInteger(actionCount) || actionCount < 1) {
    throw new InputError(
      `${name}: ${offsets.length} outcome_offsets do not fit ${stateCount} states`,
    );
  }
  const { shape: [count], data: probability } = requireTensor(
    file,
    "probability",
    "F64",
    [-1],
  );
  const observations = requireTensor(file, "observations", "F32", [
    stateCount,
    -1,
  ]);
  const observationSize = observations.shape[1];
  const pairs = [stateCount, actionCount];
  const mdp: FiniteMdp = {
    stateCount,
    actionCount,
    outcomeOffsets: offsets,
    probability,
    nextState: requireTensor(file, "next_state", "I32", [count]).data,
    reward: requireTensor(file, "reward", "F64", [count]).data,
    outcome: requireTensor(file, "outcome", "U8", [count]).data,
    outcomes: parseOutcomes(metadata.outcomes ?? "", name),
    start,
    horizon: metadata.horizon === "none" ? null : Number(metadata.horizon),
    discount: Number(metadata.discount),
    observations: observations.data,
    observationSize,
    ...(file.tensors.has("observation_categories") && {
      observationCategories: [
        ...requireTensor(file, "observation_categories", "I32", [
          observationSize,
        ]).data,
      ],
    }),
    ...(file.tensors.has("allowed") && {
      allowed: requireTensor(file, "allowed", "U8", pairs).data,
    }),
  };
  validateMdp(mdp, name);
  const { title = "a world from a file", forbidden } = metadata;
  if (forbidden !== undefined && forbidden !== "uniform") {
    throw new InputError(`${name}: forbidden is ${forbidden}, not uniform`);
  }
  const policies: Record<string, Float64Array> = {};
  for (const tensor of file.tensors.keys()) {
    if (!tensor.startsWith(POLICY)) {
      if (TENSORS.includes(tensor)) continue;
      throw new InputError(`${name}: tensor ${tensor} is no part of a world`);
    }
    const policy = tensor.slice(POLICY.length);
    requirePolicyName(policy, `${name}: policy`);
    const { data } = requireTensor(file, tensor, "F64", pairs);
    policies[policy] =
      fitPolicy(data, { mdp }, `${name}: policy ${policy}`).policy;
  }
  return { title, mdp, policies, ...(forbidden && { forbidden }) };
}
