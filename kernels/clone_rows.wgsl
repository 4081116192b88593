// clone_rows: a thread computes one row.
@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> probabilities: array<f32>;
@group(0) @binding(2) var<storage, read> logSumExp: array<f32>;
@group(0) @binding(3) var<storage, read_write> rowTerms: array<f32>;
@group(0) @binding(4) var<storage, read_write> rowPenalty: array<f32>;

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
