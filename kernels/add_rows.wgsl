// add_rows: a thread computes four columns of one row.

fn kernel(thread: u32, run: u32) {
  if (thread >= gradient_rows(run) * (arguments.stride / 4u)) { return; }
  let at = start_sum(run) + thread;
  sum[at] = flush4(add4(sum[at], input[start_input(run) + thread]));
}
