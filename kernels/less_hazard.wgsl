// less_hazard: a thread computes one action of one row.

fn kernel(thread: u32, run: u32) {
  if (thread >= row_count(run) * arguments.stride) { return; }
  let value = values[start_values(run) + thread];
  let hazard = clipped(hazards[start_hazards(run) + thread]);
  let cost = mul(multiplier[start_multiplier(run)], hazard);
  var preference = flush(sub(value, cost));
  if (is_forbidden(value)) { preference = bitcast<f32>(FORBIDDEN_BITS); }
  preferences[start_preferences(run) + thread] = preference;
}
