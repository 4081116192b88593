import type { CountedModel } from "../../../src/algorithms/tabular/counted_model.ts";
import { duipi } from "../../../src/algorithms/tabular/duipi.ts";
import { lowerBound } from "../../../src/algorithms/tabular/lower_bound.ts";
import { maximumLikelihood } from "../../../src/algorithms/tabular/maximum_likelihood.ts";
import { ramdp } from "../../../src/algorithms/tabular/ramdp.ts";
import { rmin } from "../../../src/algorithms/tabular/rmin.ts";
import {
  softSpibb,
  type SoftSpibbVariant,
} from "../../../src/algorithms/tabular/soft_spibb.ts";
import { spibb } from "../../../src/algorithms/tabular/spibb.ts";
import { spibbAtMost } from "../../../src/algorithms/tabular/spibb_at_most.ts";

/** What a learner plans. */
export type Plan = (counted: CountedModel) => Float64Array;

/** Settings as bold as a test wants them. */
export interface Boldness {
  readonly gamma: number;
  readonly threshold: number;
  readonly epsilon: number;
  readonly xi: number;
  readonly kappa: number;
  readonly width: number;
}

/** Those of the family that leave the baseline's probability to what is rare. */
export function restrictingPlans(
  { gamma, threshold, epsilon }: Boldness,
): Record<string, Plan> {
  const soft = (variant: SoftSpibbVariant): Plan => (counted) =>
    softSpibb.plan(counted, { gamma, epsilon, delta: 1, variant });
  return {
    spibb: (counted) => spibb.plan(counted, { gamma, threshold }),
    spibbAtMost: (counted) => spibbAtMost.plan(counted, { gamma, threshold }),
    approximate: soft("approximate"),
    advantageous: soft("advantageous"),
    lower: soft("lower"),
  };
}

/** Those that choose among all that was seen. */
export function penalisingPlans(
  { gamma, threshold, xi, kappa, width }: Boldness,
): Record<string, Plan> {
  return {
    maximumLikelihood: (counted) => maximumLikelihood.plan(counted, { gamma }),
    duipi: (counted) => duipi.plan(counted, { gamma, xi, priorCount: 2.5 }),
    ramdp: (counted) => ramdp.plan(counted, { gamma, kappa }),
    rmin: (counted) => rmin.plan(counted, { gamma, threshold }),
    lowerBound: (counted) => lowerBound.plan(counted, { gamma, width }),
  };
}
