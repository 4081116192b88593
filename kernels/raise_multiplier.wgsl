// raise_multiplier: one thread does it.

fn kernel(thread: u32, run: u32) {
  if (thread != 0u) { return; }
  let samples = arguments.planBatchSize;
  let first = start_sampleLosses(run) + arguments.term * samples;
  var sum = 0.0;
  for (var s = 0u; s < samples; s++) {
    sum = add(sum, sampleLosses[first + s]);
  }
  let at = start_multiplier(run);
  let raised = add(multiplier[at], mul(arguments.rate, sum));
  multiplier[at] = flush(select(select(0.0, raised, raised > 0.0), arguments.largest, raised > arguments.largest));
}
