/**
 * `deno task verify STUDY`: whether a study is what its manifest, its configuration and its cells
 * say.
 *
 * @module
 */
import { type StudyVerification, verifyStudy } from "../checks.ts";
import { BACKEND_NAMES, StudyStoppedError } from "../mod.ts";
import {
  processOutput,
  type Progress,
  showProgress,
  style,
  visible,
} from "../tools.ts";
import { type Arguments, choiceFlag, integerFlag } from "./cli.ts";
import { listenForInterrupt } from "./interrupt.ts";

/**
 * Checks a study and says what was found; returns the exit code.
 *
 * @param share Of the trainings, to be run again, where no flag says how many.
 */
export async function verifyStudyScript(
  args: Arguments,
  directory: string,
  share?: number,
): Promise<number> {
  const screen = processOutput("stderr");
  const interrupt = await listenForInterrupt("stopping");
  let progress: Progress | undefined;
  try {
    const found = await verifyStudy({
      directory,
      cells: args.switches.has("quick")
        ? 0
        : integerFlag(args, "cells", 0, 1_000_000),
      share,
      seed: integerFlag(args, "seed", 0, 2 ** 32 - 1),
      backend: choiceFlag(args, "backend", BACKEND_NAMES),
      jobs: integerFlag(args, "threads", 1, 256),
      signal: interrupt.signal,
      onProgress({ cells, allCells, steps, allSteps }) {
        if (cells === allCells) return progress?.finish();
        progress ??= showProgress(screen, "study", allSteps, "steps", steps);
        progress.update(steps);
      },
    });
    print(directory, found);
    return found.differences.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof StudyStoppedError)) throw error;
    screen.write("\nstopped; nothing was changed\n");
    return 130;
  }
}

function print(directory: string, found: StudyVerification): void {
  const output = processOutput("stdout");
  const { files, software, differences, trainings, again } = found;
  for (const line of software) output.write(`note: ${visible(line)}\n`);
  for (const { path, what } of differences) {
    const words = `${visible(path)}: ${visible(what)}`;
    output.write(`${style(output, "red", "differs:")} ${words}\n`);
  }
  const n = differences.length;
  if (n > 0) {
    output.write(
      `${visible(directory)}: ${n} difference${n === 1 ? "" : "s"}\n`,
    );
    return;
  }
  output.write(
    `${style(output, "green", "verified:")} ${
      visible(directory)
    }: all ${files} files have the hashes of the manifest; ` +
      `${again} of ${trainings} trainings run again and all that follows from the cells derived again, ` +
      "equal bit for bit\n",
  );
}
