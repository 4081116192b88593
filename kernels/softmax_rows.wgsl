// softmax_rows: a thread computes one row.

// exp((value - largest) / T); 0 for an action that is not allowed.
fn weight_of(value: f32, largest: f32) -> f32 {
  if (is_forbidden(value)) { return 0.0; }
  return exp_portable(mul(sub(value, largest), arguments.inverseTemperature));
}

fn kernel(thread: u32, run: u32) {
  if (thread >= gradient_rows(run)) { return; }
  let row = start_values(run) + thread * arguments.stride;
  var largest = bitcast<f32>(FORBIDDEN_BITS);
  for (var a = 0u; a < arguments.actions; a++) {
    let value = values[row + a];
    if (is_forbidden(value)) { continue; }
    largest = select(largest, value, is_forbidden(largest) || value > largest);
  }
  var sum = 0.0;
  for (var a = 0u; a < arguments.actions; a++) {
    sum = add(sum, weight_of(values[row + a], largest));
  }
  let scale = recip(sum);
  let to = start_probabilities(run) + thread * arguments.stride;
  for (var a = 0u; a < arguments.stride; a++) {
    var probability = 0.0;
    if (a < arguments.actions) {
      probability = flush(mul(weight_of(values[row + a], largest), scale));
    }
    probabilities[to + a] = probability;
  }
  logSumExp[start_logSumExp(run) + thread] = flush(add(largest, mul(log_portable(sum), arguments.temperature)));
}
