// A step's minibatch plan in WGSL: the words that plan.ts lays out, for one run.
// `arguments.plan…` are the word offsets of its PlanLayout.

fn plan_word(run: u32, word: u32) -> u32 { return plan[run * arguments.planStride + word]; }

fn row_count(run: u32) -> u32 { return plan_word(run, 0u); }
fn gradient_rows(run: u32) -> u32 { return plan_word(run, 1u); }
fn next_start(run: u32) -> u32 { return plan_word(run, 2u); }
fn step_size(run: u32) -> f32 { return bitcast<f32>(plan_word(run, 3u)); }
fn second_moment_scale(run: u32) -> f32 { return bitcast<f32>(plan_word(run, 4u)); }

fn table_row(run: u32, row: u32) -> u32 { return plan_word(run, arguments.planRows + row); }
fn offset_of(run: u32, row: u32) -> u32 { return plan_word(run, arguments.planOffsets + row); }
fn sample_at(run: u32, i: u32) -> u32 { return plan_word(run, arguments.planSamples + i); }
fn row_of(run: u32, s: u32) -> u32 { return plan_word(run, arguments.planSampleRow + s); }
fn next_row_of(run: u32, s: u32) -> u32 { return plan_word(run, arguments.planSampleNextRow + s); }
fn action_of(run: u32, s: u32) -> u32 { return plan_word(run, arguments.planActions + s); }
fn reward_of(run: u32, s: u32) -> f32 { return bitcast<f32>(plan_word(run, arguments.planRewards + s)); }
fn discount_of(run: u32, s: u32) -> f32 { return bitcast<f32>(plan_word(run, arguments.planDiscounts + s)); }

// Rows [x, y) of the minibatch that a row range (ROWS of kernel.ts) names.
fn row_range(rows: u32, run: u32) -> vec2u {
  if (rows == 1u) { return vec2u(0u, gradient_rows(run)); }
  if (rows == 2u) { return vec2u(next_start(run), row_count(run)); }
  return vec2u(0u, row_count(run));
}
