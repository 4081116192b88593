import { ok } from "node:assert/strict";
import { dirname, join } from "node:path";
import { makeDirectory } from "../../src/files/atomic.ts";

Deno.test("a folder that another process makes at the same moment is there", () => {
  const root = Deno.makeTempDirSync();
  const path = join(root, "cells/smoke/cql");
  const make = Deno.mkdirSync;
  try {
    // The other makes the folder as soon as the one above it is there.
    Deno.mkdirSync = (made, options) => {
      make(made, options);
      if (made === dirname(path)) make(path);
    };
    makeDirectory(path);
  } finally {
    Deno.mkdirSync = make;
  }
  ok(Deno.statSync(path).isDirectory);
  Deno.removeSync(root, { recursive: true });
});
