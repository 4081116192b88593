// hazard_samples: a thread computes one sample.

fn kernel(s: u32, run: u32) {
  let samples = arguments.planBatchSize;
  if (s >= samples) { return; }
  let stride = arguments.stride;
  let row = row_of(run, s);
  let action = action_of(run, s);
  let unsafe_at = start_unsafeShares(run) + table_row(run, row) * arguments.actions;
  var y = unsafeShares[unsafe_at + action];
  let discount = discount_of(run, s);
  if (discount > 0.0) {
    let next = next_row_of(run, s);
    let target_row = select(next, table_row(run, next), arguments.table != 0u);
    let target_at = start_targetHazards(run) + target_row * stride;
    let policy_at = start_policy(run) + next * stride;
    var sum = 0.0;
    for (var b = 0u; b < arguments.actions; b++) {
      sum = add(sum, mul(policy[policy_at + b], clipped(targetHazards[target_at + b])));
    }
    y = add(y, mul(discount, sum));
  }
  let difference = sub(hazards[start_hazards(run) + row * stride + action], y);
  sampleLosses[start_sampleLosses(run) + arguments.term * samples + s] = flush(huber(difference));
  sampleGradient[start_sampleGradient(run) + s] = flush(
    mul(huber_slope(difference), arguments.inverseBatch),
  );
}
