// q_samples: a thread computes one sample.

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
    let target_at = start_targetValues(run) + target_row * stride;
    var best = 0u;
    if (arguments.doubleQ != 0u) {
      best = best_of_preferences(start_preferences(run) + next * stride);
    } else {
      best = best_of_targetValues(target_at);
    }
    var sum = 0.0;
    var allowed = 0u;
    for (var a = 0u; a < arguments.actions; a++) {
      let value = targetValues[target_at + a];
      if (is_forbidden(value)) { continue; }
      allowed++;
      sum = add(sum, value);
    }
    let share = equal_part(allowed, arguments.actions, arguments.noise, arguments.uniformShare);
    let next_value = add(
      mul(arguments.greedyShare, targetValues[target_at + best]),
      mul(share, sum),
    );
    y = add(y, mul(discount, next_value));
  }
  let row = row_of(run, s);
  let value = values[start_values(run) + row * stride + action_of(run, s)];
  let difference = sub(value, y);
  let losses = start_sampleLosses(run) + s;
  sampleLosses[losses] = flush(huber(difference));
  sampleLosses[losses + samples] = flush(sub(logSumExp[start_logSumExp(run) + row], value));
  sampleGradient[start_sampleGradient(run) + s] = flush(
    sub(mul(huber_slope(difference), arguments.inverseBatch), arguments.conservativeWeight),
  );
}
