/**
 * A program's calls as the threads of the wasm backend run them.
 *
 * @module
 */
import type { Call, View } from "../algorithms/program.ts";

/** A call and the export of `kernels.wasm` that runs it. */
export interface ThreadCall extends Call {
  readonly exported: string;
}

/**
 * The calls that threads run, of one of a program's lists. Transposed weights that only input gradients read are not made: those
 * read the weights themselves and transpose a part at a time, where it is used. That is less work,
 * and a barrier less where the transposed weights were all that another thread had to provide.
 *
 * @param state Buffers that are read back, and so must be made.
 */
export function threadCalls(
  calls: readonly Call[],
  state: readonly string[],
): ThreadCall[] {
  const replaced = new Map<string, View>();
  for (const { kernel, buffers } of calls) {
    if (kernel !== "transpose") continue;
    const { buffer } = buffers.output;
    const users = calls.filter((call) =>
      Object.values(call.buffers).some((view) => view.buffer === buffer)
    );
    const writers = users.filter(({ kernel }) => kernel === "transpose");
    const readers = users.filter(({ kernel, buffers }) =>
      kernel === "layer_input_gradient" && buffers.transposed.offset === 0
    );
    const kept = state.includes(buffer) || writers.length > 1;
    if (!kept && readers.length === users.length - 1) {
      replaced.set(buffer, buffers.parameters);
    }
  }
  return calls.filter(({ kernel, buffers }) =>
    kernel !== "transpose" || !replaced.has(buffers.output.buffer)
  ).map((call) => {
    const weights = call.kernel === "layer_input_gradient"
      ? replaced.get(call.buffers.transposed.buffer)
      : undefined;
    if (!weights) return { ...call, exported: call.kernel };
    const buffers = { ...call.buffers, transposed: weights };
    return { ...call, buffers, exported: "untransposed_input_gradient" };
  });
}
