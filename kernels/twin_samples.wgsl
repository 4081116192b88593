// twin_samples: a thread computes one sample.

fn kernel(s: u32, run: u32) {
  let samples = arguments.planBatchSize;
  if (s >= samples) { return; }
  let next = values[start_values(run) + next_row_of(run, s) * 4u];
  let y = add(reward_of(run, s), mul(discount_of(run, s), next));
  let at = row_of(run, s) * arguments.stride + action_of(run, s);
  let first = sub(firstValues[start_firstValues(run) + at], y);
  let second = sub(secondValues[start_secondValues(run) + at], y);
  sampleLosses[start_sampleLosses(run) + arguments.term * samples + s] = flush(
    add(huber(first), huber(second)),
  );
  firstGradient[start_firstGradient(run) + s] = flush(mul(huber_slope(first), arguments.inverseBatch));
  secondGradient[start_secondGradient(run) + s] = flush(mul(huber_slope(second), arguments.inverseBatch));
}
