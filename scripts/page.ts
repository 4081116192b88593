/**
 * `deno task page`: the page that anyone can open, as a static site.
 *
 * @module
 */
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InputError } from "../mod.ts";
import { group, processOutput } from "../tools.ts";
import { artifactsFolder, integerFlag, runScript, type Usage } from "./cli.ts";
import { buildPage, servePage } from "./page_site.ts";

const usage: Usage = {
  command: "deno task page",
  about:
    "Builds the page as a static site that runs from any host, and with --serve from this machine.",
  flags: {
    out: { value: "DIR", help: "where it goes (default: artifacts/page)" },
    serve: { help: "serve it on 127.0.0.1 until Ctrl-C" },
    port: { value: "N", help: "of --serve (default: 8080)" },
  },
};

await runScript(usage, async (args) => {
  const out = args.values.out ?? join(artifactsFolder(), "page");
  const port = integerFlag(args, "port", 0, 65_535) ?? 8080;
  const files = await buildPage(out);
  const packed = [...files.values()].reduce(
    (sum, bytes) => sum + gzipSync(bytes).length,
    0,
  );
  const output = processOutput("stdout");
  output.write(
    `${join(out, "index.html")}: ${files.size} files, ${
      group(packed)
    } bytes compressed\n`,
  );
  if (!args.switches.has("serve")) return 0;
  const onListen = (address: string) => output.write(`${address}\n`);
  try {
    await servePage(files, { port, onListen }).finished;
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new InputError(`--port: ${port} is in use; give another`);
  }
  return 0;
});
