import { equal, ok } from "node:assert/strict";
import { datasetFromArrays } from "../../../src/dataset/formats/arrays.ts";
import { logOf } from "../../../src/evaluation/off_policy/log.ts";
import {
  actionDependence,
  outcomeDependence,
} from "../../../src/evaluation/off_policy/markov.ts";
import { pairsOf } from "../../../src/evaluation/off_policy/pairs.ts";
import {
  type RandomStream,
  randomStream,
} from "../../../src/numerics/random.ts";

/** Episodes of 10 steps over four states; `hidden` decides what the state does not show. */
function test(
  seed: number,
  nextOf: (hidden: number, stream: RandomStream) => number,
  actionOf: (hidden: number, stream: RandomStream) => number,
  episodes = 60,
) {
  const stream = randomStream(seed, "test/markov");
  const [observations, actions, ends] = [[], [], []] as number[][];
  for (let e = 0; e < episodes; e++) {
    const hidden = stream.integer(2);
    let state = stream.integer(4);
    for (let t = 0; t < 10; t++) {
      observations.push(state);
      actions.push(actionOf(hidden, stream));
      ends.push(t === 9 ? 1 : 0);
      state = nextOf(hidden, stream);
    }
  }
  const dataset = datasetFromArrays({
    observations,
    actions,
    rewards: ends,
    terminated: ends,
  });
  const log = logOf(dataset);
  const pairs = pairsOf(log);
  return {
    outcome: outcomeDependence(log, pairs, dataset.rewards, 99, stream).pValue,
    action: actionDependence(log, pairs, 99, stream).pValue,
  };
}

const blind = (kinds: number) => (_: number, stream: RandomStream) =>
  stream.integer(kinds);
/** Half of the kinds are seen with this hidden value, mostly. */
const hiddenIn = (kinds: number) => (hidden: number, stream: RandomStream) =>
  stream.uniform() < 0.4
    ? stream.integer(kinds)
    : (kinds / 2) * hidden + stream.integer(kinds / 2);

Deno.test("a hidden cause of what follows is seen in the step before", () => {
  const { outcome } = test(1, hiddenIn(4), blind(2), 200);
  equal(outcome, 0.01);
});

Deno.test("a hidden cause of actions is seen in the step before", () => {
  const { action } = test(2, blind(4), hiddenIn(2));
  equal(action, 0.01);
});

Deno.test("where the observation is the state, p-values are uniform", () => {
  const runs = Array.from(
    { length: 100 },
    (_, k) => test(100 + k, blind(4), blind(2)),
  );
  for (const which of ["outcome", "action"] as const) {
    const small = runs.filter((run) => run[which] <= 0.1).length;
    // Binomial(100, 0.1) exceeds 19 with probability 0.2 %.
    ok(small <= 19, `${which}: ${small} of 100 are at most 0.1`);
    ok(runs.some((run) => run[which] > 0.8));
  }
});
