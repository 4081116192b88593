/**
 * A worker of a calibration: draws data sets and evaluates policies on them, in turn.
 *
 * @module
 */
import { type CalibrationWorld, openCalibration } from "./cell.ts";

/** A data set to draw. */
export interface CellMessage {
  /** In the first message to a worker. */
  readonly world?: CalibrationWorld;
  /** Of the data set. */
  readonly episodes: number;
  /** Names it. */
  readonly index: number;
}

type Calibration = ReturnType<typeof openCalibration>;

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<CellMessage>) => void;
  postMessage(found: ReturnType<Calibration["cell"]>): void;
};

let calibration: Calibration | undefined;

scope.onmessage = ({ data: { world, episodes, index } }) => {
  calibration ??= openCalibration(world!);
  scope.postMessage(calibration.cell(episodes, index));
};
