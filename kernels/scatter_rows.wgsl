// scatter_rows: a thread writes four columns of one row.

fn kernel(thread: u32, run: u32) {
  let columns = arguments.stride / 4u;
  let row = thread / columns;
  if (row >= row_count(run)) { return; }
  let column = thread % columns;
  table[start_table(run) + table_row(run, row) * columns + column] =
    values[start_values(run) + row * columns + column];
}
