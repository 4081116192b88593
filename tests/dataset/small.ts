import type { Dataset } from "../../src/dataset/dataset.ts";

/**
 * Three episodes of 2, 1 and 3 transitions, two numbers an observation, three actions: one
 * terminated, one truncated, and the last just stops or, if asked for, is truncated too.
 */
export function smallDataset(lastEnd: "truncated" | "none" = "none"): Dataset {
  return {
    observationSize: 2,
    actionCount: 3,
    observations: Float32Array.of(
      ...[0, 0, 0, 1, 1, 1], // episode 0
      ...[5, -0.5, 6, 0.25], // episode 1
      ...[2, 0, 2, 1, 2, 2, 2, 3], // episode 2
    ),
    actions: Int32Array.of(0, 2, 1, 1, 1, 0),
    rewards: Float32Array.of(-1, 50, -0.1, -1, -1, -100),
    terminated: Uint8Array.of(0, 1, 0, 0, 0, 0),
    truncated: Uint8Array.of(0, 0, 1, 0, 0, lastEnd === "truncated" ? 1 : 0),
    episodeOffsets: Uint32Array.of(0, 2, 3, 6),
  };
}
