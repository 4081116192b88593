// loss_rows: a thread computes four columns of one row.

fn kernel(thread: u32, run: u32) {
  let columns = arguments.stride / 4u;
  let row = thread / columns;
  if (row >= gradient_rows(run)) { return; }
  let column = thread % columns;
  let actions = vec4u(column * 4u) + vec4u(0u, 1u, 2u, 3u);
  let at = row * columns + column;
  let every = mul4(vec4f(arguments.weight), rowTerms[start_rowTerms(run) + at]);
  let end = offset_of(run, row + 1u);
  var sum = vec4f();
  for (var i = offset_of(run, row); i < end; i++) {
    let s = sample_at(run, i);
    let own = sampleGradient[start_sampleGradient(run) + s];
    let chosen = actions == vec4u(action_of(run, s));
    sum = add4(sum, select(every, add4(every, vec4f(own)), chosen));
  }
  gradient[start_gradient(run) + at] = flush4(sum);
}
