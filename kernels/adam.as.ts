/** `adam.ts` in WebAssembly SIMD. Threads split the elements; `count` is a multiple of 4. */
import {
  flush,
  FLUSH_FIRST_MOMENT,
  FLUSH_SECOND_MOMENT,
  FLUSH_TENSOR,
  recip,
  sqrt,
} from "./portable.as";
import { at, firstItem, Plan, Share } from "./share.as";

@unmanaged
class Adam {
  gradient: usize;
  firstMoment: usize;
  secondMoment: usize;
  parameters: usize;
  count: i32;
  beta1: f32;
  oneMinusBeta1: f32;
  beta2: f32;
  oneMinusBeta2: f32;
  epsilon: f32;
}

export function adam(call: Adam, plan: Plan, share: Share): void {
  const beta1 = f32x4.splat(call.beta1);
  const oneMinusBeta1 = f32x4.splat(call.oneMinusBeta1);
  const beta2 = f32x4.splat(call.beta2);
  const oneMinusBeta2 = f32x4.splat(call.oneMinusBeta2);
  const epsilon = f32x4.splat(call.epsilon);
  const stepSize = f32x4.splat(plan.stepSize);
  const secondMomentScale = f32x4.splat(plan.secondMomentScale);
  const vectors = call.count / 4;
  const first = firstItem(vectors, share.thread, share.threads) * 4;
  const end = firstItem(vectors, share.thread + 1, share.threads) * 4;
  for (let i = first; i < end; i += 4) {
    const g = v128.load(at(call.gradient, i));
    const m = flush(
      f32x4.add(
        f32x4.mul(beta1, v128.load(at(call.firstMoment, i))),
        f32x4.mul(oneMinusBeta1, g),
      ),
      f32x4.splat(FLUSH_FIRST_MOMENT),
    );
    const v = flush(
      f32x4.add(
        f32x4.mul(beta2, v128.load(at(call.secondMoment, i))),
        f32x4.mul(oneMinusBeta2, f32x4.mul(g, g)),
      ),
      f32x4.splat(FLUSH_SECOND_MOMENT),
    );
    v128.store(at(call.firstMoment, i), m);
    v128.store(at(call.secondMoment, i), v);
    const denominator = f32x4.add(
      f32x4.mul(sqrt(v), secondMomentScale),
      epsilon,
    );
    const change = f32x4.mul(stepSize, f32x4.mul(m, recip(denominator)));
    const parameter = at(call.parameters, i);
    v128.store(
      parameter,
      flush(
        f32x4.sub(v128.load(parameter), change),
        f32x4.splat(FLUSH_TENSOR),
      ),
    );
  }
}
