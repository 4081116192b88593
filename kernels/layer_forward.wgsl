// layer_forward: a thread computes four columns of up to four rows.

fn activated(sum: vec4f, bias: vec4f) -> vec4f {
  let y = add4(sum, bias);
  return flush4(select(y, vec4f(), vec4<bool>(arguments.relu != 0u) & !(y > vec4f())));
}

// Four more terms of the sum, in ascending order.
fn fold(x: vec4f, w0: vec4f, w1: vec4f, w2: vec4f, w3: vec4f, sum: vec4f) -> vec4f {
  var next = add4(sum, mul4(x.xxxx, w0));
  next = add4(next, mul4(x.yyyy, w1));
  next = add4(next, mul4(x.zzzz, w2));
  return add4(next, mul4(x.wwww, w3));
}

// Stores four columns of a row, where the row is in the range.
fn store(range: vec2u, row: u32, at: u32, y: vec4f) {
  if (row >= range.x && row < range.y) { output[at] = y; }
}

fn kernel(thread: u32, run: u32) {
  let columns = arguments.outputStride / 4u;
  let range = row_range(arguments.rows, run);
  let row = thread / columns * 4u;
  if (row >= range.y || row + 4u <= range.x) { return; }
  let column = thread % columns;
  let input_columns = arguments.inputStride / 4u;
  // Rows past the end repeat the last one; rows outside the range are not stored.
  let last = range.y - 1u;
  let input_start = start_input(run);
  let at0 = input_start + row * input_columns;
  let at1 = input_start + min(row + 1u, last) * input_columns;
  let at2 = input_start + min(row + 2u, last) * input_columns;
  let at3 = input_start + min(row + 3u, last) * input_columns;
  var w = start_parameters(run) + column;
  var sum0 = vec4f();
  var sum1 = vec4f();
  var sum2 = vec4f();
  var sum3 = vec4f();
  let whole = arguments.inputs & ~3u;
  for (var i = 0u; i < whole; i += 4u) {
    let x0 = input[at0 + i / 4u];
    let x1 = input[at1 + i / 4u];
    let x2 = input[at2 + i / 4u];
    let x3 = input[at3 + i / 4u];
    let w0 = parameters[w];
    let w1 = parameters[w + columns];
    let w2 = parameters[w + 2u * columns];
    let w3 = parameters[w + 3u * columns];
    sum0 = fold(x0, w0, w1, w2, w3, sum0);
    sum1 = fold(x1, w0, w1, w2, w3, sum1);
    sum2 = fold(x2, w0, w1, w2, w3, sum2);
    sum3 = fold(x3, w0, w1, w2, w3, sum3);
    w += 4u * columns;
  }
  for (var i = whole; i < arguments.inputs; i++) {
    let weight = parameters[w];
    sum0 = add4(sum0, mul4(vec4f(input[at0 + i / 4u][i % 4u]), weight));
    sum1 = add4(sum1, mul4(vec4f(input[at1 + i / 4u][i % 4u]), weight));
    sum2 = add4(sum2, mul4(vec4f(input[at2 + i / 4u][i % 4u]), weight));
    sum3 = add4(sum3, mul4(vec4f(input[at3 + i / 4u][i % 4u]), weight));
    w += columns;
  }
  let bias = parameters[w];
  let to = start_output(run) + row * columns + column;
  store(range, row, to, activated(sum0, bias));
  store(range, row + 1u, to + columns, activated(sum1, bias));
  store(range, row + 2u, to + 2u * columns, activated(sum2, bias));
  store(range, row + 3u, to + 3u * columns, activated(sum3, bias));
}
