// start_samples: a thread computes one sample.

fn kernel(s: u32, run: u32) {
  let samples = arguments.planBatchSize;
  if (s >= samples) { return; }
  let row = row_of(run, s);
  let preferences_at = start_preferences(run) + row * arguments.stride;
  let best = best_of_preferences(preferences_at);
  let hazard = clipped(hazards[start_hazards(run) + row * arguments.stride + best]);
  let weight = startWeights[start_startWeights(run) + table_row(run, row)];
  let losses = start_sampleLosses(run) + arguments.term * samples + s;
  sampleLosses[losses] = flush(mul(weight, sub(hazard, arguments.budget)));
  sampleLosses[losses + samples] = flush(multiplier[start_multiplier(run)]);
}
