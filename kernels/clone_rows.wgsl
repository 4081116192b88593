// clone_rows: a thread computes one row.

fn kernel(thread: u32, run: u32) {
  if (thread >= gradient_rows(run)) { return; }
  let row = thread * arguments.stride;
  let normaliser = logSumExp[start_logSumExp(run) + thread];
  var sum = 0.0;
  var squares = 0.0;
  for (var a = 0u; a < arguments.actions; a++) {
    let l = sub(logits[start_logits(run) + row + a], normaliser);
    sum = add(sum, l);
    squares = add(squares, mul(l, l));
  }
  rowPenalty[start_rowPenalty(run) + thread] = flush(mul(squares, arguments.squareWeight));
  for (var a = 0u; a < arguments.stride; a++) {
    var term = 0.0;
    if (a < arguments.actions) {
      let p = probabilities[start_probabilities(run) + row + a];
      let l = sub(logits[start_logits(run) + row + a], normaliser);
      let penalty = mul(arguments.twiceSquareWeight, sub(l, mul(p, sum)));
      term = flush(add(p, penalty));
    }
    rowTerms[start_rowTerms(run) + row + a] = term;
  }
}
