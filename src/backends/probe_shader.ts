/**
 * Measures how a GPU computes with f32, on that GPU: WGSL leaves rounding, contraction,
 * reassociation and subnormal numbers to it.
 *
 * @module
 */
import {
  type AlteredSource,
  PORTABLE_SOURCE,
  unaltered,
} from "../../kernels/wgsl.ts";
import { randomStream } from "../numerics/random.ts";
import source from "./probe.wgsl" with { type: "text" };

/** What was measured. The first four are of bare operations, the last is of guarded ones. */
export interface ArithmeticReadings {
  /** Whether sums and products are rounded to nearest, ties to even. */
  readonly rounding: "nearest even" | "other";
  /** Whether a·b + c is rounded once instead of twice. */
  readonly contraction: "none" | "fused";
  /** Whether (x + y) - x or c + (a - c) is simplified. */
  readonly reassociation: "none" | "simplified";
  /** What becomes of results and operands below 2^-126. */
  readonly subnormals: "kept" | "flushed";
  /** Guarded expressions that were evaluated. */
  readonly guardedCases: number;
  /** How many of them differ in a bit from single operations rounded to nearest even. */
  readonly guardedDifferences: number;
}

const RANDOM_CASES = 1000;
const EXPRESSIONS = 5;

// The buffer usages and map modes of WebGPU.
const MAP_READ = 0x1;
const COPY_SRC = 0x4;
const COPY_DST = 0x8;
const STORAGE = 0x80;
const MAP_MODE_READ = 0x1;

const u = 2 ** -24;

/** a, b, c that distinguish roundings: ties, near ties, and what fused or simplified forms keep. */
const TELLING: readonly (readonly [number, number, number])[] = [
  [1, u, 1],
  [1, 3 * u, 1],
  [1, u * (1 + 2 * u), 1],
  [1, u * (1 - u), 1],
  [-1, -u, -1],
  [-1, -3 * u, -1],
  [-1, -u * (1 + 2 * u), 1],
  [1 + 2 ** -12, 1 + 2 ** -12, -(1 + 2 ** -11)],
  [1 + 2 ** -23, 1 + 2 ** -23, -1],
  [1 + 2 ** -23, 1 - 2 ** -24, -1],
  [1, 2 ** -30, 2 ** 20],
  [2 ** -30, 1, 1],
];

const SUBNORMAL: readonly [number, number, number] = [2 ** -127, 2 ** -127, 0];
const SUBNORMAL_RESULT: readonly [number, number, number] = [2 ** -126, 0.5, 0];

function cases(): Float32Array<ArrayBuffer> {
  const random = randomStream(0, "probe");
  const value = () =>
    (random.uniform() * 2 - 1) * 2 ** (random.integer(24) - 12);
  const all = [...TELLING];
  while (all.length < TELLING.length + RANDOM_CASES) {
    all.push([value(), value(), value()]);
  }
  all.push(SUBNORMAL, SUBNORMAL_RESULT);
  return Float32Array.from(all.flatMap((abc) => [...abc, 0]));
}

/** The expressions of `probe.wgsl`, each operation rounded to nearest even once. */
function expected(a: number, b: number, c: number): number[] {
  const { fround } = Math;
  return [
    fround(a + b),
    fround(a * b),
    fround(fround(a * b) + c),
    fround(fround(a + b) - a),
    fround(c + fround(a - c)),
  ];
}

/** Runs the measurement. */
export async function measureArithmetic(
  device: GPUDevice,
  altered: AlteredSource = unaltered,
): Promise<ArithmeticReadings> {
  const operands = cases();
  const count = operands.length / 4;
  const results = await evaluate(device, operands, altered);
  const differs = new Array<number>(2 * EXPRESSIONS).fill(0);
  const bits = new Uint32Array(new Float32Array(1).buffer);
  const float = new Float32Array(bits.buffer);
  const normal = count - 2;
  for (let i = 0; i < normal; i++) {
    const [a, b, c] = operands.subarray(4 * i, 4 * i + 3);
    expected(a, b, c).forEach((value, e) => {
      float[0] = value;
      for (const k of [e, EXPRESSIONS + e]) {
        if (results[2 * EXPRESSIONS * i + k] !== bits[0]) differs[k]++;
      }
    });
  }
  const flushed = results[2 * EXPRESSIONS * normal] === 0 ||
    results[2 * EXPRESSIONS * (normal + 1) + 1] === 0;
  return {
    rounding: differs[0] + differs[1] === 0 ? "nearest even" : "other",
    contraction: differs[2] === 0 ? "none" : "fused",
    reassociation: differs[3] + differs[4] === 0 ? "none" : "simplified",
    subnormals: flushed ? "flushed" : "kept",
    guardedCases: normal * EXPRESSIONS,
    guardedDifferences: differs.slice(EXPRESSIONS).reduce((x, y) => x + y, 0),
  };
}

async function evaluate(
  device: GPUDevice,
  operands: Float32Array<ArrayBuffer>,
  altered: AlteredSource,
): Promise<Uint32Array> {
  const count = operands.length / 4;
  const size = 4 * count * 2 * EXPRESSIONS;
  const input = device.createBuffer({
    size: operands.byteLength,
    usage: STORAGE | COPY_DST,
  });
  const output = device.createBuffer({ size, usage: STORAGE | COPY_SRC });
  const guard = device.createBuffer({ size: 16, usage: STORAGE | COPY_DST });
  const staging = device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  try {
    device.queue.writeBuffer(input, 0, operands);
    const pipeline = await device.createComputePipelineAsync({
      layout: "auto",
      compute: {
        module: device.createShaderModule({
          code: `${altered("portable", PORTABLE_SOURCE)}\n${source}`,
        }),
        entryPoint: "main",
      },
    });
    const bindGroup = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [input, output, guard].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    });
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(Math.ceil(count / 64));
    pass.end();
    encoder.copyBufferToBuffer(output, 0, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(MAP_MODE_READ);
    return new Uint32Array(staging.getMappedRange()).slice();
  } finally {
    for (const buffer of [input, output, guard, staging]) buffer.destroy();
  }
}
