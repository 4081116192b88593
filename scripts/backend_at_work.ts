/**
 * What scripts that train share: the backend that the flags ask for, and Ctrl-C.
 *
 * @module
 */
import {
  type Backend,
  BACKEND_NAMES,
  chooseBackend,
  type Output,
} from "../mod.ts";
import { type Arguments, choiceFlag, integerFlag } from "./cli.ts";

/**
 * Opens the backend of the flags `backend` and `threads`; what it tells goes to the screen.
 *
 * @throws InputError if a flag is wrong or the backend cannot be had.
 */
export function chosenBackend(
  args: Arguments,
  screen: Output,
): Promise<Backend> {
  return chooseBackend(
    choiceFlag(args, "backend", BACKEND_NAMES) ?? "auto",
    {
      threads: integerFlag(args, "threads", 1, 256),
      onNotice: (line) => screen.write(`${line}\n`),
    },
  );
}

/**
 * Listens for Ctrl-C: the first asks the work to stop, a second ends the process at once.
 *
 * @param message Shown at the first.
 * @returns Whether the work is to stop.
 */
export function stopOnInterrupt(
  screen: Output,
  message: string,
): () => boolean {
  let stopping = false;
  Deno.addSignalListener("SIGINT", () => {
    if (stopping) Deno.exit(130);
    stopping = true;
    screen.write(`\n${message}\n`);
  });
  return () => stopping;
}
