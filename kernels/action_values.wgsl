// action_values: a thread computes the values of four actions in one row.

// The sum of an action's `whole` lowest quantiles and of `fraction` of the next.
fn lowest_sum(start: u32) -> f32 {
  var sum = 0.0;
  if (arguments.whole >= arguments.quantiles) {
    for (var k = 0u; k < arguments.quantiles; k++) { sum = add(sum, heads[start + k]); }
    return sum;
  }
  // One after the other, by size and then by index; `last` is the index of the one before, plus 1.
  var last = 0u;
  var previous = 0.0;
  for (var n = 0u; n <= arguments.whole; n++) {
    var next = 0u;
    var smallest = 0.0;
    for (var i = 0u; i < arguments.quantiles; i++) {
      let z = heads[start + i];
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
  let columns = (arguments.actions + 3u) / 4u;
  let row = thread / columns;
  if (row < range.x || row >= range.y) { return; }
  let first = thread % columns * 4u;
  for (var action = first; action < min(first + 4u, arguments.actions); action++) {
    let start = start_heads(run) + row * arguments.headStride + action * arguments.quantiles;
    var value = flush(mul(lowest_sum(start), arguments.scale));
    let to = start_values(run) + row * arguments.stride + action;
    if (arguments.accumulate != 0u) { value = add(values[to], value); }
    values[to] = flush(mul(value, arguments.criticShare));
  }
}
