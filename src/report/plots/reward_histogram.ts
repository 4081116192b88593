/**
 * Which rewards the data hold.
 *
 * @module
 */

import { group, percent, significant } from "../numbers.ts";
import { renderPlot } from "./render.ts";
import { ink, palette } from "./theme.ts";

/** Up to this many distinct rewards get a bar each; more are binned. */
const MAX_BARS = 12;

/** A bar of the histogram. */
interface Bar {
  /** The reward, or the range of a bin. */
  readonly label: string;
  /** Transitions with such a reward. */
  readonly count: number;
}

/**
 * Draws how many transitions have each reward, or rewards in each of 12 ranges where there
 * are more than 12 different ones.
 *
 * @param rewards Reward of each transition, in pieces that can be had twice; at least one.
 * @returns SVG text.
 */
export function plotRewardHistogram(
  rewards: Iterable<ArrayLike<number>>,
): Promise<string> {
  const bars = countRewards(rewards);
  const transitions = bars.reduce((sum, { count }) => sum + count, 0);
  const values = bars.map(({ label, count }) => ({
    label,
    count,
    share: `${group(count)} (${percent(count / transitions)})`,
  }));
  const encoding = {
    y: {
      field: "label",
      type: "ordinal",
      title: "reward",
      sort: null,
      axis: { ticks: false, labelPadding: 6 },
    },
    x: {
      field: "count",
      type: "quantitative",
      title: "transitions",
      axis: { tickCount: 5, tickMinStep: 1, format: ",d" },
    },
  } as const;
  return renderPlot(
    "reward-histogram",
    "Number of transitions in the data by reward",
    {
      title: {
        text: "Rewards in the data",
        subtitle: `${group(transitions)} transitions`,
      },
      width: 460,
      height: { step: 34 },
      data: { values },
      // Room for the numbers beside the longest bar.
      encoding: {
        ...encoding,
        x: {
          ...encoding.x,
          scale: {
            domain: [
              0,
              Math.max(...bars.map((bar) => bar.count)) * 1.25,
            ],
          },
        },
      },
      layer: [
        { mark: { type: "bar", color: palette[0], height: { band: 0.7 } } },
        {
          mark: {
            type: "text",
            align: "left",
            dx: 6,
            fontSize: 12,
            color: ink,
          },
          encoding: { text: { field: "share", type: "nominal" } },
        },
      ],
    },
  );
}

function countRewards(rewards: Iterable<ArrayLike<number>>): Bar[] {
  // More different rewards than bars are not kept: there may be millions.
  const counts = new Map<number, number>();
  let high = -Infinity;
  let low = Infinity;
  for (const piece of rewards) {
    for (let i = 0; i < piece.length; i++) {
      const reward = piece[i];
      if (reward > high) high = reward;
      if (reward < low) low = reward;
      if (counts.size > MAX_BARS) continue;
      counts.set(reward, (counts.get(reward) ?? 0) + 1);
    }
  }
  if (counts.size <= MAX_BARS) {
    return [...counts].sort(([a], [b]) => b - a).map(([reward, count]) => ({
      label: significant(reward, 3),
      count,
    }));
  }
  const width = (high - low) / MAX_BARS;
  const bins = Array.from({ length: MAX_BARS }, (_, k) => ({
    label: `${significant(high - (k + 1) * width, 3)} to ${
      significant(high - k * width, 3)
    }`,
    count: 0,
  }));
  for (const piece of rewards) {
    for (let i = 0; i < piece.length; i++) {
      const bin = Math.floor((high - piece[i]) / width);
      bins[Math.min(MAX_BARS - 1, bin)].count++;
    }
  }
  return bins;
}
