// start_samples: a thread computes one sample.

fn kernel(s: u32, run: u32) {
  let samples = arguments.planBatchSize;
  if (s >= samples) { return; }
  let row = row_of(run, s);
  let preferences_at = start_preferences(run) + row * arguments.stride;
  var best = 0u;
  var largest = bitcast<f32>(FORBIDDEN_BITS);
  for (var a = 0u; a < arguments.actions; a++) {
    let value = preferences[preferences_at + a];
    if (is_forbidden(value)) { continue; }
    if (is_forbidden(largest) || value > largest) {
      largest = value;
      best = a;
    }
  }
  let hazard = clipped(hazards[start_hazards(run) + row * arguments.stride + best]);
  let weight = startWeights[start_startWeights(run) + table_row(run, row)];
  let losses = start_sampleLosses(run) + arguments.term * samples + s;
  sampleLosses[losses] = flush(mul(weight, sub(hazard, arguments.budget)));
  sampleLosses[losses + samples] = flush(multiplier[start_multiplier(run)]);
}
