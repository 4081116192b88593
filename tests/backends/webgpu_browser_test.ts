import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { referenceBackend } from "../../src/backends/reference.ts";
import { stateSha256 } from "../../src/checks/determinism.ts";
import {
  BROWSER_SEED,
  BROWSER_SHAPES,
  BROWSER_STEPS,
  type BrowserResult,
} from "./browser_page.ts";
import { randomTask } from "../../src/backends/random_task.ts";
import { trained } from "./results.ts";

const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].find(
  (name) => {
    try {
      const args = ["--version"];
      return new Deno.Command(name, { args, stderr: "null" }).outputSync()
        .success;
    } catch {
      return false;
    }
  },
);

const NAME = "the WebGPU backend in Chromium has the bits of the reference";

if (CHROMIUM) Deno.test(NAME, inChromium);
else {
  Deno.test({
    name: `${NAME} (no Chromium)`,
    ignore: true,
    fn: () => {},
  });
}

/** Milliseconds after which Chromium is taken not to answer. */
const PATIENCE = 120_000;

async function inChromium(): Promise<void> {
  const folder = Deno.makeTempDirSync();
  try {
    const page = `${folder}/page.js`;
    const entry = fileURLToPath(new URL("./browser_page.ts", import.meta.url));
    const bundle = new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--platform=browser", "-o", page, entry],
    }).outputSync();
    assert.ok(bundle.success, new TextDecoder().decode(bundle.stderr));
    const { device, sha256, error } = await resultOf(
      Deno.readTextFileSync(page),
      `${folder}/profile`,
    );
    assert.equal(error, undefined);
    assert.match(device!, /\w/);
    for (const [i, shape] of BROWSER_SHAPES.entries()) {
      const task = () => randomTask(shape, BROWSER_SEED, BROWSER_STEPS);
      const { state } = await trained(referenceBackend, task, [BROWSER_STEPS]);
      assert.equal(
        sha256![i],
        await stateSha256(state, task().program.state),
        `${shape.algorithm} on ${device}`,
      );
    }
  } finally {
    // Chromium's last process may still be writing.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Serves the script to Chromium and waits for what it sends back. */
async function resultOf(
  script: string,
  profile: string,
): Promise<BrowserResult> {
  const result = Promise.withResolvers<BrowserResult>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const type = (type: string) => ({ headers: { "content-type": type } });
      switch (new URL(request.url).pathname) {
        case "/":
          // The page counts as loaded when the image has been answered: so Chromium stays.
          return new Response(
            '<!doctype html><script type="module" src="/page.js"></script><img src="/wait">',
            type("text/html"),
          );
        case "/page.js":
          return new Response(script, type("text/javascript"));
        case "/result":
          result.resolve(await request.json());
          return new Response();
        case "/wait":
          await result.promise;
          return new Response(null, { status: 204 });
        default:
          return new Response(null, { status: 404 });
      }
    },
  );
  const chromium = new Deno.Command(CHROMIUM!, {
    args: [
      "--headless=new",
      "--no-sandbox",
      "--enable-unsafe-webgpu",
      "--use-webgpu-adapter=swiftshader",
      `--user-data-dir=${profile}`,
      "--dump-dom",
      `http://127.0.0.1:${server.addr.port}/`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(
    () => result.resolve({ error: `no answer in ${PATIENCE / 1000} s` }),
    PATIENCE,
  );
  let ended = false;
  chromium.status.then(({ code }) => {
    ended = true;
    result.resolve({ error: `Chromium ended with code ${code}` });
  });
  const answer = await result.promise;
  clearTimeout(timer);
  if (answer.error && !ended) chromium.kill();
  await chromium.status;
  await server.shutdown();
  return answer;
}
