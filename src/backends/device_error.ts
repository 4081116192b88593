/**
 * What is thrown when a GPU fails, so that it can be told from other wrong input.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/** A GPU that cannot do, or can no longer do, what was asked: lost, out of memory, or a refused call. */
export class DeviceError extends InputError {
  /** @param message One line: what failed and what to do. */
  constructor(message: string) {
    super(message);
    this.name = "DeviceError";
  }
}
