/**
 * All kernels by name.
 *
 * @module
 */
import type { Kernel } from "./kernel.ts";
import * as list from "./list.ts";

/** Every kernel, by name; each backend has one of each. */
export const KERNELS: Readonly<Record<string, Kernel>> = Object.fromEntries(
  Object.values(list).map((kernel) => [kernel.name, kernel as Kernel]),
);
