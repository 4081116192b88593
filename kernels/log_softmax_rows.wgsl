// log_softmax_rows: a thread computes one row.

fn kernel(thread: u32, run: u32) {
  let range = row_range(arguments.rows, run);
  if (thread < range.x || thread >= range.y) { return; }
  let row = start_logits(run) + thread * arguments.stride;
  var largest = bitcast<f32>(FORBIDDEN_BITS);
  for (var a = 0u; a < arguments.actions; a++) {
    let logit = logits[row + a];
    if (logit > largest) { largest = logit; }
  }
  var sum = 0.0;
  for (var a = 0u; a < arguments.actions; a++) {
    let logit = logits[row + a];
    if (is_forbidden(logit)) { continue; }
    sum = add(sum, exp_portable(sub(logit, largest)));
  }
  let log_sum = log_portable(sum);
  let to = start_logProbabilities(run) + thread * arguments.stride;
  for (var a = 0u; a < arguments.stride; a++) {
    var value = 0.0;
    if (a < arguments.actions) {
      value = logits[row + a];
      if (!is_forbidden(value)) { value = flush(sub(sub(value, largest), log_sum)); }
    }
    logProbabilities[to + a] = value;
  }
}
