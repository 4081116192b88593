// Measures a device's f32 arithmetic: each expression as the device likes it, and guarded.
@group(0) @binding(0) var<storage, read> operands: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> results: array<u32>;
@group(0) @binding(2) var<storage, read> guard: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  zero = guard[0];
  if (id.x >= arrayLength(&operands)) { return; }
  let a = operands[id.x].x;
  let b = operands[id.x].y;
  let c = operands[id.x].z;
  let at = id.x * 10u;
  results[at] = bitcast<u32>(a + b);
  results[at + 1u] = bitcast<u32>(a * b);
  results[at + 2u] = bitcast<u32>(a * b + c);
  results[at + 3u] = bitcast<u32>((a + b) - a);
  results[at + 4u] = bitcast<u32>(c + (a - c));
  results[at + 5u] = bitcast<u32>(add(a, b));
  results[at + 6u] = bitcast<u32>(mul(a, b));
  results[at + 7u] = bitcast<u32>(add(mul(a, b), c));
  results[at + 8u] = bitcast<u32>(sub(add(a, b), a));
  results[at + 9u] = bitcast<u32>(add(c, sub(a, c)));
}
