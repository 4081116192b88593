// greedy_policy: a thread computes one row.

fn kernel(thread: u32, run: u32) {
  let row = thread;
  if (row < next_start(run) || row >= row_count(run)) { return; }
  let stride = arguments.stride;
  var source = row;
  if (arguments.table != 0u) { source = table_row(run, row); }
  let at = start_values(run) + source * stride;
  let best = best_of_values(at);
  var allowed = 0u;
  for (var a = 0u; a < arguments.actions; a++) {
    if (!is_forbidden(values[at + a])) { allowed++; }
  }
  let share = equal_part(allowed, arguments.actions, arguments.noise, arguments.uniformShare);
  let to = start_policy(run) + row * stride;
  for (var a = 0u; a < stride; a++) {
    var part = 0.0;
    if (a < arguments.actions) {
      if (!is_forbidden(values[at + a])) { part = share; }
    }
    if (a == best) { part = add(arguments.greedyShare, part); }
    policy[to + a] = flush(part);
  }
}
