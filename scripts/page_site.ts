/**
 * The page as a static site: built into a folder, and served from one.
 *
 * @module
 */
import { dirname, join, relative, resolve } from "node:path";
import { InputError } from "../mod.ts";
import { suiteVersions } from "../runs.ts";
import { canonicalJson, makeDirectory, writeFileAtomic } from "../tools.ts";

const SUITE = resolve(import.meta.dirname ?? ".", "..");

/** What runs by itself in a browser: the page, its worker, and the workers of the backends. */
const ENTRIES = [
  "page/main.ts",
  "page/worker.ts",
  "src/backends/wasm_worker.ts",
  "src/backends/webgpu_worker.ts",
];

/** Files that are not scripts, and where they go. */
const OTHERS: readonly (readonly [from: string, to: string])[] = [
  ["page/index.html", "index.html"],
  ["page/style.css", "style.css"],
  ["page/icon.svg", "icon.svg"],
  ["kernels/kernels.wasm", "kernels/kernels.wasm"],
];

/**
 * Builds the site.
 *
 * @param out Its folder; what it holds of another build goes.
 * @returns Its files by path.
 * @throws InputError if it cannot be written.
 */
export async function buildPage(out: string): Promise<Map<string, Uint8Array>> {
  const folder = resolve(out);
  const files = new Map<string, Uint8Array>();
  const folderOfScripts = Deno.makeTempDirSync({ prefix: "holdfast-page-" });
  try {
    await bundle(folderOfScripts);
    for (const path of filesBelow(folderOfScripts)) {
      const text = Deno.readTextFileSync(join(folderOfScripts, path));
      files.set(path, new TextEncoder().encode(withPlaces(path, text)));
    }
  } finally {
    Deno.removeSync(folderOfScripts, { recursive: true });
  }
  for (const [from, to] of OTHERS) {
    files.set(to, Deno.readFileSync(join(SUITE, from)));
  }
  const versions = canonicalJson(suiteVersions());
  files.set("page/versions.json", new TextEncoder().encode(versions));
  for (const [path, bytes] of files) {
    const place = join(folder, path);
    makeDirectory(dirname(place));
    writeFileAtomic(place, bytes);
  }
  return files;
}

async function bundle(out: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    cwd: SUITE,
    args: [
      ...["bundle", "--quiet", "--frozen", "--config", "deno.page.json"],
      ...["--platform=browser", "--minify", "--code-splitting"],
      ...["--outdir", out, ...ENTRIES],
    ],
  }).output();
  if (success) return;
  const [line] = new TextDecoder().decode(stderr).trim().split("\n");
  throw new InputError(`the page cannot be bundled: ${line}`);
}

/** Paths below a folder. */
function filesBelow(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(join(folder, below))].flatMap((entry) => {
    const path = join(below, entry.name);
    return entry.isDirectory ? filesBelow(folder, path) : [path];
  });
}

/** What scripts load by a URL of their own, and where it lies in the site. */
const LOADED: Readonly<Record<string, string>> = {
  "./wasm_worker.ts": "src/backends/wasm_worker.js",
  "./webgpu_worker.ts": "src/backends/webgpu_worker.js",
  "./worker.ts": "page/worker.js",
  "../../kernels/kernels.wasm": "kernels/kernels.wasm",
  "versions.json": "page/versions.json",
};

/** A script in which what it loads is where the site has it: bundling moves code between files. */
function withPlaces(path: string, text: string): string {
  if (/\bfrom ?"node:|import ?"node:/.test(text)) {
    throw new Error(`${path}: imports a module of Node`);
  }
  return text.replaceAll(
    /new URL\("([^"]+)", ?import\.meta\.url\)/g,
    (_, from) => {
      const to = LOADED[from];
      if (to === undefined) throw new Error(`${path}: loads ${from}`);
      const place = relative(dirname(path), to);
      return `new URL(${JSON.stringify(place)},import.meta.url)`;
    },
  );
}

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  wasm: "application/wasm",
};

/** Lets threads share memory. */
const ISOLATION = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/**
 * Serves a site on this machine alone.
 *
 * @param files By path.
 * @param options `isolated` false leaves out what lets threads share memory, as many static hosts do.
 */
export function servePage(
  files: ReadonlyMap<string, Uint8Array>,
  { port = 0, isolated = true, onListen = () => {}, onRequest = () => {} }: {
    port?: number;
    isolated?: boolean;
    onListen?: (address: string) => void;
    onRequest?: (path: string, found: boolean) => void;
  } = {},
): Deno.HttpServer<Deno.NetAddr> {
  const html = new TextDecoder().decode(files.get("index.html"));
  const [, policy] = /"Content-Security-Policy"\s+content="([^"]+)"/.exec(
    html,
  ) ?? [];
  return Deno.serve({
    hostname: "127.0.0.1",
    port,
    onListen: ({ port }) => onListen(`http://127.0.0.1:${port}/`),
  }, (request) => {
    const { pathname } = new URL(request.url);
    const path = pathname === "/" ? "index.html" : pathname.slice(1);
    const bytes = files.get(path);
    onRequest(path, bytes !== undefined);
    if (!bytes) return new Response("not found\n", { status: 404 });
    return new Response(bytes as Uint8Array<ArrayBuffer>, {
      headers: {
        "content-type": TYPES[path.slice(path.lastIndexOf(".") + 1)],
        ...(policy && { "content-security-policy": policy }),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        ...(isolated && ISOLATION),
      },
    });
  });
}
