/**
 * `quantile_samples.ts` in WebAssembly SIMD, four of a head's quantiles at a time. A thread computes the
 * samples of its own rows.
 */
import { QuantileSamples } from "./arguments.as";
import { flush, flushTensor, halves, ones, tensorFlush } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

/** Up to four elements; nothing beyond `count` is read. */
// @ts-ignore: decorator
@inline
function lanes(from: usize, count: i32): v128 {
  if (count >= 4) return v128.load(from);
  let four = f32x4.splat(0);
  if (count > 2) four = f32x4.replace_lane(four, 2, load<f32>(at(from, 2)));
  if (count > 1) four = f32x4.replace_lane(four, 1, load<f32>(at(from, 1)));
  return f32x4.replace_lane(four, 0, load<f32>(from));
}

/** The Huber loss at 1 of differences of this size. */
// @ts-ignore: decorator
@inline
function huber4(size: v128, half: v128, isLinear: v128): v128 {
  return v128.bitselect(
    f32x4.sub(size, half),
    f32x4.mul(f32x4.mul(size, size), half),
    isLinear,
  );
}

/** Its derivative. */
// @ts-ignore: decorator
@inline
function huberSlope4(difference: v128, one: v128, isLinear: v128): v128 {
  const sign = v128.bitselect(
    one,
    f32x4.neg(one),
    f32x4.gt(difference, f32x4.splat(0)),
  );
  return v128.bitselect(sign, difference, isLinear);
}

export function quantile_samples(
  call: QuantileSamples,
  plan: Plan,
  share: Share,
): void {
  const start = changetype<usize>(plan);
  const offsets = start + share.offsets;
  const actions = call.actions;
  const quantiles = call.quantiles;
  const half = halves();
  const one = ones();
  const zero = f32x4.splat(0);
  const threshold = tensorFlush();
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = at(call.heads, r * call.headStride);
    const end = load<i32>(at(offsets, r + 1));
    for (let i = load<i32>(at(offsets, r)); i < end; i++) {
      const s = load<i32>(at(start + share.samples, i));
      const action = load<i32>(at(start + share.actions, s));
      const own = at(row, action * quantiles);
      const reward = load<f32>(at(start + share.rewards, s));
      const discount = load<f32>(at(start + share.discounts, s));
      const scale: f32 = discount > 0 ? call.inverseQuantiles : 1;
      const next = load<i32>(at(start + share.sampleNextRow, s));
      const targetRow = call.table
        ? load<i32>(at(start + share.rows, next))
        : next;
      const target = call.targetHeads +
        ((<usize>targetRow * call.headStride) << 2);
      const policy = at(call.policy, next * call.stride);
      const gradient = at(call.sampleGradient, s * call.gradientStride);
      let lossSum: f32 = 0;
      for (let k = 0; k < quantiles; k += 4) {
        const theta = lanes(at(own, k), quantiles - k);
        const index = i32x4.add(i32x4.splat(k), i32x4(0, 1, 2, 3));
        const odd = i32x4.add(i32x4.shl(index, 1), i32x4.splat(1));
        const above = f32x4.mul(
          f32x4.convert_i32x4_s(odd),
          f32x4.splat(call.midpoint),
        );
        const below = f32x4.sub(one, above);
        let meanLoss = zero;
        let meanSlope = zero;
        if (discount > 0) {
          for (let a = 0; a < actions; a++) {
            const part = load<f32>(at(policy, a));
            if (part == 0) continue;
            const from = at(target, a * quantiles);
            let loss = zero;
            let slope = zero;
            for (let j = 0; j < quantiles; j++) {
              const y = reward + discount * load<f32>(at(from, j));
              const difference = f32x4.sub(theta, f32x4.splat(y));
              const size = f32x4.abs(difference);
              const isLinear = f32x4.gt(size, one);
              const weight = v128.bitselect(
                below,
                above,
                f32x4.gt(difference, zero),
              );
              loss = f32x4.add(
                loss,
                f32x4.mul(weight, huber4(size, half, isLinear)),
              );
              slope = f32x4.add(
                slope,
                f32x4.mul(weight, huberSlope4(difference, one, isLinear)),
              );
            }
            const splat = f32x4.splat(part);
            meanLoss = f32x4.add(meanLoss, f32x4.mul(splat, loss));
            meanSlope = f32x4.add(meanSlope, f32x4.mul(splat, slope));
          }
        } else {
          const difference = f32x4.sub(theta, f32x4.splat(reward));
          const size = f32x4.abs(difference);
          const isLinear = f32x4.gt(size, one);
          const weight = v128.bitselect(
            below,
            above,
            f32x4.gt(difference, zero),
          );
          meanLoss = f32x4.mul(weight, huber4(size, half, isLinear));
          meanSlope = f32x4.mul(
            weight,
            huberSlope4(difference, one, isLinear),
          );
        }
        lossSum += f32x4.extract_lane(meanLoss, 0);
        if (k + 1 < quantiles) lossSum += f32x4.extract_lane(meanLoss, 1);
        if (k + 2 < quantiles) lossSum += f32x4.extract_lane(meanLoss, 2);
        if (k + 3 < quantiles) lossSum += f32x4.extract_lane(meanLoss, 3);
        const derivative = f32x4.mul(
          f32x4.mul(meanSlope, f32x4.splat(scale)),
          f32x4.splat(call.inverseBatch),
        );
        v128.store(
          at(gradient, k),
          v128.and(
            flush(derivative, threshold),
            i32x4.lt_s(index, i32x4.splat(quantiles)),
          ),
        );
      }
      const loss = lossSum * scale;
      const losses = at(call.sampleLosses, s);
      store<f32>(
        losses,
        flushTensor(call.accumulate ? load<f32>(losses) + loss : loss),
      );
    }
  }
}
