// td_samples: a thread computes one sample.

fn kernel(s: u32, run: u32) {
  let samples = arguments.planBatchSize;
  if (s >= samples) { return; }
  let next = values[start_values(run) + next_row_of(run, s) * 4u];
  let y = add(reward_of(run, s), mul(discount_of(run, s), next));
  let row = start_actionValues(run) + row_of(run, s) * arguments.stride;
  let difference = sub(actionValues[row + action_of(run, s)], y);
  sampleLosses[start_sampleLosses(run) + arguments.term * samples + s] = flush(mul(difference, difference));
  sampleGradient[start_sampleGradient(run) + s] = flush(mul(difference, arguments.twiceInverseBatch));
}
