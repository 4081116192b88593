/**
 * `layer_input_gradient.ts` in WebAssembly SIMD. A thread computes its own rows, two at a time.
 *
 * A gradient is 0 where the input was not active. So the inputs are ordered by how many of the rows
 * they are active in, 16 of them to a tile: most tiles of the seldom active ones are
 * active in neither row of a pair and are left out. A row's sums are in that order at
 * first, and are put back where they belong when it is finished.
 */
import { LayerInputGradient } from "./arguments.as";
import { itemAt, orderItems, putItem, rowSignature } from "./order.as";
import { flush, tensorFlush } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";
import {
  COLUMNS,
  fillPanel,
  fillTransposed,
  fourTerms,
  gatherFour,
  listPair,
  Pair,
  pairAt,
  PAIRS,
  sumTile,
  transposeFour,
} from "./sums.as";

export function layer_input_gradient(
  call: LayerInputGradient,
  plan: Plan,
  share: Share,
): void {
  if (call.outputStride == 4) fewOutputs(call, plan, share, false);
  else manyOutputs(call, plan, share, false);
}

/**
 * The same with the layer's parameters, W by input, in the place of `transposed`: they are transposed
 * tile by tile, so that the transposed weights need not be made.
 */
export function untransposed_input_gradient(
  call: LayerInputGradient,
  plan: Plan,
  share: Share,
): void {
  if (call.outputStride == 4) fewOutputs(call, plan, share, true);
  else manyOutputs(call, plan, share, true);
}

/** Up to four outputs: a row's four terms are added directly. */
function fewOutputs(
  call: LayerInputGradient,
  plan: Plan,
  share: Share,
  untransposed: bool,
): void {
  const columns = call.inputStride;
  const row = <usize>columns << 2;
  const threshold = tensorFlush();
  const zero = f32x4.splat(<f32>0);
  if (untransposed) transposeFour(share.factors, call.transposed, columns);
  else gatherFour(share.factors, call.transposed, call.outputs, columns);
  let r = firstRow(0, share);
  while (r < plan.gradientRows) {
    // A row that is the last is computed twice.
    const next = nextRow(r, share);
    const other = next < plan.gradientRows ? next : r;
    const x = v128.load(at(call.outputGradient, r * 4));
    const x0 = v128.shuffle<f32>(x, x, 0, 0, 0, 0);
    const x1 = v128.shuffle<f32>(x, x, 1, 1, 1, 1);
    const x2 = v128.shuffle<f32>(x, x, 2, 2, 2, 2);
    const x3 = v128.shuffle<f32>(x, x, 3, 3, 3, 3);
    const y = v128.load(at(call.outputGradient, other * 4));
    const y0 = v128.shuffle<f32>(y, y, 0, 0, 0, 0);
    const y1 = v128.shuffle<f32>(y, y, 1, 1, 1, 1);
    const y2 = v128.shuffle<f32>(y, y, 2, 2, 2, 2);
    const y3 = v128.shuffle<f32>(y, y, 3, 3, 3, 3);
    let from = call.activation + r * row;
    let to = call.gradient + r * row;
    const apart = (other - r) * row;
    const end = to + row;
    let w = share.factors;
    for (; to < end; to += 16, from += 16, w += 64) {
      const w0 = v128.load(w);
      const w1 = v128.load(w, 16);
      const w2 = v128.load(w, 32);
      const w3 = v128.load(w, 48);
      const a = fourTerms(x0, x1, x2, x3, w0, w1, w2, w3);
      const b = fourTerms(y0, y1, y2, y3, w0, w1, w2, w3);
      v128.store(
        to,
        v128.and(flush(a, threshold), f32x4.gt(v128.load(from), zero)),
      );
      v128.store(
        to + apart,
        v128.and(flush(b, threshold), f32x4.gt(v128.load(from + apart), zero)),
      );
    }
    r = nextRow(other, share);
  }
}

function manyOutputs(
  call: LayerInputGradient,
  plan: Plan,
  share: Share,
  untransposed: bool,
): void {
  const columns = call.inputStride;
  const outputStride = call.outputStride;
  if (untransposed) orderByActivity(call, plan, share);
  else naturalOrder(call, share);
  let count = 0;
  for (
    let r = firstRow(0, share);
    r < plan.gradientRows;
    r = nextRow(r, share)
  ) {
    const row = at(call.activation, r * columns);
    putItem(count++, r, rowSignature(row, columns), share);
  }
  orderItems(count, share);
  const sumBytes = <usize>(columns + COLUMNS - 1 & -COLUMNS) << 2;
  const masks = share.buckets;
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
      );
      pair.first = first;
      pair.second = second;
      store<i32>(at(masks, n), activeTiles(call, pair, share));
    }
    for (let c = 0; c < columns; c += COLUMNS) {
      if (untransposed) {
        fillTransposed(share.panel, at(share.factors, c), call.outputs);
      } else fillPanel(share.panel, call.transposed, call.outputs, c, columns);
      const tile = tileBit(c, columns);
      for (let n = 0; n < pairs; n++) {
        if (!(load<i32>(at(masks, n)) & tile)) continue;
        const sums = share.sums + <usize>(2 * n) * sumBytes;
        sumTile(
          pairAt(n, share),
          share.panel,
          sums,
          sums + sumBytes,
          c,
          c + COLUMNS,
        );
      }
    }
    for (let n = 0; n < pairs; n++) {
      const pair = pairAt(n, share);
      const sums = share.sums + <usize>(2 * n) * sumBytes;
      finish(call, pair.first, sums, share);
      if (pair.second != pair.first) {
        finish(call, pair.second, sums + sumBytes, share);
      }
    }
  }
}

// The order of the inputs, in the thread's memory: `factors` has the address of the weights of each
// place's input, behind it each input's place in bytes, and behind that the bit of the place's tile.

// @ts-ignore: decorator
@inline
function places(call: LayerInputGradient, share: Share): usize {
  return at(share.factors, call.inputStride + COLUMNS);
}

// @ts-ignore: decorator
@inline
function tileBits(call: LayerInputGradient, share: Share): usize {
  return at(places(call, share), call.inputStride);
}

/** The bit of the tile that has a place; from 512 inputs on neighbouring tiles share one. */
// @ts-ignore: decorator
@inline
function tileBit(place: i32, columns: i32): i32 {
  return 1 << (place / ((columns + 511) / 512 * COLUMNS));
}

function naturalOrder(call: LayerInputGradient, share: Share): void {
  const columns = call.inputStride;
  for (let i = 0; i < columns; i++) putPlace(call, share, i, i, true);
  padOrder(call, share);
}

/** Orders the inputs by the number of the thread's rows in which they are active. */
function orderByActivity(
  call: LayerInputGradient,
  plan: Plan,
  share: Share,
): void {
  const columns = call.inputStride;
  const row = <usize>columns << 2;
  const zero = f32x4.splat(<f32>0);
  for (let i = 0; i < columns; i += 4) {
    const activations = at(call.activation, i);
    let active = i32x4.splat(0);
    for (
      let r = firstRow(0, share);
      r < plan.gradientRows;
      r = nextRow(r, share)
    ) {
      active = i32x4.sub(
        active,
        f32x4.gt(v128.load(activations + r * row), zero),
      );
    }
    active = i32x4.min_s(active, i32x4.splat(255));
    putItem(i, i, i32x4.extract_lane(active, 0), share);
    putItem(i + 1, i + 1, i32x4.extract_lane(active, 1), share);
    putItem(i + 2, i + 2, i32x4.extract_lane(active, 2), share);
    putItem(i + 3, i + 3, i32x4.extract_lane(active, 3), share);
  }
  orderItems(columns, share);
  for (let place = 0; place < columns; place++) {
    const i = itemAt(place, columns, share);
    putPlace(call, share, place, i, load<u8>(at(share.items, i)) != 0);
  }
  padOrder(call, share);
}

/** @param used Whether the weights matter: padding, which is never active, has none. */
// @ts-ignore: decorator
@inline
function putPlace(
  call: LayerInputGradient,
  share: Share,
  place: i32,
  i: i32,
  used: bool,
): void {
  const weights = call.transposed +
    (used ? <usize>i * call.outputStride << 2 : 0);
  store<usize>(at(share.factors, place), weights);
  store<i32>(at(places(call, share), i), place << 2);
  store<i32>(at(tileBits(call, share), i), tileBit(place, call.inputStride));
}

/** The last tile is whole. */
function padOrder(call: LayerInputGradient, share: Share): void {
  for (let place = call.inputStride; place & (COLUMNS - 1); place++) {
    store<usize>(at(share.factors, place), call.transposed);
  }
}

/** The bits of the tiles in which either row of a pair is active. */
function activeTiles(call: LayerInputGradient, pair: Pair, share: Share): i32 {
  const zero = f32x4.splat(<f32>0);
  const columns = call.inputStride;
  let first = at(call.activation, pair.first * columns);
  const toSecond = at(call.activation, pair.second * columns) - first;
  const end = at(first, columns);
  let bits = tileBits(call, share);
  let all = i32x4.splat(0);
  for (; first < end; first += 16, bits += 16) {
    const active = v128.or(
      f32x4.gt(v128.load(first), zero),
      f32x4.gt(v128.load(first + toSecond), zero),
    );
    all = v128.or(all, v128.and(active, v128.load(bits)));
  }
  return i32x4.extract_lane(all, 0) | i32x4.extract_lane(all, 1) |
    i32x4.extract_lane(all, 2) | i32x4.extract_lane(all, 3);
}

/** Puts a row's sums in place and applies the ReLU's mask and the flush. */
function finish(
  call: LayerInputGradient,
  r: i32,
  sums: usize,
  share: Share,
): void {
  const threshold = tensorFlush();
  const zero = f32x4.splat(<f32>0);
  const columns = call.inputStride;
  let activation = at(call.activation, r * columns);
  let gradient = at(call.gradient, r * columns);
  let place = places(call, share);
  const end = at(gradient, columns);
  for (; gradient < end; gradient += 16, activation += 16, place += 16) {
    const active = f32x4.gt(v128.load(activation), zero);
    let sum = v128.load32_zero(sums + load<u32>(place));
    sum = v128.load32_lane(sums + load<u32>(place, 4), sum, 1);
    sum = v128.load32_lane(sums + load<u32>(place, 8), sum, 2);
    sum = v128.load32_lane(sums + load<u32>(place, 12), sum, 3);
    v128.store(gradient, v128.and(flush(sum, threshold), active));
  }
}
