// weighted_clone_rows: a thread computes four columns of one row; that of the first four has the row's losses too.

fn kernel(thread: u32, run: u32) {
  let columns = arguments.stride / 4u;
  let row = thread / columns;
  if (row >= gradient_rows(run)) { return; }
  let column = thread % columns;
  let actions = vec4u(column * 4u) + vec4u(0u, 1u, 2u, 3u);
  let at = row * columns + column;
  let p = probabilities[start_probabilities(run) + at];
  let taken = sub4(p, vec4f(1.0));
  let row_logits = start_logits(run) + row * arguments.stride;
  let normaliser = logSumExp[start_logSumExp(run) + row];
  let losses = start_sampleLosses(run) + arguments.term * arguments.planBatchSize;
  let end = offset_of(run, row + 1u);
  var sum = vec4f();
  for (var i = offset_of(run, row); i < end; i++) {
    let s = sample_at(run, i);
    let action = action_of(run, s);
    let weight = weights[start_weights(run) + s];
    if (column == 0u) {
      sampleLosses[losses + s] = flush(mul(weight, sub(normaliser, logits[row_logits + action])));
    }
    sum = add4(sum, mul4(vec4f(weight), select(p, taken, actions == vec4u(action))));
  }
  gradient[start_gradient(run) + at] = flush4(mul4(sum, vec4f(arguments.inverseBatch)));
}
