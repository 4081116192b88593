/** `copy.ts` in WebAssembly. Threads split the elements. */
import { Copy } from "./arguments.as";
import { at, firstItem, Plan, Share } from "./share.as";

export function copy(call: Copy, plan: Plan, share: Share): void {
  const first = firstItem(call.count, share.thread, share.threads);
  const end = firstItem(call.count, share.thread + 1, share.threads);
  memory.copy(
    at(call.output, first),
    at(call.input, first),
    <usize>(end - first) << 2,
  );
}
