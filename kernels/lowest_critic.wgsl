// lowest_critic: a thread compares the two critics in one row.

// A quantile of the critic, or of the lowest so far.
fn quantile(critic: bool, i: u32) -> f32 {
  if (critic) { return heads[i]; }
  return lowest[i];
}

// The sum of an action's `whole` lowest quantiles and of `fraction` of the next.
fn lowest_sum(critic: bool, start: u32) -> f32 {
  var sum = 0.0;
  if (arguments.whole >= arguments.quantiles) {
    for (var k = 0u; k < arguments.quantiles; k++) { sum = add(sum, quantile(critic, start + k)); }
    return sum;
  }
  // One after the other, by size and then by index; `last` is the index of the one before, plus 1.
  var last = 0u;
  var previous = 0.0;
  for (var n = 0u; n <= arguments.whole; n++) {
    var next = 0u;
    var smallest = 0.0;
    for (var i = 0u; i < arguments.quantiles; i++) {
      let z = quantile(critic, start + i);
      if (last > 0u && (z < previous || (z == previous && i < last))) { continue; }
      if (next == 0u || z < smallest) {
        next = i + 1u;
        smallest = z;
      }
    }
    if (n < arguments.whole) {
      sum = add(sum, smallest);
    } else {
      sum = add(sum, mul(arguments.fraction, smallest));
    }
    last = next;
    previous = smallest;
  }
  return sum;
}

fn kernel(thread: u32, run: u32) {
  let range = row_range(arguments.rows, run);
  if (thread < range.x || thread >= range.y) { return; }
  for (var action = 0u; action < arguments.actions; action++) {
    let first = thread * arguments.stride + action * arguments.quantiles;
    let source = start_heads(run) + first;
    let to = start_lowest(run) + first;
    if (lowest_sum(true, source) < lowest_sum(false, to)) {
      for (var k = 0u; k < arguments.quantiles; k++) { lowest[to + k] = heads[source + k]; }
    }
  }
}
