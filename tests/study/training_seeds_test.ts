/** A study of several trainings on the data of each seed. */
import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import { join } from "node:path";
import { referenceBackend } from "../../src/backends/reference.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { InputError } from "../../src/errors.ts";
import { canonicalJson } from "../../src/files/canonical_json.ts";
import type {
  Aggregates,
  StudyConfig,
} from "../../src/evaluation/study_results.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { runPipeline } from "../../src/run/pipeline.ts";
import type { CellResult } from "../../src/study/cell.ts";
import {
  readStudyConfig,
  resolveStudy,
  studyCells,
} from "../../src/study/config.ts";
import { cellFile } from "../../src/study/cell_file.ts";
import { aggregatesCsv } from "../../src/study/result.ts";
import { runStudy } from "../../src/study/study.ts";
import { verifyStudy } from "../../src/study/verify.ts";
import { logOverrides, tosses } from "../run/small_log.ts";
import {
  backend,
  contents,
  findingsOf as findingsIn,
  overrides,
  studyCsv,
  temporary,
} from "./small_study.ts";

const request = { presets: ["smoke"], seeds: [1, 0], overrides };
const study = resolveStudy({ ...request, trainingSeeds: [2, 0, 1] });

const whole = temporary();
addEventListener("unload", () => whole[Symbol.dispose]());
const reference = join(whole.path, "study");
await runStudy({ study, out: reference, jobs: 1, backend });
const cellOf = (out: string, path: string) =>
  JSON.parse(Deno.readTextFileSync(join(out, "cells/smoke", path)));

Deno.test("cells are seeds times training seeds, the references' once a seed", () => {
  deepEqual(study.trainingSeeds, [0, 1, 2]);
  deepEqual(studyCells(study).map(cellFile), [
    ...["bc", "cql"].flatMap((name) =>
      ["0-0", "0-1", "0-2", "1-0", "1-1", "1-2"].map((seeds) =>
        `cells/smoke/${name}/${seeds}.json`
      )
    ),
    "cells/smoke/references/0.json",
    "cells/smoke/references/1.json",
  ]);
  deepEqual(cellOf(reference, "cql/1-2.json").cell, {
    preset: "smoke",
    policy: "cql",
    seed: 1,
    trainingSeed: 2,
  });
});

Deno.test("a cell is what the pipeline finds with that seed and training seed", async () => {
  using folder = temporary();
  const flags = { seed: 1, trainingSeed: 2 };
  const { policies } = await runPipeline({
    config: resolveConfig("smoke", overrides, flags),
    backend: referenceBackend,
    out: join(folder.path, "run"),
  });
  // With the seed for a training seed it is the cell of a study without them.
  const plain = join(folder.path, "plain");
  await runStudy({
    study: resolveStudy(request),
    out: plain,
    jobs: 1,
    backend,
  });
  for (const name of ["bc", "cql"]) {
    const cell = cellOf(reference, `${name}/1-2.json`);
    deepEqual(cell.exact, policies[name].exact);
    equal(cell.policySha256, policies[name].sha256);
    const own = cellOf(reference, `${name}/1-1.json`);
    const { policySha256, exact, curve } = cellOf(plain, `${name}/1.json`);
    deepEqual([own.policySha256, own.exact, own.curve], [
      policySha256,
      exact,
      curve,
    ]);
  }
  deepEqual(
    cellOf(reference, "references/1.json"),
    cellOf(plain, "references/1.json"),
  );
});

Deno.test("with other jobs, on wasm, resumed and mended it has the same bytes", async () => {
  const expected = contents(reference);
  using folder = temporary();
  await runStudy({ study, out: folder.path, jobs: 3, backend: "wasm" });
  // The manifest names what computed the cells.
  deepEqual(contents(folder.path).slice(0, -1), expected.slice(0, -1));
  const cells = join(folder.path, "cells/smoke/bc");
  Deno.copyFileSync(join(cells, "0-1.json"), join(cells, "0-2.json"));
  Deno.removeSync(join(cells, "1-0.json"));
  const notes: string[] = [];
  await runStudy({
    study,
    out: folder.path,
    jobs: 1,
    backend,
    onNote: (note) => notes.push(note),
  });
  deepEqual(notes, [
    `${cells}/0-2.json: is the cell of something else; it is computed again`,
  ]);
  deepEqual(contents(folder.path).slice(0, -1), expected.slice(0, -1));
});

Deno.test("it is verified, and a training that was exchanged is found", async () => {
  using folder = temporary();
  const out = join(folder.path, "study");
  await runStudy({ study, out, jobs: 1, backend });
  const check = async (cells: number) => {
    const { differences, trainings, again } = await verifyStudy({
      directory: out,
      jobs: 1,
      backend,
      cells,
    });
    return [differences.map(({ path }) => path), trainings, again];
  };
  deepEqual(await check(12), [[], 12, 12]);
  const text = Deno.readTextFileSync(join(out, "cells/smoke/bc/1-2.json"));
  Deno.writeTextFileSync(
    join(out, "cells/smoke/bc/1-2.json"),
    text.replace('"trainingSeed": 2', '"trainingSeed": 1'),
  );
  const file = "cells/smoke/bc/1-2.json";
  deepEqual(await check(0), [[file, file, file], 12, 0]);
  deepEqual(readStudyConfig(join(out, "study.config.json")), study);
});

/** A study whose learner has these returns, by seed and training seed. */
function findingsOf(returns: number[][], trainingSeeds: number[] | undefined) {
  const asked = resolveStudy({
    presets: ["smoke"],
    algorithms: ["bc"],
    seeds: returns.map((_, seed) => seed),
    trainingSeeds,
  });
  const exact = (returnMean: number) => ({
    returnMean,
    returnStd: 2,
    cvar10: returnMean - 10,
    cvar1: returnMean - 20,
    hazardProbability: (20 - returnMean) / 64,
    goalProbability: 1 - (20 - returnMean) / 64,
    timeoutProbability: 0,
    lengthMean: 28,
  });
  const cells = studyCells(asked).map((cell) => {
    const { policy, seed, trainingSeed } = cell;
    if (policy === "references") {
      return {
        schema: "holdfast/study-references/2",
        cell,
        task: "",
        exact: {
          optimal: exact(20 + seed),
          behaviour: exact(4),
          mostFrequentAction: exact(5),
          maximumLikelihoodModel: exact(6),
          spibb: exact(10 + seed),
        },
      };
    }
    const at = trainingSeeds ? trainingSeeds.indexOf(trainingSeed!) : 0;
    return {
      schema: "holdfast/study-learner/3",
      cell,
      task: "",
      exact: exact(returns[seed][at]),
      actions: "",
      policySha256: "x",
      curve: {
        columns: ["step", "loss", "returnMean", "hazardProbability"],
        rows: [[100, 0.5, returns[seed][at], 0]],
      },
    };
  }) as CellResult[];
  return findingsIn(asked, cells);
}

Deno.test("aggregates over seeds and training seeds are those worked by hand", () => {
  const { result, series } = findingsOf([[12, 14], [4, 20], [16, 18]], [5, 7]);
  const { aggregates } = result.policies[0];
  const { interquartileMean, median, mean, optimalityGap, worst, variances } =
    aggregates.returnMean;
  // Of 4, 12, 14, 16, 18, 20.
  deepEqual([interquartileMean.value, median.value, mean, optimalityGap], [
    15,
    15,
    14,
    // 8, 6, 17, 1, 6 and 4 below the optimum of their seeds.
    7,
  ]);
  deepEqual(worst, { value: 4, seed: 1, trainingSeed: 5 });
  // Means 13, 12, 17 (around 14: 1, 4, 9), so MSA 2 · 14 / 2 = 14; MSE (2 + 128 + 2) / 3 = 44.
  deepEqual(variances, { between: 0, within: 44 });
  const hazard = aggregates.hazardProbability;
  deepEqual([hazard.mean, hazard.worst], [6 / 64, {
    value: 16 / 64,
    seed: 1,
    trainingSeed: 5,
  }]);
  equal(result.policies[1].aggregates.returnMean.variances, undefined);
  // By seed: means 13, 12 and 17 against 10, 11 and 12.
  const { than, paired, probability } = result.groups[0].comparisons.find((
    { better, than },
  ) => better.policy === "bc" && than.policy === "spibb")!;
  equal(than.policy, "spibb");
  const { difference, betterOn, worseOn } = paired.returnMean;
  deepEqual([difference.mean, difference.median.value], [3, 3]);
  deepEqual([betterOn, worseOn], [3, 0]);
  // Of 18 pairs, 15 and a tie (12); the interval is that of three seeds.
  ok(Math.abs(probability.returnMean.value - 14.5 / 18) < 1e-15);
  ok(probability.returnMean.low! < 0.3 && probability.returnMean.high === 1);
  const rows = studyCsv(series).split("\n");
  ok(rows[0].startsWith("preset,policy,kind,seed,trainingSeed,returnMean,"));
  ok(rows[3].startsWith("smoke,bc,learner,1,5,4,2,"), rows[3]);
  ok(rows[7].startsWith("smoke,behaviour,reference,0,,4,2,"), rows[7]);
  deepEqual(aggregatesCsv(result).split("\n").slice(5, 10), [
    "smoke,bc,learner,returnMean,worst,4,,",
    "smoke,bc,learner,returnMean,worstSeed,1,,",
    "smoke,bc,learner,returnMean,worstTrainingSeed,5,,",
    "smoke,bc,learner,returnMean,seedVariance,0,,",
    "smoke,bc,learner,returnMean,trainingVariance,44,,",
  ]);
});

Deno.test("intervals draw seeds with all their trainings: trainings that agree say no more", () => {
  const returns = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];
  const of = (trainings: number[] | undefined) => {
    const rows = returns.map((r) => trainings ? [r, r, r] : [r]);
    const { result } = findingsOf(rows, trainings);
    return result.policies[0].aggregates.returnMean;
  };
  const [alone, thrice] = [of(undefined), of([0, 1, 2])];
  deepEqual(thrice.interquartileMean, alone.interquartileMean);
  equal(thrice.median.value, alone.median.value);
  ok(thrice.median.low! > 1 && thrice.median.high! < 8);
  equal(thrice.variances!.within, 0);
  equal(alone.variances, undefined);
});

Deno.test("of one seed, trainings are what is drawn", () => {
  const returns = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8];
  const { result } = findingsOf([returns], returns.map((_, i) => i));
  const { median, interquartileMean, variances } =
    result.policies[0].aggregates.returnMean;
  deepEqual(median, { value: 4.5, low: 2, high: 6 });
  ok(interquartileMean.low !== null);
  equal(variances!.between, null);
  ok(Math.abs(variances!.within! - 6.424242424242424) < 1e-14);
});

const dataset = tosses();
const log = {
  presets: ["smoke"],
  overrides: { ...logOverrides, dataset: { heldOut: 0.5 } },
  datasetSha256: sha256Hex(datasetToSafetensors(dataset)),
};

Deno.test("training seeds on data from a file are what seeds are there", async () => {
  using folder = temporary();
  const aggregates = async (name: string, study: StudyConfig) => {
    const out = join(folder.path, name);
    const { policies } = await runStudy({
      study,
      dataset,
      out,
      jobs: 1,
      backend,
    });
    match(
      Deno.readTextFileSync(join(out, "report.html")),
      /Between seeds, between trainings/,
    );
    return policies.map(({ policy, supportedOn, aggregates }) => {
      const own = Object.values<Aggregates>(aggregates).map((
        { worst: { value }, ...others },
      ) => ({ ...others, value }));
      return { policy, supportedOn, own };
    });
  };
  const seeds = [0, 1, 2];
  const bySeed = await aggregates("seeds", resolveStudy({ ...log, seeds }));
  const byTraining = await aggregates(
    "trainings",
    resolveStudy({ ...log, seeds: [0], trainingSeeds: seeds }),
  );
  deepEqual(byTraining, bySeed);
  equal(bySeed[0].own[0].variances!.between, null);
  throws(
    () => resolveStudy({ ...log, seeds: [0, 1], trainingSeeds: seeds }),
    new InputError(
      "--training-seeds: all seeds have the same data from a file, so that seeds already vary the training alone; give one seed, or --resample",
    ),
  );
  const drawn = resolveStudy({
    ...log,
    seeds: [0, 1],
    trainingSeeds: seeds,
    resample: true,
  });
  equal(studyCells(drawn).length, 2 * 2 * 3);
});

Deno.test("a study without training seeds keeps its configuration and files as they were", () => {
  const plain = resolveStudy(request);
  ok(!canonicalJson(plain).includes("trainingSeed"));
  deepEqual(
    resolveStudy({ ...request, overrides: { ...overrides, trainingSeed: 4 } }),
    resolveStudy({ ...request, trainingSeeds: [4] }),
  );
});
