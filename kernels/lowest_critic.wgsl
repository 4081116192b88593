// lowest_critic: a thread compares the two critics in one row.

fn kernel(thread: u32, run: u32) {
  let range = row_range(arguments.rows, run);
  if (thread < range.x || thread >= range.y) { return; }
  for (var action = 0u; action < arguments.actions; action++) {
    let first = thread * arguments.stride + action * arguments.quantiles;
    let source = start_heads(run) + first;
    let to = start_lowest(run) + first;
    if (lowest_sum_of_heads(source) < lowest_sum_of_lowest(to)) {
      for (var k = 0u; k < arguments.quantiles; k++) { lowest[to + k] = heads[source + k]; }
    }
  }
}
