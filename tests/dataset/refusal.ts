import assert from "node:assert/strict";
import { InputError } from "../../src/errors.ts";

/** The one line with which something is refused, or "accepted". */
export async function refusal(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    assert(error instanceof InputError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  return "accepted";
}
