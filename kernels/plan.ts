/**
 * The layout of a minibatch plan in memory: which distinct rows a step evaluates, which samples
 * refer to them, and the step's constants. It is made on the host and read by every backend.
 *
 * The network is evaluated once per distinct observation of the minibatch ("row"), not once per
 * sample. Rows are ordered in three groups, each by first appearance among the samples:
 * observations that are not next observations, observations that are also next observations, and
 * next observations only. So the rows that need a gradient are [0, gradientRows) and the rows that
 * are somebody's next observation are [nextStart, rowCount), both without a gap.
 *
 * @module
 */

/** Word offsets of one step's plan. Words are u32, or f32 bits where said. B samples, up to 2B rows. */
export interface PlanLayout {
  /** B */
  readonly batchSize: number;
  /** The most rows that a step can have. */
  readonly rowCapacity: number;
  /** [rowCapacity] index of each row in the observation table. */
  readonly rows: number;
  /** [rowCapacity + 1] first entry of each gradient row in `samples`. */
  readonly offsets: number;
  /** [B] samples grouped by row, ascending within a row. */
  readonly samples: number;
  /** [B] row of each sample's observation. */
  readonly sampleRow: number;
  /** [B] row of each sample's next observation; 0 where the discount is 0. */
  readonly sampleNextRow: number;
  /** [B] */
  readonly actions: number;
  /** [B] f32 */
  readonly rewards: number;
  /** [B] f32, γ or 0 after a terminal step. */
  readonly discounts: number;
  /** Words of one step of one run. */
  readonly stride: number;
}

/** Header words of a step's plan. */
export const PLAN_HEADER = {
  rowCount: 0,
  gradientRows: 1,
  nextStart: 2,
  /** f32: learning rate / (1 - beta1^t), Adam's step size. */
  stepSize: 3,
  /** f32: 1 / sqrt(1 - beta2^t), the correction of Adam's second moment. */
  secondMomentScale: 4,
} as const;

const HEADER_WORDS = 8;

/**
 * The layout for a batch size.
 * @param batchSize B
 * @param rowCapacity Most rows of a step: B without next observations, else 2B.
 */
export function planLayout(batchSize: number, rowCapacity: number): PlanLayout {
  let end = HEADER_WORDS;
  const take = (words: number) => (end += words) - words;
  const rows = take(rowCapacity);
  const offsets = take(rowCapacity + 1);
  const samples = take(batchSize);
  const sampleRow = take(batchSize);
  const sampleNextRow = take(batchSize);
  const actions = take(batchSize);
  const rewards = take(batchSize);
  const discounts = take(batchSize);
  return {
    batchSize,
    rowCapacity,
    rows,
    offsets,
    samples,
    sampleRow,
    sampleNextRow,
    actions,
    rewards,
    discounts,
    // A multiple of 64 words = 256 bytes, WebGPU's alignment of a dynamic offset.
    stride: Math.ceil(end / 64) * 64,
  };
}

/** One step's plan as views; field by field the words of {@link PlanLayout} and {@link PLAN_HEADER}. */
export interface PlanStep {
  /** B */
  readonly batchSize: number;
  /** Rows of this step. */
  readonly rowCount: number;
  /** How many of the first rows are observations of samples, through which gradients flow. */
  readonly gradientRows: number;
  /** First row of a next observation; these reach to the end. */
  readonly nextStart: number;
  /** Adam's step size. */
  readonly stepSize: number;
  /** The correction of Adam's second moment. */
  readonly secondMomentScale: number;
  /** [rowCapacity] index of each row in the observation table. */
  readonly rows: Uint32Array;
  /** [rowCapacity + 1] first entry of each gradient row in `samples`. */
  readonly offsets: Uint32Array;
  /** [B] samples grouped by row. */
  readonly samples: Uint32Array;
  /** [B] row of each sample's observation. */
  readonly sampleRow: Uint32Array;
  /** [B] row of each sample's next observation. */
  readonly sampleNextRow: Uint32Array;
  /** [B] */
  readonly actions: Uint32Array;
  /** [B] */
  readonly rewards: Float32Array;
  /** [B] */
  readonly discounts: Float32Array;
}

/** Views on the step's plan that starts at word `start` of `words`. */
export function planStep(
  layout: PlanLayout,
  words: Uint32Array,
  start: number,
): PlanStep {
  const { batchSize, rowCapacity } = layout;
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  const integersAt = (offset: number, length: number) =>
    words.subarray(start + offset, start + offset + length);
  const floatsAt = (offset: number, length: number) =>
    floats.subarray(start + offset, start + offset + length);
  return {
    batchSize,
    rowCount: words[start + PLAN_HEADER.rowCount],
    gradientRows: words[start + PLAN_HEADER.gradientRows],
    nextStart: words[start + PLAN_HEADER.nextStart],
    stepSize: floats[start + PLAN_HEADER.stepSize],
    secondMomentScale: floats[start + PLAN_HEADER.secondMomentScale],
    rows: integersAt(layout.rows, rowCapacity),
    offsets: integersAt(layout.offsets, rowCapacity + 1),
    samples: integersAt(layout.samples, batchSize),
    sampleRow: integersAt(layout.sampleRow, batchSize),
    sampleNextRow: integersAt(layout.sampleNextRow, batchSize),
    actions: integersAt(layout.actions, batchSize),
    rewards: floatsAt(layout.rewards, batchSize),
    discounts: floatsAt(layout.discounts, batchSize),
  };
}
