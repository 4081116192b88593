/**
 * What alarms say, in words.
 *
 * @module
 */
import type { Metrics } from "../evaluation/results.ts";
import { decimal, orDash } from "./numbers.ts";

/** A sentence for each alarm of a run, without a full stop; empty where no policy raises one. */
export function alarmSentences(
  { policies }: Pick<Metrics, "policies">,
): string[] {
  const number = (value: number | null) => orDash(value, (x) => decimal(x, 1));
  return Object.entries(policies).flatMap(([name, { alarms }]) =>
    (alarms?.raised ?? []).map((what) =>
      `alarm: do not trust ${name}: ` +
      (what === "modelValue"
        ? `in a model of the data it is worth ${
          number(alarms!.modelValue)
        }, and the best plan there ${number(alarms!.planValue)}`
        : `its largest action value is ${
          number(alarms!.largestActionValue)
        }, and the rewards of the data allow no return above ${
          number(alarms!.largestReturn)
        }`)
    )
  );
}

/** What the alarms rest on, as a sentence without a full stop. */
export function alarmBasis({ displacementMisfit }: Metrics): string {
  return displacementMisfit === null
    ? "every place of the data shares its displacements, as far as they tell: policies are compared with the best plan of a model that assumes so"
    : `no plan to compare with: ${displacementMisfit}; choices by checkpointChoice: "model" are made by counts`;
}
