/** `log_softmax_rows.ts` in WebAssembly SIMD, four actions at a time. A thread computes its own rows. */
import { LogSoftmaxRows } from "./arguments.as";
import { exp, flush, FORBIDDEN, log, tensorFlush } from "./portable.as";
import { at, firstRow, nextRow, Plan, rangeEnd, rangeFirst, Share } from "./share.as";

export function log_softmax_rows(
  call: LogSoftmaxRows,
  plan: Plan,
  share: Share,
): void {
  const actions = call.actions;
  const stride = call.stride;
  const threshold = tensorFlush();
  const forbidden = f32x4.splat(FORBIDDEN);
  const end = rangeEnd(call.rows, plan);
  for (
    let r = firstRow(rangeFirst(call.rows, plan), share);
    r < end;
    r = nextRow(r, share)
  ) {
    const logits = at(call.logits, r * stride);
    const results = at(call.logProbabilities, r * stride);
    let largest = FORBIDDEN;
    for (let a = 0; a < actions; a++) {
      const logit = load<f32>(at(logits, a));
      if (logit > largest) largest = logit;
    }
    const shift = f32x4.splat(largest);
    for (let a = 0; a < stride; a += 4) {
      const logit = v128.load(at(logits, a));
      const isForbidden = f32x4.eq(logit, forbidden);
      // Something harmless is raised in place of what is not allowed.
      const given = v128.bitselect(shift, logit, isForbidden);
      const weight = exp(f32x4.sub(given, shift));
      v128.store(at(results, a), v128.andnot(weight, isForbidden));
    }
    let sum: f32 = 0;
    for (let a = 0; a < actions; a++) sum += load<f32>(at(results, a));
    const logSum = log(f32x4.splat(sum));
    for (let a = 0; a < stride; a += 4) {
      const logit = v128.load(at(logits, a));
      const isForbidden = f32x4.eq(logit, forbidden);
      const given = v128.bitselect(shift, logit, isForbidden);
      const value = flush(f32x4.sub(f32x4.sub(given, shift), logSum), threshold);
      v128.store(at(results, a), v128.bitselect(forbidden, value, isForbidden));
    }
    for (let a = actions; a < stride; a++) store<f32>(at(results, a), 0);
  }
}
