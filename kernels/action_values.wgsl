// action_values: a thread computes the value of one action in one row.

// The sum of an action's `whole` lowest quantiles and of `part` of the next.
fn lowest_sum(start: u32) -> f32 {
  var sum = 0.0;
  for (var k = 0u; k < arguments.quantiles; k++) {
    let z = heads[start + k];
    var rank = 0u;
    if (arguments.whole < arguments.quantiles) {
      for (var i = 0u; i < arguments.quantiles; i++) {
        let other = heads[start + i];
        if (other < z || (other == z && i < k)) { rank++; }
      }
    }
    if (rank > arguments.whole) { continue; }
    if (rank < arguments.whole) {
      sum = add(sum, z);
    } else {
      sum = add(sum, mul(arguments.part, z));
    }
  }
  return sum;
}

fn kernel(thread: u32, run: u32) {
  let range = row_range(arguments.rows, run);
  let row = range.x + thread / arguments.actions;
  if (row >= range.y) { return; }
  let action = thread % arguments.actions;
  let start = start_heads(run) + row * arguments.headStride + action * arguments.quantiles;
  var value = mul(lowest_sum(start), arguments.scale);
  let to = start_values(run) + row * arguments.stride + action;
  if (arguments.accumulate != 0u) { value = add(values[to], value); }
  values[to] = flush(value);
}
