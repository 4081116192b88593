// softmax_rows: a thread computes one row.

fn kernel(thread: u32, run: u32) {
  if (thread >= gradient_rows(run)) { return; }
  let row = start_values(run) + thread * arguments.stride;
  var largest = values[row];
  for (var a = 1u; a < arguments.actions; a++) {
    let value = values[row + a];
    largest = select(largest, value, value > largest);
  }
  let sharpness = arguments.inverseTemperature;
  var sum = 0.0;
  for (var a = 0u; a < arguments.actions; a++) {
    sum = add(sum, exp_portable(mul(sub(values[row + a], largest), sharpness)));
  }
  let scale = recip(sum);
  let to = start_probabilities(run) + thread * arguments.stride;
  for (var a = 0u; a < arguments.stride; a++) {
    var probability = 0.0;
    if (a < arguments.actions) {
      probability = flush(mul(exp_portable(mul(sub(values[row + a], largest), sharpness)), scale));
    }
    probabilities[to + a] = probability;
  }
  logSumExp[start_logSumExp(run) + thread] = flush(add(largest, mul(log_portable(sum), arguments.temperature)));
}
