/** `clone_rows.ts` in WebAssembly. A thread computes its own rows. */
import { CloneRows } from "./arguments.as";
import { equalPart, flushTensor, FORBIDDEN } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function clone_rows(call: CloneRows, plan: Plan, share: Share): void {
  const actions = call.actions;
  const stride = call.stride;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = r * stride;
    const logSumExp = load<f32>(at(call.logSumExp, r));
    let sum: f32 = 0;
    let squares: f32 = 0;
    let allowed = 0;
    for (let a = 0; a < actions; a++) {
      const logit = load<f32>(at(call.logits, row + a));
      if (logit == FORBIDDEN) continue;
      allowed++;
      const l = logit - logSumExp;
      sum += l;
      squares += l * l;
    }
    const weight = equalPart(allowed, actions, call.beta, call.squareWeight);
    store<f32>(at(call.rowPenalty, r), flushTensor(squares * weight));
    for (let a = 0; a < actions; a++) {
      const logit = load<f32>(at(call.logits, row + a));
      const p = load<f32>(at(call.probabilities, row + a));
      const l = logit - logSumExp;
      const penalty = <f32>2 * weight * (l - p * sum);
      store<f32>(
        at(call.rowTerms, row + a),
        logit == FORBIDDEN ? 0 : flushTensor(p + penalty),
      );
    }
    for (let a = actions; a < stride; a++) {
      store<f32>(at(call.rowTerms, row + a), 0);
    }
  }
}
