// quantile_loss_rows: a thread computes four outputs of one row.

// How much of quantile k of an action counts in its value.
fn part_of(start: u32, k: u32) -> f32 {
  if (arguments.whole >= arguments.quantiles) { return 1.0; }
  let z = heads[start + k];
  var rank = 0u;
  for (var i = 0u; i < arguments.quantiles; i++) {
    let other = heads[start + i];
    if (other < z || (other == z && i < k)) { rank++; }
  }
  if (rank < arguments.whole) { return 1.0; }
  if (rank == arguments.whole) { return arguments.fraction; }
  return 0.0;
}

fn gradient_of(row: u32, output: u32, run: u32) -> f32 {
  let action = output / arguments.quantiles;
  var sum = 0.0;
  if (action < arguments.actions) {
    let k = output % arguments.quantiles;
    let first = start_heads(run) + row * arguments.headStride + action * arguments.quantiles;
    let slope = mul(part_of(first, k), arguments.scale);
    let p = probabilities[start_probabilities(run) + row * arguments.stride + action];
    let other = mul(mul(arguments.weight, p), slope);
    let taken = mul(mul(arguments.weight, sub(p, 1.0)), slope);
    let own = start_sampleGradient(run) + k;
    let end = offset_of(run, row + 1u);
    for (var i = offset_of(run, row); i < end; i++) {
      let s = sample_at(run, i);
      var term = other;
      if (action_of(run, s) == action) {
        term = add(taken, sampleGradient[own + s * arguments.gradientStride]);
      }
      sum = add(sum, term);
    }
  }
  return flush(sum);
}

fn kernel(thread: u32, run: u32) {
  let columns = arguments.headStride / 4u;
  let row = thread / columns;
  if (row >= gradient_rows(run)) { return; }
  let first = thread % columns * 4u;
  for (var output = first; output < first + 4u; output++) {
    gradient[start_gradient(run) + row * arguments.headStride + output] = gradient_of(row, output, run);
  }
}
