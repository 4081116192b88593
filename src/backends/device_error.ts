/**
 * What is thrown when a GPU fails, to distinguish it from other wrong input.
 *
 * @module
 */
import { InputError } from "../errors.ts";

/** There is no GPU, or it cannot do, or can no longer do, what was asked. */
export class DeviceError extends InputError {
  /**
   * Makes the error.
   * @param fault What happened, e.g. `"the GPU was lost"`; the advice is added.
   */
  constructor(readonly fault: string) {
    super(`${fault}; use --backend wasm, which gives the same bits`);
    this.name = "DeviceError";
  }
}
