import { deepEqual, equal, ok } from "node:assert/strict";
import { killAndResume } from "../../scripts/kill_and_resume.ts";

const SEED = 4;
const KILLS = 4;

Deno.test({
  name:
    `killed ${KILLS} times and resumed across backends, a run ends with the same bytes (seed ${SEED})`,
  // There is no SIGKILL there.
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = Deno.makeTempDirSync();
    try {
      const { kills, runs, where, differences } = await killAndResume({
        kills: KILLS,
        seed: SEED,
        backends: [
          ["--backend", "wasm", "--threads", "1"],
          ["--backend", "wasm", "--threads", "2"],
          ["--backend", "reference"],
        ],
        folder,
      });
      deepEqual(differences, [], JSON.stringify(where));
      equal(kills, KILLS);
      ok(runs >= 1);
    } finally {
      Deno.removeSync(folder, { recursive: true });
    }
  },
});
