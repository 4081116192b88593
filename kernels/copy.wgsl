// copy: a thread copies four elements.
@group(0) @binding(0) var<storage, read> input: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;

fn kernel(thread: u32, run: u32) {
  if (thread * 4u >= arguments.count) { return; }
  output[start_output(run) / 4u + thread] = input[start_input(run) / 4u + thread];
}
