// mask_rows: a thread writes four columns of one row.

fn kernel(thread: u32, run: u32) {
  let columns = arguments.stride / 4u;
  let range = row_range(arguments.rows, run);
  let row = thread / columns;
  if (row < range.x || row >= range.y) { return; }
  let column = thread % columns;
  let mask = start_allowed(run) + table_row(run, row) * arguments.actions;
  let at = start_values(run) + row * columns + column;
  var outputs = values[at];
  for (var k = 0u; k < 4u; k++) {
    let a = column * 4u + k;
    if (a < arguments.actions) {
      if (allowed[mask + a] == 0.0) { outputs[k] = bitcast<f32>(FORBIDDEN_BITS); }
    }
  }
  values[at] = outputs;
}
