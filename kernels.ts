/**
 * The kernels: each has a reference, the specification that the kernels of the same name on all
 * backends follow bit for bit.
 *
 * @module
 */
export { KERNELS } from "./kernels/mod.ts";
export {
  type Access,
  type Kernel,
  ROWS,
  type Threads,
} from "./kernels/kernel.ts";
export { type PlanLayout, type PlanStep } from "./kernels/plan.ts";
export { exp, log, recip, rsqrt, sqrt } from "./kernels/portable.ts";
export type {
  Contents,
  Example,
  ExampleSizes,
  Fill,
} from "./kernels/example.ts";
