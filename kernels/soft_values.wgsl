// soft_values: a thread computes one row.

fn kernel(r: u32, run: u32) {
  if (r < next_start(run) || r >= row_count(run)) { return; }
  var source = r;
  if (arguments.table != 0u) { source = table_row(run, r); }
  let first_at = start_firstValues(run) + source * arguments.stride;
  let second_at = start_secondValues(run) + source * arguments.stride;
  let row = start_logProbabilities(run) + r * arguments.stride;
  let temperature = exp_portable(logTemperature[start_logTemperature(run)]);
  var sum = 0.0;
  for (var a = 0u; a < arguments.actions; a++) {
    let log_p = logProbabilities[row + a];
    if (is_forbidden(log_p)) { continue; }
    let first = firstValues[first_at + a];
    let second = secondValues[second_at + a];
    let value = sub(select(second, first, first < second), mul(temperature, log_p));
    sum = add(sum, mul(probability(log_p), value));
  }
  values[start_values(run) + r] = vec4f(flush(sum), 0.0, 0.0, 0.0);
}
