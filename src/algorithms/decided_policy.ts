/**
 * From what a program's networks have learnt to a policy.
 *
 * @module
 */
import type { NetworkPolicy } from "../network/policy.ts";
import type { DecisionRule } from "../network/decision_rule.ts";
import type { Program, ProgramNetwork } from "./program.ts";

/** What of a policy follows from its program and the training state. */
export type DecidedPolicy =
  & Pick<NetworkPolicy, "network" | "members" | "outputs" | "masked">
  & DecisionRule;

/** The networks that decide, in the order of the program. */
function deciding({ networks, decision = {} }: Program): ProgramNetwork[] {
  const { critics = 1, imitator, hazard } = decision;
  const others = [imitator?.network, hazard?.network];
  return networks.filter(({ name }, n) => n < critics || others.includes(name));
}

/** Names of the state's buffers that a policy is made of. */
export function decidingBuffers(program: Program): string[] {
  const names = deciding(program).map(({ prefix }) => `${prefix}parameters`);
  const multiplier = program.decision?.hazard?.multiplier;
  return multiplier === undefined ? names : [...names, multiplier];
}

/**
 * The part of the state that a policy is made of.
 *
 * @param state Its runs, and buffers [runs, length].
 * @param first The first run of the policy.
 * @param count How many runs are its members.
 * @returns Views [count, length] of the buffers of {@link decidingBuffers}.
 */
export function decidingState(
  program: Program,
  { runs, buffers }: {
    readonly runs: number;
    readonly buffers: Readonly<Record<string, Float32Array>>;
  },
  first: number,
  count: number,
): Record<string, Float32Array> {
  return Object.fromEntries(
    decidingBuffers(program).map((name) => {
      const length = buffers[name].length / runs;
      return [
        name,
        buffers[name].subarray(first * length, (first + count) * length),
      ];
    }),
  );
}

/**
 * The policy of a program's networks. Members are those of the first run, then of the next.
 *
 * @param buffers What {@link decidingState} gives.
 * @param runs Of how many runs they are.
 */
export function decidedPolicy(
  program: Program,
  buffers: Readonly<Record<string, Float32Array>>,
  runs: number,
): DecidedPolicy {
  const { networks, outputs, decision = {} } = program;
  const { critics = 1, quantiles, risk, imitator, hazard } = decision;
  const [{ layout: network, masked }] = networks;
  const ofRuns = (name: string) =>
    Array.from({ length: runs }, (_, run) => {
      const length = buffers[name].length / runs;
      return buffers[name].subarray(run * length, (run + 1) * length);
    });
  const parameters = networks.slice(0, critics).map(({ prefix }) =>
    ofRuns(`${prefix}parameters`)
  );
  const members = parameters[0].flatMap((_, run) =>
    parameters.map((critic) => critic[run])
  );
  const beside = (name: string) => {
    const { layout, prefix } = networks.find((own) => own.name === name)!;
    const own = ofRuns(`${prefix}parameters`);
    const shared = network.layers.length - layout.layers.length;
    if (shared === 0) return own;
    // Layers lie one after another.
    const { offset } = network.layers[shared];
    return own.map((head, run) => {
      const whole = new Float32Array(offset + head.length);
      whole.set(parameters[0][run].subarray(0, offset));
      whole.set(head, offset);
      return whole;
    });
  };
  return {
    network,
    members,
    outputs,
    ...(masked && { masked }),
    ...(quantiles !== undefined && { quantiles }),
    ...(risk !== undefined && { risk }),
    ...(imitator && {
      imitator: {
        members: beside(imitator.network),
        flexibility: imitator.flexibility,
      },
    }),
    ...(hazard && {
      hazard: {
        members: beside(hazard.network),
        multipliers: ofRuns(hazard.multiplier).map(([multiplier]) =>
          Math.fround(hazard.factor * multiplier)
        ),
      },
    }),
  };
}
