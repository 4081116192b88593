// q_samples: a thread computes one sample.

// The lowest index of the largest online value of a row.
fn best_online(row: u32) -> u32 {
  var best = 0u;
  for (var a = 1u; a < arguments.actions; a++) {
    if (values[row + a] > values[row + best]) { best = a; }
  }
  return best;
}

// The same for the target values.
fn best_target(row: u32) -> u32 {
  var best = 0u;
  for (var a = 1u; a < arguments.actions; a++) {
    if (targetValues[row + a] > targetValues[row + best]) { best = a; }
  }
  return best;
}

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
      best = best_online(start_values(run) + next * stride);
    } else {
      best = best_target(target_at);
    }
    var sum = 0.0;
    for (var a = 0u; a < arguments.actions; a++) { sum = add(sum, targetValues[target_at + a]); }
    let next_value = add(
      mul(arguments.greedyShare, targetValues[target_at + best]),
      mul(arguments.uniformShare, sum),
    );
    y = add(y, mul(discount, next_value));
  }
  let row = row_of(run, s);
  let value = values[start_values(run) + row * stride + action_of(run, s)];
  let difference = sub(value, y);
  let size = select(difference, -difference, difference < 0.0);
  let huber = select(mul(mul(size, size), 0.5), sub(size, 0.5), size > 1.0);
  let slope = select(select(difference, -1.0, difference < -1.0), 1.0, difference > 1.0);
  let losses = start_sampleLosses(run) + s;
  sampleLosses[losses] = flush(huber);
  sampleLosses[losses + samples] = flush(sub(logSumExp[start_logSumExp(run) + row], value));
  sampleGradient[start_sampleGradient(run) + s] = flush(
    sub(mul(slope, arguments.inverseBatch), arguments.conservativeWeight),
  );
}
