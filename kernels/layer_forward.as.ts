/** `layer_forward.ts` in WebAssembly SIMD. A thread computes its own rows. */
import { FLUSH_TENSOR, flush } from "./portable.as";
import { at, firstRow, nextRow, Plan, rangeEnd, rangeFirst, Share } from "./share.as";
import { listFactors, sumRows } from "./sums.as";

@unmanaged
class LayerForward {
  input: usize;
  parameters: usize;
  output: usize;
  rows: i32;
  inputs: i32;
  inputStride: i32;
  outputStride: i32;
  relu: i32;
}

export function layer_forward(
  call: LayerForward,
  plan: Plan,
  share: Share,
): void {
  const inputStride = call.inputStride;
  const outputStride = call.outputStride;
  const bias = at(call.parameters, call.inputs * outputStride);
  const threshold = f32x4.splat(FLUSH_TENSOR);
  const offsets = share.scratch;
  const values = at(offsets, inputStride + 4);
  const end = rangeEnd(call.rows, plan);
  for (
    let r = firstRow(rangeFirst(call.rows, plan), share);
    r < end;
    r = nextRow(r, share)
  ) {
    const length = listFactors(
      offsets,
      values,
      at(call.input, r * inputStride),
      call.inputs,
      outputStride << 2,
    );
    const output = at(call.output, r * outputStride);
    sumRows(offsets, values, length, call.parameters, output, outputStride);
    for (let o = 0; o < outputStride; o += 4) {
      const y = f32x4.add(v128.load(at(output, o)), v128.load(at(bias, o)));
      // relu and flush in one: what is not at least the threshold is 0.
      v128.store(
        at(output, o),
        call.relu
          ? v128.and(y, f32x4.ge(y, threshold))
          : flush(y, threshold),
      );
    }
  }
}
