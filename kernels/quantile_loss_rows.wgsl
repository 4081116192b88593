// quantile_loss_rows: a thread computes one quantile of one row.

fn kernel(thread: u32, run: u32) {
  let row = thread / arguments.headStride;
  if (row >= gradient_rows(run)) { return; }
  let output = thread % arguments.headStride;
  let action = output / arguments.quantiles;
  var sum = 0.0;
  if (action < arguments.actions) {
    let terms = start_rowTerms(run) + row * arguments.stride;
    let every = mul(arguments.weight, rowTerms[terms + action]);
    let own = start_sampleGradient(run) + output % arguments.quantiles;
    let end = offset_of(run, row + 1u);
    for (var i = offset_of(run, row); i < end; i++) {
      let s = sample_at(run, i);
      var term = every;
      if (action_of(run, s) == action) {
        term = add(every, sampleGradient[own + s * arguments.gradientStride]);
      }
      sum = add(sum, term);
    }
  }
  gradient[start_gradient(run) + row * arguments.headStride + output] = flush(sum);
}
