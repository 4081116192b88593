/**
 * A worker of a calibration: draws data sets and evaluates policies on them, in turn.
 *
 * @module
 */
import {
  evaluateDataset,
  type FoundPolicy,
  type PreparedWorld,
} from "./cell.ts";

/** A data set to draw. */
export interface CellMessage {
  /** In the first message to a worker. */
  readonly world?: PreparedWorld;
  /** Of the data set. */
  readonly episodes: number;
  /** Names it. */
  readonly index: number;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<CellMessage>) => void;
  postMessage(found: FoundPolicy[]): void;
};

let prepared: PreparedWorld | undefined;

scope.onmessage = ({ data: { world, episodes, index } }) => {
  prepared ??= world!;
  scope.postMessage(evaluateDataset(prepared, episodes, index));
};
