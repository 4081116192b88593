// expected_samples: a thread computes one sample.

fn kernel(s: u32, run: u32) {
  let samples = arguments.planBatchSize;
  if (s >= samples) { return; }
  let stride = arguments.stride;
  var y = reward_of(run, s);
  let discount = discount_of(run, s);
  if (discount > 0.0) {
    let next = next_row_of(run, s);
    let observation = table_row(run, next);
    let target_row = select(next, observation, arguments.table != 0u);
    let target_at = start_targetValues(run) + target_row * stride;
    let policy_at = start_probabilities(run) + observation * arguments.actions;
    var sum = 0.0;
    for (var a = 0u; a < arguments.actions; a++) {
      sum = add(sum, mul(probabilities[policy_at + a], targetValues[target_at + a]));
    }
    y = add(y, mul(discount, sum));
  }
  let row = start_values(run) + row_of(run, s) * stride;
  let difference = sub(values[row + action_of(run, s)], y);
  sampleLosses[start_sampleLosses(run) + s] = flush(huber(difference));
  sampleGradient[start_sampleGradient(run) + s] = flush(
    mul(huber_slope(difference), arguments.inverseBatch),
  );
}
