// conservative_samples: a thread computes one sample.

fn kernel(s: u32, run: u32) {
  let samples = arguments.planBatchSize;
  if (s >= samples) { return; }
  let row = row_of(run, s);
  let value = values[start_values(run) + row * arguments.stride + action_of(run, s)];
  sampleLosses[start_sampleLosses(run) + arguments.term * samples + s] = flush(
    sub(logSumExp[start_logSumExp(run) + row], value),
  );
}
