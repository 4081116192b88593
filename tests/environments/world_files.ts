import { join } from "node:path";
import {
  openWorld,
  type WorldFile,
  type WorldReadOptions,
} from "../../src/environments/world.ts";
import type { NpyToWrite } from "../../src/files/npy.ts";
import { writeNpz } from "../../src/files/npz.ts";

/** Opens a file of this content. */
export async function opened(
  content: string | Uint8Array,
  fileName: string,
  options: WorldReadOptions = {},
): Promise<WorldFile> {
  const folder = Deno.makeTempDirSync();
  const path = join(folder, fileName);
  try {
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    return await openWorld(path, options);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** A `.npz` file. */
export function npz(
  arrays: Record<string, NpyToWrite>,
): Uint8Array<ArrayBuffer> {
  return writeNpz(new Map(Object.entries(arrays)));
}
