// layer_input_gradient: a thread computes four columns of up to four rows.

// Stores the gradient of four inputs where the ReLU let them through.
fn store(run: u32, at: u32, sum: vec4f) {
  let passed = activation[start_activation(run) + at] > vec4f();
  gradient[start_gradient(run) + at] = select(vec4f(), flush4(sum), passed);
}

// Four more terms of the sum, in ascending order.
fn fold(x: vec4f, w0: vec4f, w1: vec4f, w2: vec4f, w3: vec4f, sum: vec4f) -> vec4f {
  var next = add4(sum, mul4(x.xxxx, w0));
  next = add4(next, mul4(x.yyyy, w1));
  next = add4(next, mul4(x.zzzz, w2));
  return add4(next, mul4(x.wwww, w3));
}

fn kernel(thread: u32, run: u32) {
  let columns = arguments.inputStride / 4u;
  let row = thread / columns * 4u;
  let rows = gradient_rows(run);
  if (row >= rows) { return; }
  let column = thread % columns;
  let output_columns = arguments.outputStride / 4u;
  // Rows past the end repeat the last one; they are not stored.
  let last = rows - 1u;
  let output_start = start_outputGradient(run);
  let at0 = output_start + row * output_columns;
  let at1 = output_start + min(row + 1u, last) * output_columns;
  let at2 = output_start + min(row + 2u, last) * output_columns;
  let at3 = output_start + min(row + 3u, last) * output_columns;
  var w = start_transposed(run) + column;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  let whole = arguments.outputs & ~3u;
  for (var o = 0u; o < whole; o += 4u) {
    let g0 = outputGradient[at0 + o / 4u];
    let g1 = outputGradient[at1 + o / 4u];
    let g2 = outputGradient[at2 + o / 4u];
    let g3 = outputGradient[at3 + o / 4u];
    let w0 = transposed[w];
    let w1 = transposed[w + columns];
    let w2 = transposed[w + 2u * columns];
    let w3 = transposed[w + 3u * columns];
    sum0 = fold(g0, w0, w1, w2, w3, sum0);
    sum1 = fold(g1, w0, w1, w2, w3, sum1);
    sum2 = fold(g2, w0, w1, w2, w3, sum2);
    sum3 = fold(g3, w0, w1, w2, w3, sum3);
    w += 4u * columns;
  }
  for (var o = whole; o < arguments.outputs; o++) {
    let weight = transposed[w];
    sum0 = add4(sum0, mul4(vec4f(outputGradient[at0 + o / 4u][o % 4u]), weight));
    sum1 = add4(sum1, mul4(vec4f(outputGradient[at1 + o / 4u][o % 4u]), weight));
    sum2 = add4(sum2, mul4(vec4f(outputGradient[at2 + o / 4u][o % 4u]), weight));
    sum3 = add4(sum3, mul4(vec4f(outputGradient[at3 + o / 4u][o % 4u]), weight));
    w += columns;
  }
  let to = row * columns + column;
  store(run, to, sum0);
  if (row + 1u <= last) { store(run, to + columns, sum1); }
  if (row + 2u <= last) { store(run, to + 2u * columns, sum2); }
  if (row + 3u <= last) { store(run, to + 3u * columns, sum3); }
}
