// copy: a thread copies four elements.

fn kernel(thread: u32, run: u32) {
  if (thread * 4u >= arguments.count) { return; }
  output[start_output(run) + thread] = input[start_input(run) + thread];
}
