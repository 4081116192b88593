/**
 * The progress of a pipeline's trainings on a screen.
 *
 * @module
 */
import type { PipelineEvents } from "../mod.ts";
import { type Output, type Progress, showProgress } from "../tools.ts";

/** Shows one line for each training. */
export function stageProgress(screen: Output): PipelineEvents {
  let progress: Progress | undefined;
  return {
    onTraining(name, steps, done) {
      progress = showProgress(screen, name, steps, "steps", done);
    },
    onStep: (step) => progress?.update(step),
    onNote: (note) => screen.write(`note: ${note}\n`),
    onStageEnd() {
      progress?.finish();
      progress = undefined;
    },
  };
}
