/** `transpose.ts` in WebAssembly SIMD, 4 x 4 elements at a time. Threads split the outputs. */
import { Transpose } from "./arguments.as";
import { at, firstItem, Plan, Share } from "./share.as";
import { storeTransposed } from "./transposing.as";

export function transpose(call: Transpose, plan: Plan, share: Share): void {
  const inputs = call.inputs;
  const inputStride = call.inputStride;
  const row = <usize>call.outputStride << 2;
  const column = <usize>inputStride << 2;
  const groups = call.outputStride / 4;
  const end = firstItem(groups, share.thread + 1, share.threads) * 4;
  const zero = f32x4.splat(<f32>0);
  for (
    let o = firstItem(groups, share.thread, share.threads) * 4;
    o < end;
    o += 4
  ) {
    const count = min(4, call.outputs - o);
    let from = at(call.parameters, o);
    let to = call.output + o * column;
    let i = 0;
    for (; i + 4 <= inputs; i += 4) {
      storeTransposed(
        to,
        column,
        count,
        v128.load(from),
        v128.load(from + row),
        v128.load(from + 2 * row),
        v128.load(from + 3 * row),
      );
      from += 4 * row;
      to += 16;
    }
    if (i < inputs) {
      storeTransposed(
        to,
        column,
        count,
        v128.load(from),
        i + 1 < inputs ? v128.load(from + row) : zero,
        i + 2 < inputs ? v128.load(from + 2 * row) : zero,
        zero,
      );
    }
  }
}
