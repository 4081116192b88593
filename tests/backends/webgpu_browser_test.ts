import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { servePage } from "../../scripts/page_site.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { stateSha256 } from "../../src/checks/determinism.ts";
import { CHROMIUM, startChromium } from "../page/browser.ts";
import { BROWSER_STEPS, browserTask } from "./browser_page.ts";
import { trained } from "./results.ts";

const NAME = "the WebGPU backend in Chromium has the bits of the reference";

if (CHROMIUM) Deno.test(NAME, inChromium);
else {
  Deno.test({
    name: `${NAME} (no Chromium)`,
    ignore: true,
    fn: () => {},
  });
}

async function inChromium(): Promise<void> {
  const script = bundled("./browser_page.ts");
  const page = '<!doctype html><script type="module" src="/page.js"></script>';
  const files = new Map(
    [["index.html", page], ["page.js", script]].map(([name, text]) => [
      name,
      new TextEncoder().encode(text),
    ]),
  );
  let address = "";
  const server = servePage(files, { onListen: (at) => address = at });
  try {
    await using browser = await startChromium();
    const tab = await browser.open(address);
    await tab.until(`"sha256" in globalThis`);
    const { state } = await trained(referenceBackend, browserTask, [
      BROWSER_STEPS,
    ]);
    assert.equal(
      await tab.evaluate("sha256"),
      await stateSha256(state, browserTask().program.state),
    );
  } finally {
    await server.shutdown();
  }
}

/** A script for browsers. */
function bundled(path: string): string {
  const folder = Deno.makeTempDirSync();
  try {
    const out = `${folder}/page.js`;
    const entry = fileURLToPath(new URL(path, import.meta.url));
    const { success, stderr } = new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--platform=browser", "-o", out, entry],
    }).outputSync();
    assert.ok(success, new TextDecoder().decode(stderr));
    return Deno.readTextFileSync(out);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
