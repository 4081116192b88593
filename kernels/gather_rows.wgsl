// gather_rows: a thread writes four columns of one row.

fn kernel(thread: u32, run: u32) {
  let columns = arguments.stride / 4u;
  let row = thread / columns;
  if (row >= row_count(run)) { return; }
  let column = thread % columns;
  let source = start_observations(run) + table_row(run, row) * arguments.inputs;
  var values = vec4f();
  for (var k = 0u; k < 4u; k++) {
    let i = column * 4u + k;
    if (i < arguments.inputs) { values[k] = observations[source + i]; }
  }
  output[start_output(run) + row * columns + column] = values;
}
