/**
 * `deno task study --calibrate`: how well off-policy evaluation does in a world that is known.
 *
 * @module
 */
import { join } from "node:path";
import {
  calibrate,
  CalibrationStoppedError,
  InputError,
  resolveConfig,
} from "../mod.ts";
import { behaviourNames, knownEnvironment } from "../runs.ts";
import {
  duration,
  processOutput,
  type Progress,
  showProgress,
  suggest,
} from "../tools.ts";
import {
  type Arguments,
  artifactsFolder,
  choiceFlag,
  type Flag,
  integerFlag,
} from "./cli.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { chosenWorld, numberFlag, worldFlags } from "./world_at_work.ts";

/** Flags of a calibration. */
export const calibrationFlags: Readonly<Record<string, Flag>> = {
  datasets: { value: "K", help: "data sets of each size (default: 200)" },
  sizes: {
    value: "N,…",
    help: "episodes of a data set (default: 50,200,1000,5000)",
  },
  behaviour: {
    value: "NAME",
    help: "who acts, a policy of the world by its name (default: its first)",
  },
  epsilon: {
    value: "E",
    help: "share of uniform actions in it (default: the tutorial's)",
  },
  propensities: {
    value: "column|counts",
    help: "probabilities of the actions: logged (default), or counted",
  },
  seed: { value: "N", help: "draws everything (default: 42)" },
};

/** What a calibration takes besides. */
const SHARED = ["calibrate", "environment", "jobs", "out"];

/**
 * Runs it.
 *
 * @returns The exit code.
 * @throws InputError if a flag is wrong or of a study alone.
 */
export async function runCalibration(args: Arguments): Promise<number> {
  const { values, switches } = args;
  const known = [
    ...SHARED,
    ...Object.keys(calibrationFlags),
    ...Object.keys(worldFlags),
  ];
  const foreign = [...Object.keys(values), ...switches]
    .find((name) => !known.includes(name));
  if (foreign !== undefined) {
    throw new InputError(`--${foreign}: is not of a calibration`);
  }
  const screen = processOutput("stderr");
  const { environment, world: file } = await chosenWorld(args, screen);
  const seed = integerFlag(args, "seed", 0, 2 ** 32 - 1) ?? 42;
  const names = behaviourNames(environment?.name, file);
  if (values.behaviour && !names.includes(values.behaviour)) {
    throw new InputError(
      `--behaviour: unknown ${JSON.stringify(values.behaviour)}; ${
        suggest(values.behaviour, names)
      }`,
    );
  }
  const config = resolveConfig(
    "tutorial",
    {
      dataset: {
        behaviour: values.behaviour,
        epsilon: numberFlag(args, "epsilon", 0, 1),
      },
    },
    { ...(environment && { environment }), seed },
    "--environment",
  );
  const { title, mdp, behaviour } = knownEnvironment(config, file)!;
  const out = values.out ?? join(artifactsFolder(), "calibration");
  const interrupt = await listenForInterrupt(
    "stopping; Ctrl-C again stops at once",
  );
  const begun = performance.now();
  let progress: Progress | undefined;
  try {
    await calibrate({
      world: {
        title,
        mdp,
        behaviour,
        propensities: choiceFlag(args, "propensities", ["column", "counts"]) ??
          "column",
        seed,
      },
      datasets: integerFlag(args, "datasets", 1, 100_000) ?? 200,
      sizes: sizesOf(values.sizes ?? "50,200,1000,5000"),
      out,
      jobs: integerFlag(args, "jobs", 1, 256),
      signal: interrupt.signal,
      onProgress(datasets, all) {
        progress ??= showProgress(screen, "calibration", all, "data sets", 0);
        if (datasets === all) progress.finish();
        else progress.update(datasets);
      },
    });
  } catch (error) {
    if (!(error instanceof CalibrationStoppedError)) throw error;
    screen.write("\nstopped; the same command continues\n");
    return 130;
  }
  const took = duration((performance.now() - begun) / 1000);
  processOutput("stdout").write(
    `${join(out, "calibration.md")}: the calibration, made in ${took}\n`,
  );
  return 0;
}

/** Sizes in growing order. */
function sizesOf(text: string): number[] {
  const sizes = text.split(",").map(Number);
  const areSizes = /^\d+(,\d+)*$/.test(text) &&
    sizes.every((n) => n >= 10 && n <= 1_000_000) &&
    new Set(sizes).size === sizes.length;
  if (areSizes) return sizes.sort((a, b) => a - b);
  throw new InputError(
    `--sizes: must be different numbers of episodes from 10 to 1000000, such as 50,5000, not ${
      JSON.stringify(text)
    }`,
  );
}
