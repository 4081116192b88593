/** `layer_input_gradient.ts` in WebAssembly SIMD. A thread computes its own rows. */
import { FLUSH_TENSOR, flush } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";
import { listFactors, sumRows } from "./sums.as";

@unmanaged
class LayerInputGradient {
  outputGradient: usize;
  transposed: usize;
  activation: usize;
  gradient: usize;
  outputs: i32;
  inputStride: i32;
  outputStride: i32;
}

export function layer_input_gradient(
  call: LayerInputGradient,
  plan: Plan,
  share: Share,
): void {
  const inputStride = call.inputStride;
  const outputStride = call.outputStride;
  const threshold = f32x4.splat(FLUSH_TENSOR);
  const zero = f32x4.splat(<f32>0);
  const offsets = share.scratch;
  const values = at(offsets, outputStride + 4);
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const length = listFactors(
      offsets,
      values,
      at(call.outputGradient, r * outputStride),
      call.outputs,
      inputStride << 2,
    );
    const gradient = at(call.gradient, r * inputStride);
    const activation = at(call.activation, r * inputStride);
    sumRows(offsets, values, length, call.transposed, gradient, inputStride);
    for (let i = 0; i < inputStride; i += 4) {
      const active = f32x4.gt(v128.load(at(activation, i)), zero);
      const sum = flush(v128.load(at(gradient, i)), threshold);
      v128.store(at(gradient, i), v128.and(sum, active));
    }
  }
}
