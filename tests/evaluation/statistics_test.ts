import assert from "node:assert/strict";
import {
  bootstrapInterval,
  bootstrapIntervals,
  groupMeans,
  groupVariances,
  interquartileMean,
  interquartileMeanOf,
  meanScore,
  medianInterval,
  medianOf,
  medianScore,
  optimalityGaps,
  performanceProfile,
  probabilityOfImprovement,
  type ScoreMatrix,
  shareInterval,
} from "../../src/evaluation/statistics.ts";
import { randomStream } from "../../src/numerics/random.ts";

function matrix(...rows: number[][]): ScoreMatrix {
  return {
    runs: rows.length,
    tasks: rows[0].length,
    scores: Float64Array.from(rows.flat()),
  };
}

function close(actual: number, expected: number): void {
  assert.ok(
    Math.abs(actual - expected) < 1e-14,
    `${actual} is not ${expected}`,
  );
}

// Expected values by rliable's definitions with NumPy 2.4.6 and SciPy: trim_mean(m, 0.25),
// 1 - mean(minimum(m, 1)), the U statistic over the number of pairs, mean(m > tau).
const m = matrix([0.1, 0.9, 0.35], [0.4, 0.2, 0.6], [0.75, 0.5, 1.2], [
  0.3,
  1.1,
  0.05,
]);
const other = matrix([0.3, 0.9, 0.5], [0.4, 0.1, 0.6]);

Deno.test("rliable's aggregates on a fixed matrix", () => {
  close(interquartileMean(m), 0.48333333333333334);
  close(medianScore(m), 0.45);
  close(meanScore(optimalityGaps(m, new Float64Array(12).fill(1))), 0.4875);
  close(probabilityOfImprovement(m, other), (0.5 + 0.6875 + 0.4375) / 3);
  assert.deepEqual(
    [...performanceProfile(m, Float64Array.of(0, 0.3, 0.5, 1, 1.2))],
    [1, 8 / 12, 5 / 12, 2 / 12, 0],
  );
});

Deno.test("aggregates by hand", () => {
  const ten = matrix(...[7, 1, 10, 4, 3, 8, 2, 9, 6, 5].map((v) => [v]));
  // floor(10 / 4) = 2 are cut at each end: 3 to 8 are left.
  assert.equal(interquartileMean(ten), 5.5);
  assert.equal(medianScore(ten), 5.5);
  assert.equal(meanScore(ten), 5.5);
  const outlier = matrix([1], [2], [3], [4], [-1000]);
  assert.equal(interquartileMean(outlier), 2);
  assert.equal(medianScore(outlier), 2);
  assert.equal(interquartileMean(matrix([1], [2], [6])), 3);
  assert.equal(medianScore(matrix([5])), 5);
});

Deno.test("the gap is to each run's own best score", () => {
  const gaps = optimalityGaps(matrix([1], [5], [9]), Float64Array.of(2, 5, 8));
  assert.deepEqual([...gaps.scores], [1, 0, 0]);
});

Deno.test("probability of improvement: certain, impossible, and ties half", () => {
  const low = matrix([1, 2], [2, 3]);
  const high = matrix([3, 4], [4, 5], [9, 9]);
  assert.equal(probabilityOfImprovement(high, low), 1);
  assert.equal(probabilityOfImprovement(low, high), 0);
  assert.equal(probabilityOfImprovement(low, low), 0.5);
  assert.equal(probabilityOfImprovement(matrix([1], [2]), matrix([2])), 0.25);
});

Deno.test("the bootstrap draws runs within each task", () => {
  // Each task has one value, so that resampling within tasks cannot change anything.
  const constant = matrix([1, 20], [1, 20], [1, 20]);
  const seen = new Set<string>();
  const intervals = bootstrapIntervals(
    [constant, m],
    ([a, b]) => {
      seen.add(a.scores.join());
      b.scores.forEach((score, i) => {
        const column = [...m.scores].filter((_, j) => j % 3 === i % 3);
        assert.ok(column.includes(score));
      });
      return [meanScore(a), probabilityOfImprovement(b, b)];
    },
    50,
    randomStream(1, "bootstrap"),
  );
  assert.deepEqual(intervals, [[10.5, 10.5], [0.5, 0.5]]);
  assert.deepEqual([...seen], ["1,20,1,20,1,20"]);
});

Deno.test("matrices and tasks are drawn independently of each other", () => {
  const runs = matrix([0, 0], [1, 1], [2, 2], [3, 3]);
  let sameTasks = 0;
  let sameMatrices = 0;
  bootstrapIntervals(
    [runs, runs],
    ([a, b]) => {
      for (let i = 0; i < 8; i += 2) {
        if (a.scores[i] === a.scores[i + 1]) sameTasks++;
        if (a.scores[i] === b.scores[i]) sameMatrices++;
      }
      return [0];
    },
    1000,
    randomStream(2, "bootstrap"),
  );
  // A quarter of 4,000, standard deviation 27.
  assert.ok(Math.abs(sameTasks - 1000) < 120, `${sameTasks}`);
  assert.ok(Math.abs(sameMatrices - 1000) < 120, `${sameMatrices}`);
});

Deno.test("percentile intervals of two runs are known exactly", () => {
  // The mean of two draws of 0 and 1 is 0, 0.5 or 1 with probability 1/4, 1/2, 1/4.
  const seed = 5;
  console.log(`seed ${seed}`);
  const intervals = bootstrapIntervals(
    [matrix([0], [1])],
    ([a]) => [meanScore(a), 3],
    2000,
    randomStream(seed, "bootstrap"),
  );
  assert.deepEqual(intervals, [[0, 1], [3, 3]]);
  // Of 41 replicates the 2.5th percentile is the second smallest: position 0.025 * 40 = 1.
  const values: number[] = [];
  const [[low, high]] = bootstrapIntervals(
    [m],
    ([a]) => {
      values.push(meanScore(a));
      return [values[values.length - 1]];
    },
    41,
    randomStream(seed, "bootstrap"),
  );
  values.sort((a, b) => a - b);
  assert.deepEqual([low, high], [values[1], values[39]]);
  // Of 11 the percentile lies a quarter of the way from the smallest to the next.
  values.length = 0;
  const [[quarter]] = bootstrapIntervals(
    [m],
    ([a]) => {
      values.push(meanScore(a));
      return [values[values.length - 1]];
    },
    11,
    randomStream(seed, "bootstrap"),
  );
  values.sort((a, b) => a - b);
  close(quarter, values[0] + 0.25 * (values[1] - values[0]));
});

Deno.test("an interval covers the true mean about as often as it says", () => {
  const seed = 11;
  console.log(`seed ${seed}`);
  const stream = randomStream(seed, "coverage");
  let covered = 0;
  for (let trial = 0; trial < 300; trial++) {
    const scores = Float64Array.from({ length: 30 }, () => stream.uniform());
    const [[low, high]] = bootstrapIntervals(
      [{ runs: 30, tasks: 1, scores }],
      ([a]) => [meanScore(a)],
      300,
      stream,
    );
    if (low <= 0.5 && 0.5 <= high) covered++;
  }
  assert.ok(covered / 300 > 0.88 && covered / 300 < 0.985, `${covered} of 300`);
});

Deno.test("intervals of a share are Clopper and Pearson's", () => {
  // The binomial tails solved with 40 decimal digits.
  const expected = [
    [1, 1, 0.025, 1],
    [5, 5, 0.4781762498950185, 1],
    [0, 5, 0, 0.5218237501049815],
    [3, 10, 0.06673951117773447, 0.6524528500599973],
    [7, 10, 0.3475471499400027, 0.9332604888222655],
    [19, 20, 0.7512672372279722, 0.9987349105020502],
    [50, 100, 0.39832112950330095, 0.601678870496699],
    [3, 1000, 0.0006190999316495713, 0.008742023238478303],
  ];
  for (const [k, n, low, high] of expected) {
    const [l, h] = shareInterval(k, n);
    assert.ok(
      Math.abs(l - low) < 1e-12 && Math.abs(h - high) < 1e-12,
      `${k} of ${n}: ${l}, ${h}`,
    );
  }
  // A share of pairs is rounded outwards.
  const [low] = shareInterval(7, 10);
  const [, high] = shareInterval(8, 10);
  assert.deepEqual(shareInterval(7.5, 10), [low, high]);
});

Deno.test("intervals of a median are order statistics, and none of fewer than six values", () => {
  const upTo = (n: number) =>
    Float64Array.from({ length: n }, (_, i) => (i * 7) % n + 1);
  assert.equal(medianInterval(upTo(1)), null);
  assert.equal(medianInterval(upTo(5)), null);
  // The chance that all lie on one side of the median is 2 / 2^6 = 3.1 %.
  assert.deepEqual(medianInterval(upTo(6)), [1, 6]);
  // Conover 1999, table A3: 2nd and 9th of 10, 6th and 15th of 20, 40th and 61st of 100.
  assert.deepEqual(medianInterval(upTo(10)), [2, 9]);
  assert.deepEqual(medianInterval(upTo(20)), [6, 15]);
  assert.deepEqual(medianInterval(upTo(100)), [40, 61]);
});

Deno.test("variance components of groups are those of the analysis of variance", () => {
  // NumPy 2.4.6; scipy.stats.f_oneway has the same ratio of the two mean squares.
  const scores = Float64Array.of(1.5, 2.25, 0.5, 4, 3.5, 6, 2, 2, 5, 0, 1, 1);
  const { between, within } = groupVariances(scores, 3);
  close(between!, 2.425925925925926);
  close(within!, 1.4635416666666665);
  assert.deepEqual([...groupMeans(Float64Array.of(1, 3, 6, 8), 2)], [2, 7]);
  // Means that differ less than the scores in them: no variance is below 0.
  assert.deepEqual(groupVariances(Float64Array.of(0, 8, 2, 6), 2), {
    between: 0,
    within: 20,
  });
  assert.deepEqual(groupVariances(Float64Array.of(1, 2, 6), 3), {
    between: null,
    within: 7,
  });
  assert.deepEqual(groupVariances(Float64Array.of(1, 2, 6), 1), {
    between: null,
    within: null,
  });
});

Deno.test("the bootstrap draws runs that belong together as one", () => {
  const scores = Float64Array.from({ length: 36 }, (_, i) => (i * i) % 37);
  const clusters: ScoreMatrix = { runs: 36, tasks: 1, scores, together: 3 };
  const means = groupMeans(scores, 3).map((mean) => 3 * mean);
  const whole: ScoreMatrix = { runs: 12, tasks: 1, scores: means };
  const sumOf = ([{ scores }]: readonly ScoreMatrix[]) => [
    Math.round(scores.reduce((sum, score) => sum + score, 0)),
  ];
  const intervalOf = (matrix: ScoreMatrix) =>
    bootstrapIntervals([matrix], sumOf, 500, randomStream(3, "clusters"));
  assert.deepEqual(intervalOf(clusters), intervalOf(whole));
  const single = intervalOf({ ...clusters, together: 1 });
  assert.notDeepEqual(single, intervalOf(whole));
});

Deno.test("the interval by counting draws is that of drawing scores, bit for bit", () => {
  const stream = randomStream(5, "scores");
  for (const [runs, tasks, together] of [[12, 1, 1], [15, 1, 3], [8, 3, 2]]) {
    // Some are equal.
    const scores = Float64Array.from(
      { length: runs * tasks },
      () => stream.integer(7) / 3,
    );
    const matrix = { runs, tasks, together, scores };
    const drawn = () => randomStream(1, "draws");
    const [interquartile, median] = bootstrapIntervals(
      [matrix],
      ([m]) => [interquartileMean(m), medianScore(m)],
      200,
      drawn(),
    );
    assert.deepEqual(
      bootstrapInterval(matrix, interquartileMeanOf, 200, drawn()),
      interquartile,
    );
    assert.deepEqual(bootstrapInterval(matrix, medianOf, 200, drawn()), median);
  }
});

Deno.test("improvement and profiles are those of comparing every pair", () => {
  const stream = randomStream(6, "scores");
  const scoresOf = (runs: number) => ({
    runs,
    tasks: 2,
    scores: Float64Array.from({ length: 2 * runs }, () => stream.integer(9)),
  });
  const [x, y] = [scoresOf(13), scoresOf(8)];
  let wins = 0;
  for (const task of [0, 1]) {
    for (let i = task; i < x.scores.length; i += 2) {
      for (let j = task; j < y.scores.length; j += 2) {
        const [a, b] = [x.scores[i], y.scores[j]];
        wins += a > b ? 1 : a === b ? 0.5 : 0;
      }
    }
  }
  assert.equal(probabilityOfImprovement(x, y), wins / (13 * 8) / 2);
  const thresholds = Float64Array.of(-1, 0, 3, 3.5, 9);
  assert.deepEqual(
    performanceProfile(x, thresholds),
    thresholds.map((t) => x.scores.filter((score) => score > t).length / 26),
  );
});
