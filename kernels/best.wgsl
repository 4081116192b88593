// The lowest index of the largest value of a row of the buffer BUFFER, of the allowed ones.
fn best_of_BUFFER(row: u32) -> u32 {
  var best = 0u;
  var largest = bitcast<f32>(FORBIDDEN_BITS);
  for (var a = 0u; a < arguments.actions; a++) {
    let value = BUFFER[row + a];
    if (is_forbidden(value)) { continue; }
    if (is_forbidden(largest) || value > largest) {
      largest = value;
      best = a;
    }
  }
  return best;
}
