// transpose: a thread writes four columns of one row of the output.
@group(0) @binding(0) var<storage, read> parameters: array<f32>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

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
  output[start_output(run) / 4u + o * columns + column] = values;
}
