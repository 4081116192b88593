// greedy_policy: a thread computes one row.

fn kernel(thread: u32, run: u32) {
  let row = thread;
  if (row < next_start(run) || row >= row_count(run)) { return; }
  let stride = arguments.stride;
  var source = row;
  if (arguments.table != 0u) { source = table_row(run, row); }
  let at = start_values(run) + source * stride;
  var best = 0u;
  var largest = bitcast<f32>(FORBIDDEN_BITS);
  var allowed = 0u;
  for (var a = 0u; a < arguments.actions; a++) {
    let value = values[at + a];
    if (is_forbidden(value)) { continue; }
    allowed++;
    if (is_forbidden(largest) || value > largest) {
      largest = value;
      best = a;
    }
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
