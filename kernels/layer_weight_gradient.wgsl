// layer_weight_gradient: a thread computes four columns for four inputs, the bias being the last.

fn kernel(thread: u32, run: u32) {
  let columns = arguments.outputStride / 4u;
  let block = thread / columns;
  let first = block * 4u;
  let inputs = arguments.inputs;
  if (first > inputs) { return; }
  let column = thread % columns;
  let input_columns = arguments.inputStride / 4u;
  let is_bias = vec4u(first) + vec4u(0u, 1u, 2u, 3u) == vec4u(inputs);
  let rows = gradient_rows(run);
  // A block that is the bias alone lies past the input's columns; what it reads is not used.
  var x_at = start_input(run) + min(block, input_columns - 1u);
  var g_at = start_outputGradient(run) + column;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  for (var r = 0u; r < rows; r++) {
    let x = select(input[x_at], vec4f(1.0), is_bias);
    let g = outputGradient[g_at];
    sum0 = add4(sum0, mul4(vec4f(x.x), g));
    sum1 = add4(sum1, mul4(vec4f(x.y), g));
    sum2 = add4(sum2, mul4(vec4f(x.z), g));
    sum3 = add4(sum3, mul4(vec4f(x.w), g));
    x_at += input_columns;
    g_at += columns;
  }
  let to = start_gradient(run) + first * columns + column;
  gradient[to] = flush4(sum0);
  if (first + 1u <= inputs) { gradient[to + columns] = flush4(sum1); }
  if (first + 2u <= inputs) { gradient[to + 2u * columns] = flush4(sum2); }
  if (first + 3u <= inputs) { gradient[to + 3u * columns] = flush4(sum3); }
}
