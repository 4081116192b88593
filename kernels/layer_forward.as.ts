/** `layer_forward.ts` in WebAssembly SIMD. A thread computes its own rows, two at a time. */
import { LayerForward } from "./arguments.as";
import { itemAt, orderItems, putItem, rowSignature } from "./order.as";
import { flush, tensorFlush, tensorThreshold } from "./portable.as";
import {
  at,
  firstRow,
  nextRow,
  Plan,
  rangeEnd,
  rangeFirst,
  Share,
} from "./share.as";
import {
  listedSource,
  listedStride,
  listPair,
  pairAt,
  PAIRS,
  sumPairs,
} from "./sums.as";

export function layer_forward(
  call: LayerForward,
  plan: Plan,
  share: Share,
): void {
  const inputStride = call.inputStride;
  const outputStride = call.outputStride;
  const end = rangeEnd(call.rows, plan);
  let count = 0;
  for (
    let r = firstRow(rangeFirst(call.rows, plan), share);
    r < end;
    r = nextRow(r, share)
  ) {
    const row = at(call.input, r * inputStride);
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
        at(call.input, first * inputStride),
        at(call.input, second * inputStride),
        call.inputs,
        listedSource(share, call.parameters, outputStride),
        listedStride(outputStride),
      );
      pair.first = first;
      pair.second = second;
    }
    sumPairs(
      pairs,
      share,
      call.parameters,
      call.inputs,
      call.output,
      outputStride,
    );
    for (let n = 0; n < pairs; n++) {
      const pair = pairAt(n, share);
      finish(call, pair.first);
      if (pair.second != pair.first) finish(call, pair.second);
    }
  }
}

/** Adds the bias, and applies relu and flush. */
function finish(call: LayerForward, r: i32): void {
  const columns = call.outputStride;
  let bias = at(call.parameters, call.inputs * columns);
  let output = at(call.output, r * columns);
  const end = at(output, columns);
  if (call.relu) {
    const threshold = tensorThreshold();
    for (; output < end; output += 16, bias += 16) {
      const y = f32x4.add(v128.load(output), v128.load(bias));
      // What is not at least the threshold is 0.
      v128.store(output, v128.and(y, f32x4.ge(y, threshold)));
    }
  } else {
    const threshold = tensorFlush();
    for (; output < end; output += 16, bias += 16) {
      const y = f32x4.add(v128.load(output), v128.load(bias));
      v128.store(output, flush(y, threshold));
    }
  }
}
