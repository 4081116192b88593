// transpose: a thread writes four columns of one row of the output.

fn kernel(thread: u32, run: u32) {
  let columns = arguments.inputStride / 4u;
  let o = thread / columns;
  if (o >= arguments.outputs) { return; }
  let column = thread % columns;
  var values = vec4f();
  for (var k = 0u; k < 4u; k++) {
    let i = column * 4u + k;
    if (i < arguments.inputs) {
      values[k] = parameters[start_parameters(run) + i * arguments.outputStride + o];
    }
  }
  output[start_output(run) + o * columns + column] = values;
}
