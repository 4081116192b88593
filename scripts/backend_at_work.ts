/**
 * What scripts that train share: the backend that the flags ask for.
 *
 * @module
 */
import { type Backend, BACKEND_NAMES, chooseBackend } from "../mod.ts";
import type { Output } from "../tools.ts";
import { type Arguments, choiceFlag, integerFlag } from "./cli.ts";

/**
 * Opens the backend of the flags `backend` and `threads`; its notices go to the screen.
 *
 * @throws InputError if a flag is wrong or the backend cannot be had.
 */
export function chosenBackend(
  args: Arguments,
  screen: Output,
): Promise<Backend> {
  const threads = integerFlag(args, "threads", 1, 256);
  if (threads !== undefined) noteSurplus(screen, "--threads", threads);
  return chooseBackend(
    choiceFlag(args, "backend", BACKEND_NAMES) ?? "auto",
    {
      threads,
      onNotice: (line) => screen.write(`${line}\n`),
    },
  );
}

/** Notes a number of threads or jobs far above that of the cores. */
export function noteSurplus(screen: Output, flag: string, count: number): void {
  const cores = navigator.hardwareConcurrency;
  if (count <= 2 * cores) return;
  screen.write(
    `note: ${flag} ${count} is far above the ${cores} cores of this machine: it takes memory and gains no time\n`,
  );
}
