/**
 * `layer_forward.ts` in WebAssembly SIMD. A thread computes its own rows, two at a time, or four of few
 * outputs.
 */
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
  fourTerms,
  gatherFour,
  isNarrow,
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
  if (isNarrow(call.outputStride)) fewOutputs(call, plan, share);
  else if (call.inputStride == 4) fewInputs(call, plan, share);
  else manyTerms(call, plan, share);
}

/** Few outputs: four rows at a time, zeros included. */
function fewOutputs(call: LayerForward, plan: Plan, share: Share): void {
  const end = rangeEnd(call.rows, plan);
  const inputs = call.inputs;
  const row = <usize>call.outputStride << 2;
  const zero = f32x4.splat(<f32>0);
  let r = firstRow(rangeFirst(call.rows, plan), share);
  while (r < end) {
    // Where fewer rows are left, the last one is computed several times.
    const r1 = following(r, end, share);
    const r2 = following(r1, end, share);
    const r3 = following(r2, end, share);
    for (let o = 0; o < call.outputStride; o += 4) {
      let s0 = zero, s1 = zero, s2 = zero, s3 = zero;
      let a = at(call.input, r * call.inputStride);
      const b = at(call.input, r1 * call.inputStride) - a;
      const c = at(call.input, r2 * call.inputStride) - a;
      const d = at(call.input, r3 * call.inputStride) - a;
      let w = at(call.parameters, o);
      for (let i = 0; i < inputs; i += 4, a += 16, w += 4 * row) {
        const x0 = v128.load(a);
        const x1 = v128.load(a + b);
        const x2 = v128.load(a + c);
        const x3 = v128.load(a + d);
        const w0 = v128.load(w);
        s0 = f32x4.add(s0, f32x4.mul(v128.shuffle<f32>(x0, x0, 0, 0, 0, 0), w0));
        s1 = f32x4.add(s1, f32x4.mul(v128.shuffle<f32>(x1, x1, 0, 0, 0, 0), w0));
        s2 = f32x4.add(s2, f32x4.mul(v128.shuffle<f32>(x2, x2, 0, 0, 0, 0), w0));
        s3 = f32x4.add(s3, f32x4.mul(v128.shuffle<f32>(x3, x3, 0, 0, 0, 0), w0));
        const w1 = i + 1 < inputs ? v128.load(w + row) : zero;
        s0 = f32x4.add(s0, f32x4.mul(v128.shuffle<f32>(x0, x0, 1, 1, 1, 1), w1));
        s1 = f32x4.add(s1, f32x4.mul(v128.shuffle<f32>(x1, x1, 1, 1, 1, 1), w1));
        s2 = f32x4.add(s2, f32x4.mul(v128.shuffle<f32>(x2, x2, 1, 1, 1, 1), w1));
        s3 = f32x4.add(s3, f32x4.mul(v128.shuffle<f32>(x3, x3, 1, 1, 1, 1), w1));
        const w2 = i + 2 < inputs ? v128.load(w + 2 * row) : zero;
        s0 = f32x4.add(s0, f32x4.mul(v128.shuffle<f32>(x0, x0, 2, 2, 2, 2), w2));
        s1 = f32x4.add(s1, f32x4.mul(v128.shuffle<f32>(x1, x1, 2, 2, 2, 2), w2));
        s2 = f32x4.add(s2, f32x4.mul(v128.shuffle<f32>(x2, x2, 2, 2, 2, 2), w2));
        s3 = f32x4.add(s3, f32x4.mul(v128.shuffle<f32>(x3, x3, 2, 2, 2, 2), w2));
        const w3 = i + 3 < inputs ? v128.load(w + 3 * row) : zero;
        s0 = f32x4.add(s0, f32x4.mul(v128.shuffle<f32>(x0, x0, 3, 3, 3, 3), w3));
        s1 = f32x4.add(s1, f32x4.mul(v128.shuffle<f32>(x1, x1, 3, 3, 3, 3), w3));
        s2 = f32x4.add(s2, f32x4.mul(v128.shuffle<f32>(x2, x2, 3, 3, 3, 3), w3));
        s3 = f32x4.add(s3, f32x4.mul(v128.shuffle<f32>(x3, x3, 3, 3, 3, 3), w3));
      }
      const output = at(call.output, o);
      v128.store(output + r * row, s0);
      v128.store(output + r1 * row, s1);
      v128.store(output + r2 * row, s2);
      v128.store(output + r3 * row, s3);
    }
    finish(call, r);
    if (r1 != r) finish(call, r1);
    if (r2 != r1) finish(call, r2);
    if (r3 != r2) finish(call, r3);
    r = nextRow(r3, share);
  }
}

/** The thread's row after its row r, or r where that is the last. */
// @ts-ignore: decorator
@inline
function following(r: i32, end: i32, share: Share): i32 {
  const next = nextRow(r, share);
  return next < end ? next : r;
}

/** Up to four inputs: a row's terms are added directly. */
function fewInputs(call: LayerForward, plan: Plan, share: Share): void {
  const columns = call.outputStride;
  const end = rangeEnd(call.rows, plan);
  const row = <usize>columns << 2;
  const relu = call.relu;
  const threshold = relu ? tensorThreshold() : tensorFlush();
  gatherFour(share.factors, call.parameters, call.inputs, columns);
  let r = firstRow(rangeFirst(call.rows, plan), share);
  while (r < end) {
    // A row that is the last is computed twice.
    const other = following(r, end, share);
    const x = v128.load(at(call.input, r * 4));
    const x0 = v128.shuffle<f32>(x, x, 0, 0, 0, 0);
    const x1 = v128.shuffle<f32>(x, x, 1, 1, 1, 1);
    const x2 = v128.shuffle<f32>(x, x, 2, 2, 2, 2);
    const x3 = v128.shuffle<f32>(x, x, 3, 3, 3, 3);
    const y = v128.load(at(call.input, other * 4));
    const y0 = v128.shuffle<f32>(y, y, 0, 0, 0, 0);
    const y1 = v128.shuffle<f32>(y, y, 1, 1, 1, 1);
    const y2 = v128.shuffle<f32>(y, y, 2, 2, 2, 2);
    const y3 = v128.shuffle<f32>(y, y, 3, 3, 3, 3);
    let bias = at(call.parameters, call.inputs * columns);
    let output = call.output + r * row;
    const apart = (other - r) * row;
    const last = output + row;
    let w = share.factors;
    for (; output < last; output += 16, bias += 16, w += 64) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const w2 = v128.load(w, 32);
      const w3 = v128.load(w, 48);
      const b = v128.load(bias);
      let p = f32x4.add(fourTerms(x0, x1, x2, x3, w0, w1, w2, w3), b);
      let q = f32x4.add(fourTerms(y0, y1, y2, y3, w0, w1, w2, w3), b);
      if (relu) {
        p = reluFlush(p, threshold);
        q = reluFlush(q, threshold);
      } else {
        p = flush(p, threshold);
        q = flush(q, threshold);
      }
      v128.store(output, p);
      v128.store(output + apart, q);
    }
    r = nextRow(other, share);
  }
}

/** What is not at least the threshold is 0. */
// @ts-ignore: decorator
@inline
function reluFlush(y: v128, threshold: v128): v128 {
  return v128.and(y, f32x4.ge(y, threshold));
}

function manyTerms(call: LayerForward, plan: Plan, share: Share): void {
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
      v128.store(output, reluFlush(y, threshold));
    }
  } else {
    const threshold = tensorFlush();
    for (; output < end; output += 16, bias += 16) {
      const y = f32x4.add(v128.load(output), v128.load(bias));
      v128.store(output, flush(y, threshold));
    }
  }
}
