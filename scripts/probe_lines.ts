/**
 * What was measured of a GPU, for people.
 *
 * @module
 */
import { describeDevice, type DeviceSurvey } from "../checks.ts";

/** The probe's readings, in lines. */
export function probeLines({ device, probe, failure }: DeviceSurvey): string[] {
  if (!device || !probe) return [`probe: ${failure}`];
  const { arithmetic, golden } = probe;
  const different = golden.filter(({ differences }) => differences > 0);
  const { guardedDifferences, guardedCases } = arithmetic;
  return [
    `probe of ${describeDevice(device)}:`,
    `  bare operations: rounding ${arithmetic.rounding}, contraction ${arithmetic.contraction}, ` +
    `reassociation ${arithmetic.reassociation}, subnormals ${arithmetic.subnormals}`,
    `  guarded operations: ${guardedDifferences} of ${guardedCases} differ`,
    `  golden trainings: ${different.length} of ${golden.length} differ`,
    `  ${failure === null ? "passed" : `failed: ${failure}`}`,
  ];
}
