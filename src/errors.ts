/**
 * The one error class of the suite that is meant for people: what they gave was
 * wrong (a flag, a config key, a file, a device), and the message says what and
 * what to do in one line. Scripts print it without a stack trace and exit with
 * code 2. Everything else that is thrown is a defect of the suite.
 *
 * @module
 */

import { visible } from "./visible.ts";

/** How much of a message is kept; paths are long, and some list twenty bad rows. */
const MESSAGE_LIMIT = 4000;

/** Wrong input, in one line: what is wrong and what to do about it. */
export class InputError extends Error {
  /**
   * Makes the error.
   * @param message One line. It may quote a file or a library: line ends become spaces, and what a
   *   terminal would obey becomes visible.
   */
  constructor(message: string) {
    const line = message.replaceAll(/\s*[\r\n]+\s*/g, " ");
    super(visible(line, MESSAGE_LIMIT));
    this.name = "InputError";
  }
}

/** Does something; what is wrong with it gets a prefix that says where it was read. */
export function blaming<T>(prefix: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(prefix + error.message);
  }
}
