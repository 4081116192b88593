// quantile_samples: a thread computes one sample.

// The loss of one own quantile towards one of the target's, and its derivative.
fn pair(theta: f32, y: f32, above: f32, below: f32) -> vec2f {
  let difference = sub(theta, y);
  let weight = select(above, below, difference > 0.0);
  return vec2f(mul(weight, huber(difference)), mul(weight, huber_slope(difference)));
}

fn kernel(s: u32, run: u32) {
  if (s >= arguments.planBatchSize) { return; }
  let quantiles = arguments.quantiles;
  let reward = reward_of(run, s);
  let discount = discount_of(run, s);
  let next = next_row_of(run, s);
  var target_row = next;
  if (arguments.table != 0u) { target_row = table_row(run, next); }
  let target_at = start_targetHeads(run) + target_row * arguments.headStride;
  let policy_at = start_policy(run) + next * arguments.stride;
  let own = start_heads(run) + row_of(run, s) * arguments.headStride + action_of(run, s) * quantiles;
  let scale = select(1.0, arguments.inverseQuantiles, discount > 0.0);
  let to = start_sampleGradient(run) + s * arguments.gradientStride;
  var loss_sum = 0.0;
  for (var k = 0u; k < arguments.gradientStride; k++) {
    if (k >= quantiles) {
      sampleGradient[to + k] = 0.0;
      continue;
    }
    let theta = heads[own + k];
    let above = mul(f32(2u * k + 1u), arguments.midpoint);
    let below = sub(1.0, above);
    var mean_loss = 0.0;
    var mean_slope = 0.0;
    if (discount > 0.0) {
      for (var a = 0u; a < arguments.actions; a++) {
        let share = policy[policy_at + a];
        if (share == 0.0) { continue; }
        var loss = 0.0;
        var slope = 0.0;
        for (var j = 0u; j < quantiles; j++) {
          let y = add(reward, mul(discount, targetHeads[target_at + a * quantiles + j]));
          let both = pair(theta, y, above, below);
          loss = add(loss, both.x);
          slope = add(slope, both.y);
        }
        mean_loss = add(mean_loss, mul(share, loss));
        mean_slope = add(mean_slope, mul(share, slope));
      }
    } else {
      // The fold from +0 that the others make.
      let both = pair(theta, reward, above, below);
      mean_loss = add(0.0, both.x);
      mean_slope = add(0.0, both.y);
    }
    loss_sum = add(loss_sum, mean_loss);
    sampleGradient[to + k] = flush(mul(mul(mean_slope, scale), arguments.inverseBatch));
  }
  var loss = mul(loss_sum, scale);
  let losses = start_sampleLosses(run) + s;
  if (arguments.accumulate != 0u) { loss = add(sampleLosses[losses], loss); }
  sampleLosses[losses] = flush(loss);
}
