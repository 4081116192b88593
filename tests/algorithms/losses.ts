/**
 * The oracle: each algorithm's loss of one sample in float64, written from the formulas of the papers
 * and of docs/algorithms.md. The loss of a minibatch is the mean of its samples'.
 */
import { forward, type Network, type Watch } from "./network.ts";

/** A transition as the network sees it: observations are scaled, rewards are as in the data. */
export interface Sample {
  readonly observation: readonly number[];
  readonly action: number;
  readonly reward: number;
  /** None where the episode ended. */
  readonly next: readonly number[] | null;
  /** Actions that are allowed in the observation, ascending; all without it. */
  readonly allowed?: readonly number[];
  /** The same for the next observation. */
  readonly nextAllowed?: readonly number[];
  /** Of the evaluated policy, in the next observation. */
  readonly nextProbabilities?: readonly number[];
  /** Rewards of all the data's transitions with the same observation and action. */
  readonly rewardsAlike?: readonly number[];
  /** Share of the transitions with this observation that begin an episode, over that among all. */
  readonly startWeight?: number;
}

/** What an update finds. Networks stand in the order of the program's. */
export interface Situation {
  /** Settings, the data's largest absolute reward, and numbers that are learnt beside networks. */
  readonly settings: Readonly<Record<string, number>>;
  readonly online: readonly Network[];
  /** Copies that a target update made; of a network without a target network, nothing. */
  readonly target: readonly (Network | undefined)[];
  /** As the update leaves them; absent where none of its losses sees what another has changed. */
  readonly updated?: readonly Network[];
  readonly sample: Sample;
}

/** Loss terms by the suite's names for them, and the whole loss. */
export type Terms = Readonly<Record<string, number>> & {
  readonly total: number;
};

/**
 * Determines what is held fixed, such as the target of a temporal difference.
 *
 * @returns The sample's loss as a function of the online networks.
 */
export type Loss = (
  situation: Situation,
  watch: Watch,
) => (online: readonly Network[]) => Terms;

const sumOf = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);
const meanOf = (xs: readonly number[]) => sumOf(xs) / xs.length;

/** The entries of the allowed actions. */
function only(
  xs: readonly number[],
  allowed: readonly number[] | undefined,
): readonly number[] {
  return allowed ? allowed.map((action) => xs[action]) : xs;
}

/** T · log Σ exp(x / T). */
function softMaximum(xs: readonly number[], temperature: number): number {
  const largest = Math.max(...xs);
  const weights = xs.map((x) => Math.exp((x - largest) / temperature));
  return largest + temperature * Math.log(sumOf(weights));
}

/** The lowest index of the largest; the distance is that to the runner-up. */
function argmax(xs: readonly number[], watch: Watch): number {
  const best = xs.indexOf(Math.max(...xs));
  xs.forEach((x, i) => i !== best && watch(xs[best] - x));
  return best;
}

/** Quadratic up to 1, then linear. */
function huber(u: number, watch: Watch): number {
  const size = Math.abs(u);
  watch(Math.abs(size - 1));
  return size <= 1 ? u * u / 2 : size - 1 / 2;
}

/** -log p(a | s) + beta · mean over allowed actions of (log p)². */
const cloning: Loss = ({ settings, sample }, watch) => ([policy]) => {
  const logits = forward(policy, sample.observation, watch);
  const normaliser = softMaximum(only(logits, sample.allowed), 1);
  const logP = logits.map((z) => z - normaliser);
  const imitationLoss = -logP[sample.action];
  const regularizationLoss = settings.beta *
    meanOf(only(logP, sample.allowed).map((l) => l * l));
  return {
    imitationLoss,
    regularizationLoss,
    total: imitationLoss + regularizationLoss,
  };
};

/** The mean of the lowest share of numbers, of which the next above it may count in part. */
function lowestMean(xs: readonly number[], share: number): number {
  const count = share * xs.length;
  const ascending = [...xs].sort((a, b) => a - b);
  return sumOf(
    ascending.map((x, i) => x * Math.min(1, Math.max(0, count - i))),
  ) / count;
}

/** What an action costs beside its value. */
type Cost = (seen: readonly number[], action: number) => number;
const free: Cost = () => 0;

/**
 * Σ over critics of Huber(Q_c(s,a) - y), or of their quantile regression, + alpha · (T · log Σ exp(Q(s,·) / T)
 * - Q(s,a)), all over the allowed actions, where Q is the mean over critics and the lowest share of quantiles.
 * The next action is the one of the largest Q less its cost.
 */
function qLearning(chooser: "online" | "target", cost = free): Loss {
  return ({ settings, sample, online, target }, watch) => {
    const { gamma, rewardScale, targetActionNoise } = settings;
    const { alpha = 0, temperature = 1, quantiles = 0, risk = 1 } = settings;
    const { observation, action, reward, next, nextAllowed } = sample;
    const width = Math.max(1, quantiles);
    /** [action][quantile] */
    const heads = (network: Network, seen: readonly number[], watch: Watch) => {
      const outputs = forward(network, seen, watch);
      return Array.from(
        { length: outputs.length / width },
        (_, a) => outputs.slice(a * width, (a + 1) * width),
      );
    };
    const meanOver = (critics: readonly number[][][]) =>
      critics[0].map((_, a) =>
        meanOf(critics.map((head) => lowestMean(head[a], risk)))
      );
    // What the return may be, and with which probability.
    const atoms: { y: number; p: number }[] = [];
    if (next) {
      // How far units are from 0 does not matter: nothing is differentiated here.
      const headsOf = (networks: readonly (Network | undefined)[]) =>
        networks.map((network) => heads(network!, next, () => {}));
      const targets = headsOf(target);
      const choosing = chooser === "target" ? targets : headsOf(online);
      const may = nextAllowed ?? targets[0].map((_, a) => a);
      const preferences = meanOver(choosing).map((value, a) =>
        value - cost(next, a)
      );
      const best = may[argmax(only(preferences, may), watch)];
      for (const a of may) {
        const p = (a === best ? 1 - targetActionNoise : 0) +
          targetActionNoise / may.length;
        if (p === 0) continue;
        const values = targets.map((head) => -lowestMean(head[a], risk));
        for (const z of targets[argmax(values, watch)][a]) {
          atoms.push({
            y: rewardScale * reward + gamma * z,
            p: p / width,
          });
        }
      }
    } else atoms.push({ y: rewardScale * reward, p: 1 });
    const expected = sumOf(atoms.map(({ y, p }) => p * y));
    return (online) => {
      const critics = online.map((network) =>
        heads(network, observation, watch)
      );
      const tdLoss = sumOf(
        critics.map(({ [action]: own }) =>
          quantiles === 0
            ? huber(own[0] - expected, watch)
            : sumOf(own.flatMap((theta, k) =>
              atoms.map(({ y, p }) => {
                const tau = (2 * k + 1) / (2 * quantiles);
                // The derivative has no jump.
                return p * Math.abs(tau - (y < theta ? 1 : 0)) *
                  huber(y - theta, () => {});
              })
            ))
        ),
      );
      const values = meanOver(critics);
      const conservativeLoss =
        softMaximum(only(values, sample.allowed), temperature) -
        values[action];
      return {
        tdLoss,
        conservativeLoss,
        total: tdLoss + alpha * conservativeLoss,
      };
    };
  };
}

/** CQL whose actions cost λ · H, and Huber(H(s,a) - y), y = u + γ · H'(s',a'), H' and what costs from 0 to 1. */
const budgeted: Loss = (situation, watch) => {
  const { settings, sample, online, target } = situation;
  const { gamma, targetActionNoise, multiplier, budget, unsafeReward } =
    settings;
  const { observation, action, next, allowed, nextAllowed } = sample;
  const likely = (network: Network, seen: readonly number[]) =>
    forward(network, seen, () => {}).map((h) => Math.min(1, Math.max(0, h)));
  const cost: Cost = (seen, a) => multiplier * likely(online[1], seen)[a];
  const best = (seen: readonly number[], may: readonly number[]) => {
    const values = forward(online[0], seen, () => {});
    return may[argmax(may.map((a) => values[a] - cost(seen, a)), watch)];
  };
  const all = forward(online[0], observation, () => {}).map((_, a) => a);
  let y = meanOf(sample.rewardsAlike!.map((r) => r <= unsafeReward ? 1 : 0));
  if (next) {
    const may = nextAllowed ?? all;
    const hazards = likely(target[1]!, next);
    y += gamma * ((1 - targetActionNoise) * hazards[best(next, may)] +
      targetActionNoise * meanOf(only(hazards, may)));
  }
  const hazard =
    likely(online[1], observation)[best(observation, allowed ?? all)];
  const hazardExcess = sample.startWeight! * (hazard - budget);
  const ofValue = qLearning("online", cost)({
    ...situation,
    online: [online[0]],
    target: [target[0]],
  }, watch);
  return ([value, critic]) => {
    const { total, ...terms } = ofValue([value]);
    const hazardLoss = huber(
      forward(critic, observation, watch)[action] - y,
      watch,
    );
    return {
      ...terms,
      hazardLoss,
      hazardExcess,
      multiplier,
      total: total + hazardLoss,
    };
  };
};

/** Weighted cloning, expectile regression and squared temporal difference, a network each. */
const implicitQLearning: Loss = (
  { settings, sample, online, target },
  watch,
) => {
  const { gamma, rewardScale, expectile, advantageCap } = settings;
  const advantageTemperature = settings.advantageTemperature ??
    settings.largestReward / 10;
  const { observation, action, reward, next } = sample;
  const fixed = (network: Network, seen: readonly number[]) =>
    forward(network, seen, () => {});
  const y = rewardScale * reward +
    (next ? gamma * fixed(online[1], next)[0] : 0);
  const better = fixed(target[2]!, observation)[action];
  const advantage = better - fixed(online[1], observation)[0];
  const weight = Math.min(
    Math.exp(advantage / (advantageTemperature * rewardScale)),
    advantageCap,
  );
  return ([policy, value, critic]) => {
    const logits = forward(policy, observation, watch);
    const policyLoss = weight *
      (softMaximum(only(logits, sample.allowed), 1) - logits[action]);
    const u = better - forward(value, observation, watch)[0];
    const valueLoss = (u < 0 ? 1 - expectile : expectile) * u * u;
    const criticLoss = (forward(critic, observation, watch)[action] - y) ** 2;
    return {
      policyLoss,
      valueLoss,
      criticLoss,
      total: policyLoss + valueLoss + criticLoss,
    };
  };
};

/**
 * Huber(Q(s,a) - y) and cloning by the imitator; a' is the best action of those that the imitator finds
 * more than actionFlexibility times as likely as the likeliest allowed one.
 */
const batchConstrained: Loss = (situation, watch) => {
  const { settings, sample, online, target } = situation;
  const { gamma, rewardScale, actionFlexibility } = settings;
  const { observation, action, reward, next } = sample;
  // One layer stands on the hidden layers of the action values.
  const imitatorOf = ([value, imitator]: readonly Network[]): Network =>
    imitator.length < value.length
      ? [...value.slice(0, -1), ...imitator]
      : imitator;
  let y = rewardScale * reward;
  if (next) {
    const valuesIn = (network: Network) =>
      only(forward(network, next, () => {}), sample.nextAllowed);
    const logits = valuesIn(imitatorOf(online));
    const least = Math.max(...logits) + Math.log(actionFlexibility);
    logits.forEach((logit) => watch(Math.abs(logit - least)));
    const likely = [...logits.keys()].filter((a) => logits[a] > least);
    const choosing = only(valuesIn(online[0]), likely);
    const best = likely[argmax(choosing, watch)];
    y += gamma * valuesIn(target[0]!)[best];
  }
  const imitation = cloning(situation, watch);
  return (networks) => {
    const { imitationLoss, regularizationLoss } = imitation([
      imitatorOf(networks),
    ]);
    const value = forward(networks[0], observation, watch)[action];
    const tdLoss = huber(value - y, watch);
    return {
      imitationLoss,
      regularizationLoss,
      tdLoss,
      total: imitationLoss + regularizationLoss + tdLoss,
    };
  };
};

/** Entropy near a share of the largest, two critics of the policy and its entropy, and the policy. */
const softActorCritic: Loss = (
  { settings, sample, online, target, updated },
  watch,
) => {
  const { gamma, rewardScale } = settings;
  const { observation, action, reward, next } = sample;
  const fixed = (network: Network, seen: readonly number[]) =>
    forward(network, seen, () => {});
  const temperatureOf = ([, , , [[[logTemperature]]]]: readonly Network[]) =>
    Math.exp(logTemperature);
  /** Σ p(b) · (min(Q1(b), Q2(b)) - T · log p(b)) over the allowed actions. */
  const worth = (
    logits: readonly number[],
    [first, second]: readonly (readonly number[])[],
    temperature: number,
    allowed: readonly number[] | undefined,
  ) => {
    const among = only([...logits.keys()], allowed);
    const normaliser = softMaximum(only(logits, among), 1);
    return sumOf(among.map((b) => {
      const logP = logits[b] - normaliser;
      const value = Math.min(first[b], second[b]) - temperature * logP;
      return Math.exp(logP) * value;
    }));
  };
  const y = rewardScale * reward + (next
    ? gamma * worth(
      fixed(online[0], next),
      [target[1]!, target[2]!].map((critic) => fixed(critic, next)),
      temperatureOf(online),
      sample.nextAllowed,
    )
    : 0);
  const none = fixed(online[0], observation).map(() => 0);
  const entropy = worth(
    fixed(online[0], observation),
    [none, none],
    1,
    sample.allowed,
  );
  const equal = Math.log(only(none, sample.allowed).length);
  const critics = updated!.slice(1, 3).map((each) => fixed(each, observation));
  return (networks) => {
    const temperatureLoss = temperatureOf(networks) *
      (entropy - 0.98 * equal);
    const criticLoss = sumOf(
      networks.slice(1, 3).map((critic) =>
        huber(forward(critic, observation, watch)[action] - y, watch)
      ),
    );
    const policyLoss = -worth(
      forward(networks[0], observation, watch),
      critics,
      temperatureOf(updated!),
      sample.allowed,
    );
    return {
      temperatureLoss,
      criticLoss,
      policyLoss,
      total: temperatureLoss + criticLoss + policyLoss,
    };
  };
};

/** Huber(Q(s,a) - y), y = r + γ · Σ π(b|s') · Q'(s',b). */
const fittedQEvaluation: Loss = ({ settings, sample, target }, watch) => {
  const { gamma, rewardScale } = settings;
  const { observation, action, reward, next, nextProbabilities } = sample;
  const values = next ? forward(target[0]!, next, () => {}) : [];
  const y = rewardScale * reward +
    gamma * sumOf(values.map((value, b) => nextProbabilities![b] * value));
  return ([network]) => {
    const tdLoss = huber(
      forward(network, observation, watch)[action] - y,
      watch,
    );
    return { tdLoss, total: tdLoss };
  };
};

/** By the algorithm's name. */
const LOSSES: Readonly<Record<string, Loss>> = {
  bc: cloning,
  // Its network clones what was planned.
  displacementPlanning: cloning,
  cql: qLearning("online"),
  dqn: qLearning("target"),
  doubleDqn: qLearning("online"),
  iql: implicitQLearning,
  budgetedCql: budgeted,
  fqe: fittedQEvaluation,
  bcq: batchConstrained,
  sac: softActorCritic,
};

/** An algorithm's loss. @throws Error where none is written down. */
export function lossOf(algorithm: string): Loss {
  if (Object.hasOwn(LOSSES, algorithm)) return LOSSES[algorithm];
  throw new Error(
    `no oracle for ${algorithm}: add its loss to tests/algorithms/losses.ts`,
  );
}
