import { deepEqual } from "node:assert/strict";
import { join } from "node:path";
import { referenceBackend } from "../../src/backends/reference.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import type { ConfigOverrides } from "../../src/config/config.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import { smallOverrides } from "./small_run.ts";

Deno.test("the greedy actions of a grid are lists along its lines", async () => {
  const folder = Deno.makeTempDirSync();
  const linesOf = async (
    name: string,
    environment: ConfigOverrides["environment"],
  ) => {
    const { policies } = await runPipeline({
      config: resolveConfig("smoke", { ...smallOverrides, environment }),
      backend: referenceBackend,
      out: join(folder, name),
    });
    return policies.bc.greedyActions!.map(({ length }) => length);
  };
  try {
    // Gymnasium's states: rows of 7 columns. The gridworld's: columns of 5 rows.
    const cliff = { name: "cliffWalking", width: 7, height: 3 } as const;
    deepEqual(await linesOf("cliff", cliff), [7, 7, 7]);
    deepEqual(
      await linesOf("grid", smallOverrides.environment),
      [5, 5, 5, 5, 5],
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
