/**
 * `adam.ts` in WebAssembly SIMD. Threads split the elements; `count` is a multiple of 4.
 *
 * A block of elements at a time is taken through five loops. An element's operations form a chain of
 * more than 100 cycles; the loops are short enough that a processor has many elements under way.
 *
 * Weights of inactive units have had no gradient for so long that their first moment is 0 (often most
 * weights, once a network is trained). Such a weight stays as it is; the other loops run only over
 * the vectors in which the first loop found a moment that is not 0.
 */
import { Adam } from "./arguments.as";
import {
  firstMomentFlush,
  flush,
  halves,
  ones,
  recipEnd,
  recipStart,
  recipStep,
  rsqrtEnd,
  rsqrtStart,
  rsqrtStep,
  secondMomentThreshold,
  tensorFlush,
  threeHalves,
  twos,
} from "./portable.as";
import { at, firstItem, Plan, Share } from "./share.as";

/** Elements of a block. */
const BLOCK: i32 = 128;

export function adam(call: Adam, plan: Plan, share: Share): void {
  const vectors = call.count / 4;
  const last = firstItem(vectors, share.thread + 1, share.threads) * 4;
  for (
    let i = firstItem(vectors, share.thread, share.threads) * 4;
    i < last;
    i += BLOCK
  ) {
    const firstMoment = at(call.firstMoment, i);
    const secondMoment = at(call.secondMoment, i);
    const parameters = at(call.parameters, i);
    const moving = share.buckets;
    const end = updateMoments(
      call,
      at(call.gradient, i),
      firstMoment,
      secondMoment,
      parameters,
      <usize>min(BLOCK, last - i) << 2,
      moving,
    );
    const denominators = share.panel;
    const denominatorsEnd = denominators + ((end - moving) << 2);
    beginRoots(secondMoment, moving, end, denominators);
    finishRoots(call, plan, secondMoment, moving, end, denominators);
    beginReciprocals(denominators, denominatorsEnd, <usize>BLOCK << 2);
    descend(
      plan.stepSize * call.rateScale,
      firstMoment,
      denominators,
      <usize>BLOCK << 2,
      parameters,
      moving,
      end,
    );
  }
}

/** Updates both moments; lists at `moving` where parameters move, in bytes, and returns the list's end. */
// @ts-ignore: decorator
@inline
function updateMoments(
  call: Adam,
  gradient: usize,
  firstMoment: usize,
  secondMoment: usize,
  parameters: usize,
  bytes: usize,
  moving: usize,
): usize {
  const beta1 = f32x4.splat(call.beta1);
  const oneMinusBeta1 = f32x4.splat(call.oneMinusBeta1);
  const beta2 = f32x4.splat(call.beta2);
  const oneMinusBeta2 = f32x4.splat(call.oneMinusBeta2);
  const firstThreshold = firstMomentFlush();
  const secondThreshold = secondMomentThreshold();
  const threshold = tensorFlush();
  for (let i: usize = 0; i < bytes; i += 16) {
    const g = v128.load(gradient + i);
    const m = flush(
      f32x4.add(
        f32x4.mul(beta1, v128.load(firstMoment + i)),
        f32x4.mul(oneMinusBeta1, g),
      ),
      firstThreshold,
    );
    v128.store(firstMoment + i, m);
    const v = f32x4.add(
      f32x4.mul(beta2, v128.load(secondMoment + i)),
      f32x4.mul(oneMinusBeta2, f32x4.mul(g, g)),
    );
    // v is not negative: what is not at least the threshold is +0.
    v128.store(secondMoment + i, v128.and(v, f32x4.ge(v, secondThreshold)));
    // A parameter that is still to be flushed changes too.
    const p = v128.load(parameters + i);
    const flushed = v128.and(p, f32x4.lt(f32x4.mul(p, p), threshold));
    store<usize>(moving, i);
    moving += <usize>v128.any_true(v128.or(m, flushed)) << 2;
  }
  return moving;
}

/** roots = 1 / sqrt of the listed second moments after two of Newton's three steps. */
// @ts-ignore: decorator
@inline
function beginRoots(
  secondMoment: usize,
  moving: usize,
  end: usize,
  roots: usize,
): void {
  const half = halves();
  const threeHalf = threeHalves();
  for (; moving < end; moving += 4, roots += 16) {
    const v = v128.load(secondMoment + load<usize>(moving));
    const halfV = f32x4.mul(v, half);
    const y = rsqrtStep(halfV, rsqrtStart(v), threeHalf);
    v128.store(roots, rsqrtStep(halfV, y, threeHalf));
  }
}

/** roots, finished, become the listed denominators. */
// @ts-ignore: decorator
@inline
function finishRoots(
  call: Adam,
  plan: Plan,
  secondMoment: usize,
  moving: usize,
  end: usize,
  roots: usize,
): void {
  const scale = f32x4.splat(plan.secondMomentScale);
  const epsilon = f32x4.splat(call.epsilon);
  const half = halves();
  const threeHalf = threeHalves();
  for (; moving < end; moving += 4, roots += 16) {
    const v = v128.load(secondMoment + load<usize>(moving));
    const halfV = f32x4.mul(v, half);
    const y = rsqrtStep(halfV, v128.load(roots), threeHalf);
    const root = f32x4.mul(v, rsqrtEnd(halfV, y, half));
    v128.store(roots, f32x4.add(f32x4.mul(root, scale), epsilon));
  }
}

/** reciprocals = 1 / denominators after two of Newton's three steps. */
// @ts-ignore: decorator
@inline
function beginReciprocals(
  denominator: usize,
  end: usize,
  toReciprocal: usize,
): void {
  const two = twos();
  for (; denominator < end; denominator += 16) {
    const d = v128.load(denominator);
    const y = recipStep(d, recipStart(d), two);
    v128.store(denominator + toReciprocal, recipStep(d, y, two));
  }
}

/** The reciprocals are finished, and the listed parameters move. */
// @ts-ignore: decorator
@inline
function descend(
  rate: f32,
  firstMoment: usize,
  denominator: usize,
  toReciprocal: usize,
  parameters: usize,
  moving: usize,
  end: usize,
): void {
  const stepSize = f32x4.splat(rate);
  const threshold = tensorFlush();
  const one = ones();
  const two = twos();
  for (; moving < end; moving += 4, denominator += 16) {
    const i = load<usize>(moving);
    const d = v128.load(denominator);
    const y = recipStep(d, v128.load(denominator + toReciprocal), two);
    const change = f32x4.mul(
      stepSize,
      f32x4.mul(v128.load(firstMoment + i), recipEnd(d, y, one)),
    );
    const parameter = parameters + i;
    v128.store(
      parameter,
      flush(f32x4.sub(v128.load(parameter), change), threshold),
    );
  }
}
