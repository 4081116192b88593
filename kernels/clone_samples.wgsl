// clone_samples: a thread computes one sample.

fn kernel(s: u32, run: u32) {
  let samples = arguments.planBatchSize;
  if (s >= samples) { return; }
  let row = row_of(run, s);
  let logit = logits[start_logits(run) + row * arguments.stride + action_of(run, s)];
  let losses = start_sampleLosses(run) + s;
  sampleLosses[losses] = flush(sub(logSumExp[start_logSumExp(run) + row], logit));
  sampleLosses[losses + samples] = rowPenalty[start_rowPenalty(run) + row];
  sampleGradient[start_sampleGradient(run) + s] = -arguments.inverseBatch;
}
