/**
 * `layer_weight_gradient.ts` in WebAssembly SIMD. Threads split the inputs, four at a time; the first
 * thread has the bias.
 *
 * The inputs are transposed, so that an input's factors over the rows lie side by side, as a row's
 * factors do in the forward pass. Outputs that are inactive in all rows (often
 * most of them, once a network is trained) are left out of the sums.
 */
import { LayerWeightGradient } from "./arguments.as";
import { nonzeroColumns, allColumns, expandRow, packRows } from "./nonzero_columns.as";
import { itemAt, orderItems, putItem } from "./order.as";
import { flush, tensorFlush } from "./portable.as";
import { at, firstItem, Plan, Share } from "./share.as";
import {
  isNarrow,
  listPair,
  pairAt,
  PAIRS,
  sumPairs,
} from "./sums.as";
import { storeTransposed } from "./transposing.as";

export function layer_weight_gradient(
  call: LayerWeightGradient,
  plan: Plan,
  share: Share,
): void {
  const rows = plan.gradientRows;
  const groups = call.inputStride / 4;
  const first = firstItem(groups, share.thread, share.threads) * 4;
  const end = min(
    firstItem(groups, share.thread + 1, share.threads) * 4,
    call.inputs,
  );
  if (share.thread == 0) biasGradient(call, rows);
  if (first >= end) return;
  if (isNarrow(call.outputStride)) narrowGradient(call, rows, first, end);
  else wideGradient(call, rows, first, end, share);
}

/** Few outputs: the rows' terms are added to four inputs' gradients at a time, zeros included. */
function narrowGradient(
  call: LayerWeightGradient,
  rows: i32,
  first: i32,
  end: i32,
): void {
  const threshold = tensorFlush();
  const inputRow = <usize>call.inputStride << 2;
  const outputRow = <usize>call.outputStride << 2;
  for (let o = 0; o < call.outputStride; o += 4) {
    for (let i = first; i < end; i += 4) {
      let s0 = f32x4.splat(<f32>0);
      let s1 = s0, s2 = s0, s3 = s0;
      let input = at(call.input, i);
      let g = at(call.outputGradient, o);
      const last = input + rows * inputRow;
      for (; input < last; input += inputRow, g += outputRow) {
        const x = v128.load(input);
        const y = v128.load(g);
        s0 = f32x4.add(
          s0,
          f32x4.mul(v128.shuffle<f32>(x, x, 0, 0, 0, 0), y),
        );
        s1 = f32x4.add(
          s1,
          f32x4.mul(v128.shuffle<f32>(x, x, 1, 1, 1, 1), y),
        );
        s2 = f32x4.add(
          s2,
          f32x4.mul(v128.shuffle<f32>(x, x, 2, 2, 2, 2), y),
        );
        s3 = f32x4.add(
          s3,
          f32x4.mul(v128.shuffle<f32>(x, x, 3, 3, 3, 3), y),
        );
      }
      const gradient = at(call.gradient, i * call.outputStride + o);
      v128.store(gradient, flush(s0, threshold));
      if (i + 1 < end) {
        v128.store(gradient + outputRow, flush(s1, threshold));
      }
      if (i + 2 < end) {
        v128.store(gradient + 2 * outputRow, flush(s2, threshold));
      }
      if (i + 3 < end) {
        v128.store(gradient + 3 * outputRow, flush(s3, threshold));
      }
    }
  }
}

function wideGradient(
  call: LayerWeightGradient,
  rows: i32,
  first: i32,
  end: i32,
  share: Share,
): void {
  const outputStride = call.outputStride;
  let matrix = call.outputGradient;
  let nonzero = outputStride;
  // Packing pays when many inputs' sums are made from it.
  if (end - first >= 32) {
    nonzero = nonzeroColumns(matrix, rows, outputStride, share);
    packRows(matrix, rows, outputStride, nonzero, share);
    matrix = share.packed;
  } else allColumns(outputStride, share);
  const factorStride = (rows + 3) & ~3;
  transposeInputs(call, rows, first, end, share);
  const count = putInputs(call, rows, first, end, share);
  orderItems(count, share);
  for (let from = 0; from < count; from += 2 * PAIRS) {
    const pairs = (min(count - from, 2 * PAIRS) + 1) >> 1;
    for (let n = 0; n < pairs; n++) {
      const one = itemAt(from + 2 * n, count, share);
      const other = itemAt(from + 2 * n + 1, count, share);
      const pair = listPair(
        n,
        share,
        at(share.factors, (one - first) * factorStride),
        at(share.factors, (other - first) * factorStride),
        rows,
      );
      pair.first = 2 * n;
      pair.second = one == other ? 2 * n : 2 * n + 1;
    }
    sumPairs(pairs, share, matrix, rows, share.sums, nonzero);
    for (let n = 0; n < min(count - from, 2 * PAIRS); n++) {
      const i = itemAt(from + n, count, share);
      expandRow(
        at(share.sums, n * nonzero),
        at(call.gradient, i * outputStride),
        outputStride,
        share,
      );
    }
  }
}

/** The thread's inputs as items; the signature is whether they are active in eight of the rows. */
function putInputs(
  call: LayerWeightGradient,
  rows: i32,
  first: i32,
  end: i32,
  share: Share,
): i32 {
  const zero = f32x4.splat(<f32>0);
  for (let i = first; i < end; i += 4) {
    let signature = i32x4.splat(0);
    for (let k = 0; k < 8; k++) {
      const r = k * rows / 8;
      const active = f32x4.ne(
        v128.load(at(call.input, r * call.inputStride + i)),
        zero,
      );
      signature = v128.or(signature, v128.and(active, i32x4.splat(1 << k)));
    }
    const n = i - first;
    putItem(n, i, i32x4.extract_lane(signature, 0), share);
    putItem(n + 1, i + 1, i32x4.extract_lane(signature, 1), share);
    putItem(n + 2, i + 2, i32x4.extract_lane(signature, 2), share);
    putItem(n + 3, i + 3, i32x4.extract_lane(signature, 3), share);
  }
  return end - first;
}

/** factors [end - first, rows up to a multiple of 4] = the thread's columns of the input, zero-padded. */
function transposeInputs(
  call: LayerWeightGradient,
  rows: i32,
  first: i32,
  end: i32,
  share: Share,
): void {
  const zero = f32x4.splat(<f32>0);
  const row = <usize>call.inputStride << 2;
  const stride = <usize>((rows + 3) & ~3) << 2;
  for (let i = first; i < end; i += 4) {
    let from = at(call.input, i);
    let to = share.factors + (i - first) * stride;
    let r = 0;
    for (; r + 4 <= rows; r += 4, from += 4 * row, to += 16) {
      storeTransposed(
        to,
        stride,
        4,
        v128.load(from),
        v128.load(from + row),
        v128.load(from + 2 * row),
        v128.load(from + 3 * row),
      );
    }
    if (r < rows) {
      storeTransposed(
        to,
        stride,
        4,
        v128.load(from),
        r + 1 < rows ? v128.load(from + row) : zero,
        r + 2 < rows ? v128.load(from + 2 * row) : zero,
        zero,
      );
    }
  }
}

/** The bias's gradient: the sum of the output gradient's rows. */
function biasGradient(call: LayerWeightGradient, rows: i32): void {
  const threshold = tensorFlush();
  const columns = call.outputStride;
  const row = <usize>columns << 2;
  const gradient = at(call.gradient, call.inputs * columns);
  let o = 0;
  for (; o + 16 <= columns; o += 16) {
    let s0 = f32x4.splat(<f32>0);
    let s1 = s0, s2 = s0, s3 = s0;
    let g = at(call.outputGradient, o);
    for (let r = 0; r < rows; r++, g += row) {
      s0 = f32x4.add(s0, v128.load(g));
      s1 = f32x4.add(s1, v128.load(g, 16));
      s2 = f32x4.add(s2, v128.load(g, 32));
      s3 = f32x4.add(s3, v128.load(g, 48));
    }
    v128.store(at(gradient, o), flush(s0, threshold));
    v128.store(at(gradient, o), flush(s1, threshold), 16);
    v128.store(at(gradient, o), flush(s2, threshold), 32);
    v128.store(at(gradient, o), flush(s3, threshold), 48);
  }
  for (; o < columns; o += 4) {
    let sum = f32x4.splat(<f32>0);
    let g = at(call.outputGradient, o);
    for (let r = 0; r < rows; r++, g += row) sum = f32x4.add(sum, v128.load(g));
    v128.store(at(gradient, o), flush(sum, threshold));
  }
}
