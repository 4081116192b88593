/**
 * The one error class of the suite that is meant for people: what they gave was
 * wrong (a flag, a config key, a file, a device), and the message says what and
 * what to do in one line. Scripts print it without a stack trace and exit with
 * code 2. Everything else that is thrown is a defect of the suite.
 *
 * @module
 */

/** Wrong input, told in one line: what is wrong and what to do about it. */
export class InputError extends Error {
  /**
   * Makes the error.
   * @param message One line.
   */
  constructor(message: string) {
    super(message);
    this.name = "InputError";
  }
}
