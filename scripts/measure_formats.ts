/**
 * Measures writing and reading 1,000,000 transitions in one format: seconds, and the
 * process's peak memory (Linux). One process a measurement, about 30 s for the HDF5
 * formats and a few seconds for the others.
 *
 *     deno run -A scripts/measure_formats.ts write csv /tmp/million.csv
 *     deno run -A scripts/measure_formats.ts read csv /tmp/million.csv
 *
 * All permissions because Deno guards /proc with them, where the peak stands.
 *
 * @module
 */

import {
  type Dataset,
  DATASET_FORMATS,
  type DatasetFormat,
  InputError,
  openDataset,
  randomStream,
  writeDataset,
} from "../mod.ts";

const TRANSITIONS = 1_000_000;
const EPISODE_LENGTH = 50;
const OBSERVATION_SIZE = 4;
const ACTIONS = 4;

/** Uniform random numbers in 20,000 episodes, every other one truncated. */
function makeDataset(): Dataset {
  const { uniform, integer } = randomStream(1, "measure/formats");
  const episodes = TRANSITIONS / EPISODE_LENGTH;
  const rows = TRANSITIONS + episodes;
  const isEnd = (parity: number) =>
    Uint8Array.from(
      { length: TRANSITIONS },
      (_, i) =>
        (i + 1) % EPISODE_LENGTH === 0 &&
          ((i + 1) / EPISODE_LENGTH) % 2 === parity
          ? 1
          : 0,
    );
  return {
    observationSize: OBSERVATION_SIZE,
    actionCount: ACTIONS,
    observations: new Float32Array(rows * OBSERVATION_SIZE)
      .map(() => 2 * uniform() - 1),
    actions: new Int32Array(TRANSITIONS).map(() => integer(ACTIONS)),
    rewards: new Float32Array(TRANSITIONS).map(() => uniform() - 0.5),
    terminated: isEnd(1),
    truncated: isEnd(0),
    episodeOffsets: Uint32Array.from(
      { length: episodes + 1 },
      (_, e) => e * EPISODE_LENGTH,
    ),
  };
}

function peakMegabytes(): string {
  const status = Deno.readTextFileSync("/proc/self/status");
  const kilobytes = Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]);
  return `${Math.round(kilobytes / 1000)} MB`;
}

const [job, format, path] = Deno.args;
if (!DATASET_FORMATS.includes(format as DatasetFormat) || !path) {
  throw new InputError("give write or read, a format and a path");
}
let seconds: number;
if (job === "write") {
  const dataset = makeDataset();
  const before = peakMegabytes();
  const begun = performance.now();
  await writeDataset(path, dataset, format as DatasetFormat);
  seconds = (performance.now() - begun) / 1000;
  console.log(`before writing: ${before}`);
} else {
  const begun = performance.now();
  const dataset = await openDataset(path);
  seconds = (performance.now() - begun) / 1000;
  if (dataset.actions.length < TRANSITIONS - TRANSITIONS / EPISODE_LENGTH) {
    throw new Error(`${dataset.actions.length} transitions came back`);
  }
}
console.log(`${job} ${format}: ${seconds.toFixed(2)} s, ${peakMegabytes()}`);
