// clone_rows: a thread computes one row.

fn kernel(thread: u32, run: u32) {
  if (thread >= gradient_rows(run)) { return; }
  let row = thread * arguments.stride;
  let normaliser = logSumExp[start_logSumExp(run) + thread];
  var sum = 0.0;
  var squares = 0.0;
  var allowed = 0u;
  for (var a = 0u; a < arguments.actions; a++) {
    let logit = logits[start_logits(run) + row + a];
    if (is_forbidden(logit)) { continue; }
    allowed++;
    let l = sub(logit, normaliser);
    sum = add(sum, l);
    squares = add(squares, mul(l, l));
  }
  let weight = equal_part(allowed, arguments.actions, arguments.beta, arguments.squareWeight);
  rowPenalty[start_rowPenalty(run) + thread] = flush(mul(squares, weight));
  for (var a = 0u; a < arguments.stride; a++) {
    var term = 0.0;
    let logit = logits[start_logits(run) + row + a];
    if (a < arguments.actions && !is_forbidden(logit)) {
      let p = probabilities[start_probabilities(run) + row + a];
      let l = sub(logit, normaliser);
      let penalty = mul(mul(2.0, weight), sub(l, mul(p, sum)));
      term = flush(add(p, penalty));
    }
    rowTerms[start_rowTerms(run) + row + a] = term;
  }
}
