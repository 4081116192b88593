/**
 * Records of what browsers on this machine do, by a page that is served to this machine alone.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { type DeviceRecord, MOST_RECORD_BYTES, readRecord } from "../checks.ts";
import { InputError } from "../mod.ts";
import { recordSoftware } from "./record_software.ts";

const PAGE = `<!doctype html><meta charset="utf-8"><title>Determinism</title>
<p>Loading …</p>
<script>addEventListener("stage", ({ data }) => document.querySelector("p").textContent = data)</script>
<script type="module" src="/browser.js"></script>`;

/** A page that makes records. */
export interface RecordPage extends AsyncDisposable {
  /** Where it is. */
  readonly address: string;
  /** The next record that a browser makes there. */
  next(): Promise<DeviceRecord>;
}

/**
 * Serves it.
 *
 * @param wanted What `recordHere` is to do.
 */
export function serveRecordPage(
  wanted: {
    steps: number;
    shapes: number;
    isProbed?: boolean;
    waits?: boolean;
  },
): RecordPage {
  const script = bundled();
  let waiting = Promise.withResolvers<DeviceRecord>();
  // A browser that nobody waits for disturbs nobody.
  waiting.promise.catch(() => {});
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const typed = (type: string) => ({ headers: { "content-type": type } });
      switch (new URL(request.url).pathname) {
        case "/":
          return new Response(PAGE, typed("text/html"));
        case "/browser.js":
          return new Response(script, typed("text/javascript"));
        case "/wanted":
          return Response.json({ ...wanted, software: recordSoftware() });
        case "/record": {
          const text = await request.text();
          const { resolve, reject } = waiting;
          waiting = Promise.withResolvers();
          waiting.promise.catch(() => {});
          try {
            resolve(recordIn(text));
          } catch (error) {
            reject(error);
          }
          return new Response();
        }
        default:
          return new Response(null, { status: 404 });
      }
    },
  );
  return {
    address: `http://127.0.0.1:${server.addr.port}/`,
    next: () => waiting.promise,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function recordIn(text: string): DeviceRecord {
  if (text.length > MOST_RECORD_BYTES) {
    throw new InputError("the browser sent too much");
  }
  const { error } = JSON.parse(text) as { error?: string };
  if (error !== undefined) throw new InputError(`the browser: ${error}`);
  return readRecord(text, "the browser's record");
}

function bundled(): string {
  const entry = new URL("../src/checks/record/browser.ts", import.meta.url);
  const { success, stdout, stderr } = new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform=browser"],
      fileURLToPath(entry),
    ],
  }).outputSync();
  const text = new TextDecoder();
  if (success) return text.decode(stdout);
  const [line] = text.decode(stderr).trim().split("\n");
  throw new InputError(`what the browser runs cannot be bundled: ${line}`);
}
