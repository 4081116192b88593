// action_values: a thread computes the values of four actions in one row.

fn kernel(thread: u32, run: u32) {
  let range = row_range(arguments.rows, run);
  let columns = (arguments.actions + 3u) / 4u;
  let row = thread / columns;
  if (row < range.x || row >= range.y) { return; }
  let first = thread % columns * 4u;
  for (var action = first; action < min(first + 4u, arguments.actions); action++) {
    let start = start_heads(run) + row * arguments.headStride + action * arguments.quantiles;
    var value = flush(mul(lowest_sum_of_heads(start), arguments.scale));
    let to = start_values(run) + row * arguments.stride + action;
    if (arguments.accumulate != 0u) { value = add(values[to], value); }
    values[to] = flush(mul(value, arguments.criticShare));
  }
}
