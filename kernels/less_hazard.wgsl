// less_hazard: a thread computes four actions of one row.

fn kernel(thread: u32, run: u32) {
  if (thread * 4u >= row_count(run) * arguments.stride) { return; }
  for (var i = thread * 4u; i < thread * 4u + 4u; i++) {
    let value = values[start_values(run) + i];
    let hazard = clipped(hazards[start_hazards(run) + i]);
    let cost = mul(multiplier[start_multiplier(run)], hazard);
    var preference = flush(sub(value, cost));
    if (is_forbidden(value)) { preference = bitcast<f32>(FORBIDDEN_BITS); }
    preferences[start_preferences(run) + i] = preference;
  }
}
