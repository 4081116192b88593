/** A file placed under a second name is a file of its own right, whatever the first name was. */
import { deepEqual, equal, notEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { placeFile } from "../../src/files/atomic.ts";
import { inFolder } from "../run/small_run.ts";

const BYTES = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7);

function original(folder: string): string {
  const path = join(folder, "original");
  Deno.writeFileSync(path, BYTES);
  return path;
}

function placed(folder: string, from: string): Deno.FileInfo {
  const path = join(folder, "placed");
  const before = join(folder, "before");
  Deno.writeTextFileSync(before, "what was there before");
  Deno.renameSync(before, path);
  placeFile(from, path);
  ok(Deno.readFileSync(path).every((byte, i) => byte === BYTES[i]));
  deepEqual(
    [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".tmp")),
    [],
  );
  return Deno.lstatSync(path);
}

Deno.test({
  name:
    "placeFile: behind a symbolic link, the file that it points to gets the name",
  ignore: Deno.build.os === "windows",
  fn: inFolder((folder) => {
    const path = original(folder);
    const links = { absolute: path, relative: "original", chain: "relative" };
    for (const [name, target] of Object.entries(links)) {
      Deno.symlinkSync(target, join(folder, name));
      const { isSymlink, isFile, ino } = placed(folder, join(folder, name));
      deepEqual(
        [isSymlink, isFile, ino],
        [false, true, Deno.statSync(path).ino],
        name,
      );
    }
    // Another place to look from: a relative target means nothing there.
    Deno.mkdirSync(join(folder, "other"));
    placed(join(folder, "other"), join(folder, "relative"));
  }),
});

Deno.test({
  name:
    "placeFile: where there can be no second name, a copy has the bytes and not the rights",
  ignore: Deno.build.os === "windows",
  fn: inFolder((folder) => {
    const path = original(folder);
    Deno.chmodSync(path, 0o444);
    const { linkSync } = Deno;
    // As of somebody else's file, or on another file system.
    Deno.linkSync = () => {
      throw new Deno.errors.PermissionDenied("no link");
    };
    try {
      const { ino, mode } = placed(folder, path);
      notEqual(ino, Deno.statSync(path).ino);
      equal(mode! & 0o200, 0o200);
    } finally {
      Deno.linkSync = linkSync;
    }
    equal(Deno.statSync(path).mode! & 0o777, 0o444);
  }),
});
