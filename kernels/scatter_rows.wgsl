// scatter_rows: a thread writes four columns of one row.
@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> table: array<vec4f>;

fn kernel(thread: u32, run: u32) {
  let columns = arguments.stride / 4u;
  let row = thread / columns;
  if (row >= row_count(run)) { return; }
  let column = thread % columns;
  table[start_table(run) / 4u + table_row(run, row) * columns + column] =
    values[start_values(run) / 4u + row * columns + column];
}
