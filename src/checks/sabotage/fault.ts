/**
 * What a planted fault is, and the ways of planting one.
 *
 * @module
 */
import { KERNELS } from "../../../kernels/mod.ts";
import type { Call, Program } from "../../algorithms/program.ts";
import type { GpuFaults } from "../../backends/faults.ts";
import type { WasmFault } from "../../backends/wasm.ts";
import type { GpuSession } from "../../backends/webgpu_session.ts";

/** A fault of a backend, planted to see that the checks notice it. */
export interface Fault {
  /** What is wrong, in a few words. */
  readonly name: string;
  /** In which backend. */
  readonly backend: "webgpu" | "wasm";
  /** Why no bit may differ on some devices; there the fault is no fault. */
  readonly harmless?: string;
  /** The program that the device runs in place of the right one. */
  readonly program?: (program: Program) => Program;
  /** What is wrong in the GPU's session. */
  readonly gpu?: GpuFaults;
  /** Changes how the host speaks with the GPU. */
  readonly session?: (session: GpuSession) => GpuSession;
  /** What is wrong in the memory of the wasm backend. */
  readonly wasm?: WasmFault;
}

/** A fault of the source of shaders: what is put in place of what is found in a part, and has to be there. */
export function shader(
  name: string,
  part: string,
  ...replacements: readonly (readonly [found: string | RegExp, put: string])[]
): Fault {
  return {
    name,
    backend: "webgpu",
    gpu: {
      wgsl: (of, source) =>
        of !== part ? source : replacements.reduce((text, [found, put]) => {
          const changed = text.replaceAll(
            typeof found === "string" ? found : new RegExp(found, "g"),
            put,
          );
          // Not every frame has all that frames can have.
          if (changed === text && part !== "frame") {
            throw new Error(`${name}: ${part} has nothing like ${found}`);
          }
          return changed;
        }, source),
    },
  };
}

/** A fault of the program's calls, on a backend. */
export function program(
  name: string,
  change: (program: Program) => Program,
  backend: Fault["backend"] = "webgpu",
): Fault {
  return { name, backend, program: change };
}

/** A fault of the calls of one kernel: what becomes of each, in all lists. */
export function calls(
  name: string,
  kernel: string,
  change: (call: Call) => readonly Call[],
  backend?: Fault["backend"],
): Fault {
  if (!Object.hasOwn(KERNELS, kernel)) {
    throw new Error(`${name}: there is no kernel ${kernel}`);
  }
  const changed = (list: readonly Call[]) =>
    list.flatMap((call) => call.kernel === kernel ? change(call) : [call]);
  return program(name, (right) => ({
    ...right,
    step: changed(right.step),
    targetUpdate: changed(right.targetUpdate),
    sweep: changed(right.sweep),
  }), backend);
}

/** A fault of one number of a kernel's calls. */
export function number(
  name: string,
  kernel: string,
  key: string,
  change: (value: number) => number,
  backend?: Fault["backend"],
): Fault {
  if (!Object.hasOwn(KERNELS[kernel].numbers, key)) {
    throw new Error(`${name}: ${kernel} has no number ${key}`);
  }
  return calls(name, kernel, (call) => [{
    ...call,
    numbers: { ...call.numbers, [key]: change(call.numbers[key]) },
  }], backend);
}

/**
 * A fault of how the host speaks with the GPU.
 *
 * @param change What is called in place of the session's own, for one training.
 */
export function session(
  name: string,
  change: (session: GpuSession) => Partial<GpuSession>,
): Fault {
  return {
    name,
    backend: "webgpu",
    session(right) {
      let wrong = change(right);
      return {
        ...right,
        open(setup) {
          wrong = change(right);
          return (wrong.open ?? right.open)(setup);
        },
        execute: (...of) => (wrong.execute ?? right.execute)(...of),
        losses: () => (wrong.losses ?? right.losses)(),
      };
    },
  };
}

/** A fault of the wasm backend's memory. */
export function memory(name: string, wasm: WasmFault): Fault {
  return { name, backend: "wasm", wasm };
}
