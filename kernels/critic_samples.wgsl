// critic_samples: a thread computes one sample.

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
    let policy_at = start_policy(run) + next * stride;
    var sum = 0.0;
    for (var a = 0u; a < arguments.actions; a++) {
      sum = add(sum, mul(policy[policy_at + a], targetValues[target_at + a]));
    }
    y = add(y, mul(discount, sum));
  }
  let row = start_values(run) + row_of(run, s) * stride;
  let difference = sub(values[row + action_of(run, s)], y);
  var loss = huber(difference);
  let to = start_sampleLosses(run) + s;
  if (arguments.accumulate != 0u) { loss = add(sampleLosses[to], loss); }
  sampleLosses[to] = flush(loss);
  sampleGradient[start_sampleGradient(run) + s] = flush(
    sub(mul(huber_slope(difference), arguments.inverseBatch), arguments.conservativeWeight),
  );
}
