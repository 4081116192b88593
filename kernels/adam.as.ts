/**
 * `adam.ts` in WebAssembly SIMD. Threads split the elements; `count` is a multiple of 4.
 *
 * A block of elements at a time is taken through three loops. An element's operations form a chain
 * of more than 100 cycles; the loops are short enough that a processor has many elements under way.
 */
import {
  flush,
  firstMomentThreshold,
  secondMomentThreshold,
  tensorThreshold,
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

/** Elements of a block; the thread's `panel` has room for more. */
const BLOCK: i32 = 128;

export function adam(call: Adam, plan: Plan, share: Share): void {
  const vectors = call.count / 4;
  const end = firstItem(vectors, share.thread + 1, share.threads) * 4;
  for (
    let i = firstItem(vectors, share.thread, share.threads) * 4;
    i < end;
    i += BLOCK
  ) {
    const bytes = <usize>min(BLOCK, end - i) << 2;
    const secondMoment = at(call.secondMoment, i);
    const firstMoment = at(call.firstMoment, i);
    updateMoments(
      call,
      at(call.gradient, i),
      firstMoment,
      secondMoment,
      bytes,
    );
    denominators(call, plan, secondMoment, share.panel, bytes);
    descend(plan, firstMoment, share.panel, at(call.parameters, i), bytes);
  }
}

// @ts-ignore: decorator
@inline
function updateMoments(
  call: Adam,
  gradient: usize,
  firstMoment: usize,
  secondMoment: usize,
  bytes: usize,
): void {
  const beta1 = f32x4.splat(call.beta1);
  const oneMinusBeta1 = f32x4.splat(call.oneMinusBeta1);
  const beta2 = f32x4.splat(call.beta2);
  const oneMinusBeta2 = f32x4.splat(call.oneMinusBeta2);
  const firstThreshold = firstMomentThreshold();
  const secondThreshold = secondMomentThreshold();
  for (let i: usize = 0; i < bytes; i += 16) {
    const g = v128.load(gradient + i);
    const m = f32x4.add(
      f32x4.mul(beta1, v128.load(firstMoment + i)),
      f32x4.mul(oneMinusBeta1, g),
    );
    v128.store(firstMoment + i, flush(m, firstThreshold));
    const v = f32x4.add(
      f32x4.mul(beta2, v128.load(secondMoment + i)),
      f32x4.mul(oneMinusBeta2, f32x4.mul(g, g)),
    );
    // v is not negative: what is not at least the threshold is +0.
    v128.store(secondMoment + i, v128.and(v, f32x4.ge(v, secondThreshold)));
  }
}

// @ts-ignore: decorator
@inline
function denominators(
  call: Adam,
  plan: Plan,
  secondMoment: usize,
  target: usize,
  bytes: usize,
): void {
  const scale = f32x4.splat(plan.secondMomentScale);
  const epsilon = f32x4.splat(call.epsilon);
  for (let i: usize = 0; i < bytes; i += 16) {
    const root = sqrt(v128.load(secondMoment + i));
    v128.store(target + i, f32x4.add(f32x4.mul(root, scale), epsilon));
  }
}

// @ts-ignore: decorator
@inline
function descend(
  plan: Plan,
  firstMoment: usize,
  denominator: usize,
  parameters: usize,
  bytes: usize,
): void {
  const stepSize = f32x4.splat(plan.stepSize);
  const threshold = tensorThreshold();
  for (let i: usize = 0; i < bytes; i += 16) {
    const change = f32x4.mul(
      stepSize,
      f32x4.mul(
        v128.load(firstMoment + i),
        recip(v128.load(denominator + i)),
      ),
    );
    const parameter = parameters + i;
    v128.store(
      parameter,
      flush(f32x4.sub(v128.load(parameter), change), threshold),
    );
  }
}
