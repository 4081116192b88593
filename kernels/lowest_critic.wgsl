// lowest_critic: a thread compares the two critics in one action of one row.

// What an action's quantile of this rank counts in its value.
fn counted(z: f32, rank: u32) -> f32 {
  if (rank < arguments.whole) { return z; }
  return mul(arguments.part, z);
}

// The sum of an action's `whole` lowest quantiles and of `part` of the next, in `heads`.
fn sum_of_heads(start: u32) -> f32 {
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
    if (rank <= arguments.whole) { sum = add(sum, counted(z, rank)); }
  }
  return sum;
}

// The same in `lowest`.
fn sum_of_lowest(start: u32) -> f32 {
  var sum = 0.0;
  for (var k = 0u; k < arguments.quantiles; k++) {
    let z = lowest[start + k];
    var rank = 0u;
    if (arguments.whole < arguments.quantiles) {
      for (var i = 0u; i < arguments.quantiles; i++) {
        let other = lowest[start + i];
        if (other < z || (other == z && i < k)) { rank++; }
      }
    }
    if (rank <= arguments.whole) { sum = add(sum, counted(z, rank)); }
  }
  return sum;
}

fn kernel(thread: u32, run: u32) {
  let range = row_range(arguments.rows, run);
  let row = range.x + thread / arguments.actions;
  if (row >= range.y) { return; }
  let first = row * arguments.stride + (thread % arguments.actions) * arguments.quantiles;
  let source = start_heads(run) + first;
  let to = start_lowest(run) + first;
  if (sum_of_heads(source) < sum_of_lowest(to)) {
    for (var k = 0u; k < arguments.quantiles; k++) { lowest[to + k] = heads[source + k]; }
  }
}
