// adam: a thread updates four parameters.

fn kernel(thread: u32, run: u32) {
  if (thread * 4u >= arguments.count) { return; }
  let m_at = start_firstMoment(run) + thread;
  let v_at = start_secondMoment(run) + thread;
  let p_at = start_parameters(run) + thread;
  let g = gradient[start_gradient(run) + thread];
  let m = flush_below4(
    add4(
      mul4(vec4f(arguments.beta1), firstMoment[m_at]),
      mul4(vec4f(arguments.oneMinusBeta1), g),
    ),
    FLUSH_FIRST_MOMENT,
  );
  let v = flush_below4(
    add4(
      mul4(vec4f(arguments.beta2), secondMoment[v_at]),
      mul4(vec4f(arguments.oneMinusBeta2), mul4(g, g)),
    ),
    FLUSH_SECOND_MOMENT,
  );
  firstMoment[m_at] = m;
  secondMoment[v_at] = v;
  let denominator = add4(
    mul4(sqrt4(v), vec4f(second_moment_scale(run))),
    vec4f(arguments.epsilon),
  );
  let rate = mul(step_size(run), arguments.rateScale);
  let change = mul4(vec4f(rate), mul4(m, recip4(denominator)));
  parameters[p_at] = flush4(sub4(parameters[p_at], change));
}
