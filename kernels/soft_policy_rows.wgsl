// soft_policy_rows: a thread computes one row.

// T · log p - min(Q1, Q2) of the action at that place in its row.
fn cost_of(at: u32, temperature: f32, run: u32) -> f32 {
  let first = firstValues[start_firstValues(run) + at];
  let second = secondValues[start_secondValues(run) + at];
  let log_p = logProbabilities[start_logProbabilities(run) + at];
  return sub(mul(temperature, log_p), select(second, first, first < second));
}

fn kernel(r: u32, run: u32) {
  if (r >= gradient_rows(run)) { return; }
  let row = r * arguments.stride;
  let temperature = exp_portable(logTemperature[start_logTemperature(run)]);
  var sum = 0.0;
  for (var a = 0u; a < arguments.actions; a++) {
    let log_p = logProbabilities[start_logProbabilities(run) + row + a];
    if (is_forbidden(log_p)) { continue; }
    sum = add(sum, mul(probability(log_p), cost_of(row + a, temperature, run)));
  }
  let first = offset_of(run, r);
  let end = offset_of(run, r + 1u);
  let weight = mul(f32(end - first), arguments.inverseBatch);
  for (var a = 0u; a < arguments.stride; a++) {
    var slope = 0.0;
    if (a < arguments.actions) {
      let log_p = logProbabilities[start_logProbabilities(run) + row + a];
      if (!is_forbidden(log_p)) {
        let above = sub(cost_of(row + a, temperature, run), sum);
        slope = flush(mul(mul(probability(log_p), above), weight));
      }
    }
    gradient[start_gradient(run) + row + a] = slope;
  }
  let losses = start_sampleLosses(run) + arguments.term * arguments.planBatchSize;
  for (var i = first; i < end; i++) {
    sampleLosses[losses + sample_at(run, i)] = flush(sum);
  }
}
