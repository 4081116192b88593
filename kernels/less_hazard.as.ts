/** `less_hazard.ts` in WebAssembly. A thread computes its own rows. */
import { LessHazard } from "./arguments.as";
import { clipped, flushTensor, FORBIDDEN } from "./portable.as";
import { at, firstRow, nextRow, Plan, Share } from "./share.as";

export function less_hazard(call: LessHazard, plan: Plan, share: Share): void {
  const stride = call.stride;
  const factor = load<f32>(call.multiplier);
  for (
    let r = firstRow(0, share);
    r < plan.rowCount;
    r = nextRow(r, share)
  ) {
    const values = at(call.values, r * stride);
    const hazards = at(call.hazards, r * stride);
    const preferences = at(call.preferences, r * stride);
    for (let a = 0; a < stride; a++) {
      const value = load<f32>(at(values, a));
      const cost = factor * clipped(load<f32>(at(hazards, a)));
      store<f32>(
        at(preferences, a),
        value == FORBIDDEN ? FORBIDDEN : flushTensor(value - cost),
      );
    }
  }
}
