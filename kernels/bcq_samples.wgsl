// bcq_samples: a thread computes one sample.

fn kernel(s: u32, run: u32) {
  let samples = arguments.planBatchSize;
  if (s >= samples) { return; }
  let stride = arguments.stride;
  var y = reward_of(run, s);
  let discount = discount_of(run, s);
  if (discount > 0.0) {
    let next = next_row_of(run, s);
    var target_row = next;
    if (arguments.table != 0u) { target_row = table_row(run, next); }
    let logits_at = start_logits(run) + next * stride;
    let values_at = start_values(run) + next * stride;
    var likeliest = bitcast<f32>(FORBIDDEN_BITS);
    for (var a = 0u; a < arguments.actions; a++) {
      let logit = logits[logits_at + a];
      if (logit > likeliest) { likeliest = logit; }
    }
    var best = 0u;
    var largest = bitcast<f32>(FORBIDDEN_BITS);
    for (var a = 0u; a < arguments.actions; a++) {
      let logit = logits[logits_at + a];
      if (is_forbidden(logit)) { continue; }
      if (sub(logit, likeliest) <= arguments.logFlexibility) { continue; }
      let value = values[values_at + a];
      if (value > largest) {
        largest = value;
        best = a;
      }
    }
    let next_value = targetValues[start_targetValues(run) + target_row * stride + best];
    y = add(y, mul(discount, next_value));
  }
  let row = start_values(run) + row_of(run, s) * stride;
  let difference = sub(values[row + action_of(run, s)], y);
  sampleLosses[start_sampleLosses(run) + arguments.term * samples + s] = flush(huber(difference));
  sampleGradient[start_sampleGradient(run) + s] = flush(
    mul(huber_slope(difference), arguments.inverseBatch),
  );
}
