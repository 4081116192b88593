// temperature_samples: a thread computes the samples of one row.

fn kernel(r: u32, run: u32) {
  if (r >= gradient_rows(run)) { return; }
  let row = start_logProbabilities(run) + r * arguments.stride;
  var sum = 0.0;
  var allowed = 0u;
  for (var a = 0u; a < arguments.actions; a++) {
    let log_p = logProbabilities[row + a];
    if (is_forbidden(log_p)) { continue; }
    allowed++;
    sum = add(sum, mul(probability(log_p), log_p));
  }
  let temperature = exp_portable(logTemperature[start_logTemperature(run)]);
  let excess = add(sum, mul(arguments.entropyShare, log_portable(f32(allowed))));
  let loss = flush(-mul(temperature, excess));
  let losses = start_sampleLosses(run) + arguments.term * arguments.planBatchSize;
  let end = offset_of(run, r + 1u);
  for (var i = offset_of(run, r); i < end; i++) {
    sampleLosses[losses + sample_at(run, i)] = loss;
  }
}
