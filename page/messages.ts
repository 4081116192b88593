/**
 * What the page and its worker say to each other.
 *
 * @module
 */
import type { BackendName } from "../src/backends/choose.ts";
import type { Config } from "../src/config/config.ts";
import type { DatasetSummary } from "../src/dataset/summary.ts";
import type { GridDrawing } from "../src/environments/define.ts";

/** Begins the name of a policy that is a reference and not learnt. */
export const REFERENCE = "reference/";

/** What is asked of the worker. */
export type Request =
  /** Opens the world and collects the data, or takes those of a file. */
  | {
    readonly kind: "open";
    readonly preset: string;
    readonly overrides: unknown;
    readonly dataset?: Uint8Array<ArrayBuffer>;
  }
  /** Trains what was opened. */
  | {
    readonly kind: "run";
    readonly backend: BackendName;
    readonly paused: boolean;
  }
  /** Stops after the next interval, or goes on. */
  | { readonly kind: "pause"; readonly paused: boolean }
  /** While paused: trains one interval. */
  | { readonly kind: "step" }
  /** What is known of a cell. */
  | { readonly kind: "cell"; readonly state: number; readonly policy: string }
  /** Sampled episodes of a policy. */
  | { readonly kind: "episodes"; readonly policy: string }
  /** The run's directory. */
  | { readonly kind: "files" };

/** What a policy is worth, exactly; null where the world has no such thing. */
export interface Worth {
  /** Expected return, discounted where the world is. */
  readonly value: number | null;
  /** Probability of what the world calls unsafe. */
  readonly unsafe: number | null;
}

/** The world and the data. */
export interface WorldView {
  readonly kind: "world";
  readonly config: Config;
  /** The configuration's file. */
  readonly configText: string;
  readonly title: string;
  /** Null for a world that is no grid. */
  readonly drawing: GridDrawing | null;
  /** What the world calls unsafe, such as `hazard`. */
  readonly unsafe: string | null;
  readonly references: Readonly<Record<string, PolicyView>>;
  readonly dataset: DatasetSummary;
  /** [S] transitions that begin in each state. */
  readonly visits: Uint32Array;
  /** Pairs of state and action that the data have, and that there are. */
  readonly pairs: { readonly seen: number; readonly all: number };
  readonly notes: readonly string[];
}

/** What a number of rollouts would have said. */
export interface RolloutView {
  readonly episodes: number;
  readonly mean: number;
  /** 95 % of bootstrap means. */
  readonly interval: readonly [number, number];
  readonly unsafe: number;
  /** At least 95 %, whatever the share. */
  readonly unsafeInterval: readonly [number, number];
}

/** A policy in the world. */
export interface PolicyView {
  readonly name: string;
  /** [S] its most probable action. */
  readonly actions: Int32Array;
  /** [S] probability that something unsafe happens from there; null where nothing can. */
  readonly hazards: Float64Array | null;
  readonly worth: Worth;
  /** Null for one that depends on the step. */
  readonly rollouts: RolloutView | null;
}

/** What the data alone say of a policy. */
export interface DataView {
  /** Whether they support it, in the suite's words. */
  readonly support: string;
  readonly reasons: readonly string[];
  readonly effectiveSampleSize: number;
  readonly estimates: readonly {
    readonly name: string;
    readonly value: number | null;
    readonly interval: readonly [number, number] | null;
    /** The probability of what is unsafe, by the same estimator. */
    readonly unsafe: number | null;
  }[];
}

/** A learner while it trains. */
export interface Look {
  readonly kind: "look";
  readonly step: number;
  readonly steps: number;
  readonly policy: PolicyView;
  /** Absent where making it would hold the training up. */
  readonly data?: DataView;
}

/** A learner's result. */
export interface Learnt {
  readonly kind: "learnt";
  readonly sha256: string;
  readonly policy: PolicyView;
  readonly data: DataView;
}

/** What is known of a cell under a policy. */
export interface CellView {
  readonly kind: "cell";
  readonly state: number;
  readonly policy: string;
  /** [A] transitions of the data. */
  readonly counts: readonly number[];
  /** [A] the network's outputs; null for a policy without a network. */
  readonly outputs: readonly number[] | null;
  /** What they are: logits or action values. */
  readonly outputName: string;
  /** Exact, from here. */
  readonly worth: Worth;
  /** The optimal policy's, from here. */
  readonly best: Worth;
}

/** A sampled episode. */
export interface EpisodeView {
  readonly states: readonly number[];
  readonly value: number;
  /** How it ended. */
  readonly end: string;
}

/** What the worker says. */
export type Reply =
  | WorldView
  | Look
  | Learnt
  | CellView
  | { readonly kind: "notice"; readonly text: string }
  | { readonly kind: "backend"; readonly description: string }
  | { readonly kind: "stage"; readonly name: string }
  | { readonly kind: "done" }
  | {
    readonly kind: "episodes";
    readonly policy: string;
    readonly episodes: readonly EpisodeView[];
  }
  | { readonly kind: "files"; readonly zip: Uint8Array<ArrayBuffer> }
  | {
    readonly kind: "error";
    readonly text: string;
    /** What was asked. */
    readonly request: Request["kind"];
  };
