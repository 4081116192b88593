/**
 * `layer_weight_gradient.ts` in WebAssembly SIMD. Threads split the inputs, four at a time, and the
 * bias.
 */
import { FLUSH_TENSOR, flush } from "./portable.as";
import { at, firstItem, Plan, Share } from "./share.as";
import { sumRows } from "./sums.as";

@unmanaged
class LayerWeightGradient {
  input: usize;
  outputGradient: usize;
  gradient: usize;
  inputs: i32;
  inputStride: i32;
  outputStride: i32;
}

export function layer_weight_gradient(
  call: LayerWeightGradient,
  plan: Plan,
  share: Share,
): void {
  const inputs = call.inputs;
  const outputStride = call.outputStride;
  const rows = plan.gradientRows;
  const threshold = f32x4.splat(FLUSH_TENSOR);
  // Groups of four inputs, then the bias.
  const groups = (inputs + 3) / 4 + 1;
  const last = firstItem(groups, share.thread + 1, share.threads);
  const offsets = share.scratch;
  const values = at(offsets, rows + 4);
  for (
    let group = firstItem(groups, share.thread, share.threads);
    group < last;
    group++
  ) {
    const bias = group == groups - 1;
    const first = bias ? inputs : group * 4;
    const end = bias ? inputs + 1 : min(first + 4, inputs);
    for (let i = first; i < end; i++) {
      let length = 0;
      for (let r = 0; r < rows; r++) {
        const x = bias
          ? <f32>1
          : load<f32>(at(call.input, r * call.inputStride + i));
        store<i32>(at(offsets, length), (r * outputStride) << 2);
        store<f32>(at(values, length), x);
        length += i32(x != <f32>0);
      }
      const gradient = at(call.gradient, i * outputStride);
      sumRows(
        offsets,
        values,
        length,
        call.outputGradient,
        gradient,
        outputStride,
      );
      for (let o = 0; o < outputStride; o += 4) {
        v128.store(
          at(gradient, o),
          flush(v128.load(at(gradient, o)), threshold),
        );
      }
    }
  }
}
