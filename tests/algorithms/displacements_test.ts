import { deepEqual, equal, match, ok, throws } from "node:assert/strict";
import {
  type DisplacementModel,
  displacementModel,
} from "../../src/algorithms/displacements/model.ts";
import { displacementPlanning } from "../../src/algorithms/displacement_planning.ts";
import { configureAlgorithm, relabelled } from "../../src/algorithms/index.ts";
import type { Dataset } from "../../src/dataset/dataset.ts";
import { validateDataset } from "../../src/dataset/validate.ts";
import { InputError } from "../../src/errors.ts";
import { lineData, payOf, PLACES, step, VISITS } from "./line.ts";

const GAMMA = 0.9;

function modelOf(data: Dataset): DisplacementModel {
  validateDataset(data, "the line");
  const model = displacementModel(data, GAMMA);
  if (typeof model === "string") throw new Error(model);
  return model;
}

function close(actual: number, expected: number): void {
  ok(Math.abs(actual - expected) < 1e-7, `${actual}, not ${expected}`);
}

Deno.test("the model of a line, worked by hand", () => {
  const { kappa, probabilities, value, plan, rows } = modelOf(lineData());
  equal(rows.count, PLACES - 1);
  // Each place does always the same: few imaginary visits explain that a little better than many.
  equal(kappa, 0.5);
  // Displacements in the order of the data: 1, 0 (held at the left end), -1; half a visit is spread over them.
  const all = (PLACES - 1) * VISITS + 0.5;
  const right = [(all - 0.5 + 1 / 6) / all, 1 / 6 / all, 1 / 6 / all];
  // To the left ten of 110 were held: 0 and -1 lead to place 0, and its share p solves p = (1/6 + 10 p / (1 - r)) / all.
  const r = 1 / 6 / all;
  const held = 1 / 6 / (all - VISITS / (1 - r));
  const left = [r, held, 1 - r - held];
  const mixed = (share: number, n: number) =>
    (n + kappa * share) / (VISITS + kappa);
  const at = (u: number, a: number) => [
    ...probabilities.subarray((u * 2 + a) * 3, (u * 2 + a + 1) * 3),
  ];
  at(5, 0).forEach((p, k) => close(p, mixed(right[k], k === 0 ? VISITS : 0)));
  at(5, 1).forEach((p, k) => close(p, mixed(left[k], k === 2 ? VISITS : 0)));
  close(at(0, 1)[1], mixed(left[1] + left[2], VISITS));
  equal(at(0, 1)[2], 0);

  // Worth of a policy, by sweeps of the equations written out.
  const worth = (action: number) => {
    const values = new Float64Array(PLACES);
    const of = (u: number, a: number) => {
      const [plus, zero, minus] = at(u, a);
      const entered = (v: number) =>
        payOf(v) + (v === PLACES - 1 ? 0 : GAMMA * values[v]);
      return plus * entered(u + 1) + zero * entered(u) +
        minus * (u === 0 ? 0 : entered(u - 1));
    };
    for (let sweep = 0; sweep < 1000; sweep++) {
      for (let u = 0; u + 1 < PLACES; u++) {
        values[u] = 0.8 * of(u, action) + 0.1 * (of(u, 0) + of(u, 1));
      }
    }
    return values.reduce((sum, x) => sum + x, 0) / (PLACES - 1);
  };
  const policy = (action: number) => new Int32Array(PLACES - 1).fill(action);
  close(value(policy(0)), worth(0));
  close(value(policy(1)), worth(1));
  const best = plan();
  deepEqual(best.actions, policy(0));
  equal(best.value, value(policy(0)));
});

Deno.test("a place never entered ends with the lowest reward; beyond the range nothing is", () => {
  // Place 6 was never entered: the others lead around it, and it is left as if by magic.
  const data = lineData();
  const kept = [...data.actions.keys()].filter((i) =>
    data.observations[2 * i + 1] !== 6
  );
  const { plan, value } = modelOf({
    ...data,
    observations: Float32Array.from(
      kept.flatMap((
        i,
      ) => [data.observations[2 * i], data.observations[2 * i + 1]]),
    ),
    actions: Int32Array.from(kept, (i) => data.actions[i]),
    rewards: Float32Array.from(kept, (i) => data.rewards[i]),
    terminated: Uint8Array.from(kept, (i) => data.terminated[i]),
    truncated: Uint8Array.from(kept, (i) => data.truncated[i]),
    episodeOffsets: Uint32Array.from({ length: kept.length + 1 }, (_, i) => i),
  });
  // Rewards are at least -1, so that ending at once is better than going on for ever: left of 6 into it.
  deepEqual([...plan().actions], Array(PLACES - 1).fill(0));
  ok(value(new Int32Array(PLACES - 1)) < modelOf(data).plan().value);
});

Deno.test("actions that are not allowed are neither planned nor part of the noise", () => {
  const data = lineData();
  const allowed = new Uint8Array(4 * data.actions.length).fill(1);
  // In place 3 only a step to the left.
  const kept: number[] = [];
  data.actions.forEach((a, i) => {
    if (data.observations[2 * i] !== 3 || a === 1) kept.push(i);
  });
  const masks = kept.flatMap((i) =>
    [2 * i, 2 * i + 1].flatMap((row) =>
      data.observations[row] === 3 ? [0, 1] : [1, 1]
    )
  );
  ok(masks.length < allowed.length);
  const { plan, probabilities } = modelOf({
    ...data,
    observations: Float32Array.from(
      kept.flatMap((
        i,
      ) => [data.observations[2 * i], data.observations[2 * i + 1]]),
    ),
    actions: Int32Array.from(kept, (i) => data.actions[i]),
    rewards: Float32Array.from(kept, (i) => data.rewards[i]),
    terminated: Uint8Array.from(kept, (i) => data.terminated[i]),
    truncated: Uint8Array.from(kept, (i) => data.truncated[i]),
    episodeOffsets: Uint32Array.from({ length: kept.length + 1 }, (_, i) => i),
    allowed: Uint8Array.from(masks),
  });
  equal(plan().actions[3], 1);
  equal(plan().actions[4], 0);
  ok(probabilities.length > 0);
});

const places = "the same action leads to other displacements in some places";
const misfits: Record<string, [Dataset, RegExp | string]> = {
  "names": [
    { ...lineData(), observationCategories: [PLACES] },
    "observations are names",
  ],
  "slip by place": [
    lineData({ next: (u, a, visit) => u < 5 && visit % 2 ? u : step(u, a) }),
    places,
  ],
  "an inner wall": [
    lineData({ next: (u, a) => u === 6 && a === 0 ? 6 : step(u, a) }),
    places,
  ],
  "a teleport": [
    lineData({ next: (u, a) => u === 7 && a === 1 ? 2 : step(u, a) }),
    places,
  ],
  "a ring": [
    lineData({ next: (u, a) => u === 0 && a === 1 ? PLACES - 2 : step(u, a) }),
    places,
  ],
  "any jump": [
    lineData({ next: (u, _, visit) => (u * 7 + visit * 5) % 11 }),
    /./,
  ],
  "rewards by action": [
    lineData({ reward: (_, a, entered) => payOf(entered) - a }),
    "rewards depend on the action",
  ],
  "rewards by what is left": [
    lineData({
      reward: (u, _, entered) => payOf(entered) - (u % 4 < 2 ? 1 : 0),
    }),
    /rewards depend on (the action|the observation left)/,
  ],
  "many displacements": [
    {
      ...lineData(),
      observations: lineData().observations.map((x, i) => x + Math.sqrt(i + 1)),
    },
    "different displacements, more than 32",
  ],
  "too little": [
    {
      ...lineData(),
      observations: lineData().observations.slice(0, 8),
      actions: lineData().actions.slice(0, 4),
      rewards: lineData().rewards.slice(0, 4),
      terminated: lineData().terminated.slice(0, 4),
      truncated: lineData().truncated.slice(0, 4),
      episodeOffsets: lineData().episodeOffsets.slice(0, 5),
    },
    "counts of each place explain the data as well",
  ],
};

for (const [name, [data, reason]] of Object.entries(misfits)) {
  Deno.test(`data that do not fit are not planned in: ${name}`, () => {
    const model = displacementModel(data, GAMMA);
    if (typeof model !== "string") throw new Error("fits");
    if (typeof reason === "string") ok(model.includes(reason), model);
    else match(model, reason);
    throws(
      () =>
        displacementPlanning.relabel!(
          data,
          configureAlgorithm("displacementPlanning").settings,
        ),
      (error: Error) =>
        error instanceof InputError && error.message.includes(model),
    );
  });
}

Deno.test("a chance end that all places share fits", () => {
  // A place that ends every other time it is entered.
  const data = lineData();
  const ends = data.terminated.map((flag, i) =>
    data.observations[2 * i + 1] === 4 && i % 2 ? 1 : flag
  );
  modelOf({
    ...data,
    terminated: ends,
    truncated: ends.map((flag) => 1 - flag),
  });
});

Deno.test("displacementPlanning learns one step in each observation, with the planned action", () => {
  const data = lineData();
  const algorithm = configureAlgorithm("displacementPlanning", {
    gamma: GAMMA,
  });
  const plan = relabelled(algorithm, data);
  validateDataset(plan, "the plan");
  deepEqual(plan.actions, new Int32Array(PLACES - 1));
  deepEqual(
    [...plan.observations].filter((_, row) => row % 2 === 0),
    [...Array(PLACES - 1).keys()],
  );
  ok(plan.terminated.every((flag) => flag === 1));
});

/** A grid of 8 by 8, each action twelve times in each place, of which two slip and stay. */
function gridData(
  isWall: (x: number, y: number, a: number) => boolean,
): Dataset {
  const moves = [[1, 0], [-1, 0], [0, 1], [0, -1]];
  const held = (x: number) => Math.min(7, Math.max(0, x));
  const observations: number[] = [];
  const actions: number[] = [];
  for (let x = 0; x < 8; x++) {
    for (let y = 0; y < 8; y++) {
      moves.forEach(([dx, dy], a) => {
        for (let visit = 0; visit < 12; visit++) {
          const stays = visit % 6 === 5 || isWall(x, y, a);
          observations.push(x, y);
          observations.push(
            ...stays ? [x, y] : [held(x + dx), held(y + dy)],
          );
          actions.push(a);
        }
      });
    }
  }
  const n = actions.length;
  return {
    observationSize: 2,
    actionCount: 4,
    observations: Float32Array.from(observations),
    actions: Int32Array.from(actions),
    rewards: new Float32Array(n).fill(-1),
    terminated: new Uint8Array(n),
    truncated: new Uint8Array(n).fill(1),
    episodeOffsets: Uint32Array.from({ length: n + 1 }, (_, i) => i),
  };
}

Deno.test("one wall in one place of 64 is found, where all places together hide it", () => {
  equal(typeof displacementModel(gridData(() => false), GAMMA), "object");
  const wall = gridData((x, y, a) => x === 3 && y === 4 && a === 0);
  equal(
    displacementModel(wall, GAMMA),
    "from the observation (3, 4) actions lead elsewhere than from others",
  );
});

Deno.test("tiny rewards have the plan and the values of others, in their units", () => {
  const scaled = (scale: number) =>
    modelOf(lineData({ reward: (_, __, entered) => scale * payOf(entered) }));
  const [plain, tiny] = [scaled(1), scaled(2 ** -40)].map((model) =>
    model.plan()
  );
  deepEqual(tiny.actions, plain.actions);
  ok(Math.abs(tiny.value * 2 ** 40 - plain.value) < 1e-7, `${tiny.value}`);
});
