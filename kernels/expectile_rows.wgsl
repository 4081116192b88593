// expectile_rows: a thread computes one row.

fn kernel(thread: u32, run: u32) {
  if (thread >= gradient_rows(run)) { return; }
  var source = thread;
  if (arguments.table != 0u) { source = table_row(run, thread); }
  let row = start_actionValues(run) + source * arguments.stride;
  let value = values[start_values(run) + thread * 4u];
  let losses = start_sampleLosses(run) + arguments.term * arguments.planBatchSize;
  let end = offset_of(run, thread + 1u);
  var sum = 0.0;
  for (var i = offset_of(run, thread); i < end; i++) {
    let s = sample_at(run, i);
    let u = sub(actionValues[row + action_of(run, s)], value);
    let slope = mul(select(arguments.expectile, arguments.oneMinusExpectile, u < 0.0), u);
    sum = add(sum, slope);
    sampleLosses[losses + s] = flush(mul(slope, u));
    let exponent = mul(u, arguments.inverseTemperature);
    var weight = arguments.cap;
    if (exponent < arguments.logCap) { weight = exp_portable(exponent); }
    weights[start_weights(run) + s] = flush(weight);
  }
  let slope = flush(mul(sum, arguments.gradientScale));
  gradient[start_gradient(run) + thread] = vec4f(slope, 0.0, 0.0, 0.0);
}
