/**
 * A Program: an algorithm as buffers and an ordered list of kernel calls. It has no device in it;
 * a backend allocates its buffers and runs its calls, and knows no algorithm by name.
 *
 * @module
 */
import { KERNELS } from "../../kernels/mod.ts";
import type { PlanLayout } from "../../kernels/plan.ts";
import type { NetworkLayout } from "../network/layout.ts";

/** A buffer of f32 elements that the backend allocates. */
export interface BufferSpec {
  /** By which calls refer to it. */
  readonly name: string;
  /** Elements; of what each run has its own copy, per run. */
  readonly length: number;
}

/** A place in a buffer where a call's argument begins. */
export interface View {
  /** Name of a buffer. */
  readonly buffer: string;
  /** In elements, a multiple of 4. */
  readonly offset: number;
}

/** One kernel call. */
export interface Call {
  /** Name of the kernel. */
  readonly kernel: string;
  /** Keys are those of the kernel's `buffers`, in its order. */
  readonly buffers: Readonly<Record<string, View>>;
  /** Keys are those of the kernel's `numbers`, in its order; `f32` values are rounded to f32. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** A network that a program trains. Names of its buffers begin with its prefix. */
export interface ProgramNetwork {
  /** What it is: `policy`, `value`, … */
  readonly name: string;
  /** Layers, and where their parameters lie. */
  readonly layout: NetworkLayout;
  /** Of the names of its buffers; empty for a program's first network. */
  readonly prefix: string;
  /** Whether it has a target network: `targetParameters`, an older copy of its parameters. */
  readonly hasTarget: boolean;
  /** Whether outputs of actions that are not allowed are overwritten; see the kernel `mask_rows`. */
  readonly masked: boolean;
  /** Hidden layers of another network that it stands on, whose gradients are then the sum of both; by default it sees observations. */
  readonly trunk?: ProgramNetwork;
  /** What all its parameters begin with; by default they are drawn. */
  readonly start?: number;
}

/** What a network's outputs are, an output an action. */
export type OutputMeaning = "logits" | "qValues";

/** How a program's networks decide together; see the rule of a policy for each part. */
export interface Decision {
  /** The first this many networks are critics of one shape, all members of the policy; by default 1. */
  readonly critics?: number;
  /** Quantiles of an action among their outputs. */
  readonly quantiles?: number;
  /** The lowest share of them that makes an action's value. */
  readonly risk?: number;
  /**
   * Name of the network that excludes unlikely actions, and from which likelihood on. One of fewer
   * layers stands on the first hidden layers of the first network.
   */
  readonly imitator?: {
    readonly network: string;
    readonly flexibility: number;
  };
  /** Name of the network that says how likely an unsafe step is, the state buffer that begins with its multiplier, and what that is multiplied by. */
  readonly hazard?: {
    readonly network: string;
    readonly multiplier: string;
    readonly factor: number;
  };
}

/** A part of the loss. */
export interface LossTerm {
  /** Its column in `training.csv`. */
  readonly name: string;
  /** What it is multiplied by in the whole loss. */
  readonly weight: number;
}

/**
 * An algorithm for one network shape and one set of hyper-parameters.
 *
 * Some buffers are not in `buffers`, because they do not have one copy per run:
 * `observations` (the table of distinct observations, [tableRows, inputs], shared by all runs), what
 * `tables` names, `losses` ([steps of a block, runs, terms], of which a call sees the current step's and
 * run's part), and the plan.
 */
export interface Program {
  /** What is trained. The first is the policy: its outputs decide, alone or as `decision` says. */
  readonly networks: readonly ProgramNetwork[];
  /** What the first network's outputs mean. */
  readonly outputs: OutputMeaning;
  /** What decides beside the first network's outputs; without it nothing does. */
  readonly decision?: Decision;
  /** γ, or 0 for an algorithm that looks at no next observation. */
  readonly discount: number;
  /** What rewards are multiplied by before training. */
  readonly rewardScale: number;
  /** Layout of the plans that steps and sweeps read. */
  readonly plan: PlanLayout;
  /** Rows of the observation table. */
  readonly tableRows: number;
  /**
   * Where observations stay on disk: how many rows the plans that are made at once bring with them, at most.
   * The table has two such parts, one for the plans in use and one for the next; it is not swept.
   */
  readonly blockRows?: number;
  /**
   * What else is known of each of its rows, shared by all runs: `allowed`, [tableRows, actions], 1 where an
   * action is allowed, where the first network is masked; or what the program says.
   */
  readonly tables: readonly BufferSpec[];
  /** What the backend allocates for each run. */
  readonly buffers: readonly BufferSpec[];
  /** Names of the buffers that are the training state, in the order of a checkpoint; see {@link stateOf}. */
  readonly state: readonly string[];
  /** One training step. */
  readonly step: readonly Call[];
  /** The target network's update, after each `targetUpdateInterval` steps; then the sweep. */
  readonly targetUpdate: readonly Call[];
  /** Run for each block of `plan.rowCapacity` rows of the observation table, after opening and after each target update. */
  readonly sweep: readonly Call[];
  /** Steps between two target updates; 0 where there is no target network. */
  readonly targetUpdateInterval: number;
  /** In their order in `losses`; the whole loss is their weighted sum. */
  readonly lossTerms: readonly LossTerm[];
}

/** Names of the buffers that hold what networks have learnt, in the order of a checkpoint. */
export function stateOf(networks: readonly ProgramNetwork[]): string[] {
  return networks.flatMap((network) => {
    const [own, ...target] = parametersOf(network);
    const { prefix } = network;
    return [own, `${prefix}firstMoment`, `${prefix}secondMoment`, ...target];
  });
}

/** Names of the buffers that hold a network's parameters: its own and, if it has one, its target's. */
export function parametersOf({ prefix, hasTarget }: ProgramNetwork): string[] {
  const names = hasTarget ? ["parameters", "targetParameters"] : ["parameters"];
  return names.map((name) => prefix + name);
}

/** The start of a buffer, or a place in it. */
export function view(buffer: string, offset = 0): View {
  return { buffer, offset };
}

/** Makes a call with its arguments in the kernel's order. @throws Error when they are not the kernel's. */
export function call(
  kernel: string,
  buffers: Record<string, View>,
  numbers: Record<string, number>,
): Call {
  const definition = KERNELS[kernel];
  const ordered = <T>(
    given: Record<string, T>,
    wanted: object,
  ): Record<string, T> => {
    const keys = Object.keys(wanted);
    if (
      keys.length !== Object.keys(given).length ||
      keys.some((key) => !(key in given))
    ) {
      throw new Error(`${kernel} takes ${keys}, not ${Object.keys(given)}`);
    }
    return Object.fromEntries(keys.map((key) => [key, given[key]]));
  };
  const values = ordered(numbers, definition.numbers);
  for (const key of Object.keys(values)) {
    if (definition.numbers[key] === "f32") {
      values[key] = Math.fround(values[key]);
    }
  }
  return {
    kernel,
    buffers: ordered(buffers, definition.buffers),
    numbers: values,
  };
}
