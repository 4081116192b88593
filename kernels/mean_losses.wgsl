// mean_losses: a thread computes one term.

fn kernel(term: u32, run: u32) {
  if (term >= arguments.terms) { return; }
  let samples = arguments.planBatchSize;
  let first = start_sampleLosses(run) + term * samples;
  var sum = 0.0;
  for (var s = 0u; s < samples; s++) {
    sum = add(sum, sampleLosses[first + s]);
  }
  losses[start_losses(run) + term] = flush(mul(sum, arguments.inverseBatch));
}
