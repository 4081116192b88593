// adam: a thread updates four parameters.
@group(0) @binding(0) var<storage, read> gradient: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> firstMoment: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> secondMoment: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> parameters: array<vec4f>;

fn kernel(thread: u32, run: u32) {
  if (thread * 4u >= arguments.count) { return; }
  let m_at = start_firstMoment(run) / 4u + thread;
  let v_at = start_secondMoment(run) / 4u + thread;
  let p_at = start_parameters(run) / 4u + thread;
  let g = gradient[start_gradient(run) / 4u + thread];
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
  let change = mul4(vec4f(step_size(run)), mul4(m, recip4(denominator)));
  parameters[p_at] = flush4(sub4(parameters[p_at], change));
}
