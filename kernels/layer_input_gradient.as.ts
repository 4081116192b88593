/** `layer_input_gradient.ts` in WebAssembly SIMD. A thread computes its own rows, two at a time. */
import { LayerInputGradient } from "./arguments.as";
import { itemAt, orderItems, putItem, rowSignature } from "./order.as";
import { flush, tensorFlush } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";
import {
  listedSource,
  listedStride,
  listPair,
  pairAt,
  PAIRS,
  sumPairs,
} from "./sums.as";

export function layer_input_gradient(
  call: LayerInputGradient,
  plan: Plan,
  share: Share,
): void {
  const inputStride = call.inputStride;
  const outputStride = call.outputStride;
  let count = 0;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = at(call.activation, r * inputStride);
    putItem(count++, r, rowSignature(row, inputStride), share);
  }
  orderItems(count, share);
  for (let from = 0; from < count; from += 2 * PAIRS) {
    const pairs = (min(count - from, 2 * PAIRS) + 1) >> 1;
    for (let n = 0; n < pairs; n++) {
      const first = itemAt(from + 2 * n, count, share);
      const second = itemAt(from + 2 * n + 1, count, share);
      const pair = listPair(
        n,
        share,
        at(call.outputGradient, first * outputStride),
        at(call.outputGradient, second * outputStride),
        call.outputs,
        listedSource(share, call.transposed, inputStride),
        listedStride(inputStride),
      );
      pair.first = first;
      pair.second = second;
    }
    sumPairs(
      pairs,
      share,
      call.transposed,
      call.outputs,
      call.gradient,
      inputStride,
    );
    for (let n = 0; n < pairs; n++) {
      const pair = pairAt(n, share);
      finish(call, pair.first);
      if (pair.second != pair.first) finish(call, pair.second);
    }
  }
}

/** Applies the ReLU's mask and the flush. */
function finish(call: LayerInputGradient, r: i32): void {
  const threshold = tensorFlush();
  const zero = f32x4.splat(<f32>0);
  const columns = call.inputStride;
  let activation = at(call.activation, r * columns);
  let gradient = at(call.gradient, r * columns);
  const end = at(gradient, columns);
  for (; gradient < end; gradient += 16, activation += 16) {
    const active = f32x4.gt(v128.load(activation), zero);
    const sum = flush(v128.load(gradient), threshold);
    v128.store(gradient, v128.and(sum, active));
  }
}
