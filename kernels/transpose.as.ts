/** `transpose.ts` in WebAssembly SIMD, 4 x 4 elements at a time. Threads split the outputs. */
import { at, firstItem, Plan, Share } from "./share.as";

@unmanaged
class Transpose {
  parameters: usize;
  output: usize;
  inputs: i32;
  outputs: i32;
  inputStride: i32;
  outputStride: i32;
}

export function transpose(call: Transpose, plan: Plan, share: Share): void {
  const inputs = call.inputs;
  const outputs = call.outputs;
  const inputStride = call.inputStride;
  const outputStride = call.outputStride;
  const groups = outputStride / 4;
  const first = firstItem(groups, share.thread, share.threads) * 4;
  const end = firstItem(groups, share.thread + 1, share.threads) * 4;
  const zero = f32x4.splat(<f32>0);
  for (let o = first; o < end; o += 4) {
    for (let i = 0; i < inputStride; i += 4) {
      const from = at(call.parameters, i * outputStride + o);
      const row = <usize>outputStride << 2;
      const r0 = v128.load(from);
      const r1 = i + 1 < inputs ? v128.load(from + row) : zero;
      const r2 = i + 2 < inputs ? v128.load(from + 2 * row) : zero;
      const r3 = i + 3 < inputs ? v128.load(from + 3 * row) : zero;
      const a = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const b = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const c = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const d = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const to = at(call.output, o * inputStride + i);
      const column = <usize>inputStride << 2;
      v128.store(to, v128.shuffle<f32>(a, b, 0, 1, 4, 5));
      if (o + 1 < outputs) {
        v128.store(to + column, v128.shuffle<f32>(a, b, 2, 3, 6, 7));
      }
      if (o + 2 < outputs) {
        v128.store(to + 2 * column, v128.shuffle<f32>(c, d, 0, 1, 4, 5));
      }
      if (o + 3 < outputs) {
        v128.store(to + 3 * column, v128.shuffle<f32>(c, d, 2, 3, 6, 7));
      }
    }
  }
}
