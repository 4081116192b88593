// The sum of an action's `whole` lowest quantiles and of `fraction` of the next, in the buffer BUFFER.
fn lowest_sum_of_BUFFER(start: u32) -> f32 {
  var sum = 0.0;
  if (arguments.whole >= arguments.quantiles) {
    for (var k = 0u; k < arguments.quantiles; k++) { sum = add(sum, BUFFER[start + k]); }
    return sum;
  }
  // One after the other, by size and then by index; `last` is the index of the one before, plus 1.
  var last = 0u;
  var previous = 0.0;
  for (var n = 0u; n <= arguments.whole; n++) {
    var next = 0u;
    var smallest = 0.0;
    for (var i = 0u; i < arguments.quantiles; i++) {
      let z = BUFFER[start + i];
      if (last > 0u && (z < previous || (z == previous && i < last))) { continue; }
      if (next == 0u || z < smallest) {
        next = i + 1u;
        smallest = z;
      }
    }
    if (n < arguments.whole) {
      sum = add(sum, smallest);
    } else {
      sum = add(sum, mul(arguments.fraction, smallest));
    }
    last = next;
    previous = smallest;
  }
  return sum;
}
