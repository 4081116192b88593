/**
 * Chromium without a window, driven through the DevTools protocol: as much as the page's tests need.
 */

/** The first of these commands that this machine has; undefined where there is none. */
export function installed(...commands: string[]): string | undefined {
  return commands.find((name) => {
    try {
      const args = ["--version"];
      return new Deno.Command(name, { args, stderr: "null" }).outputSync()
        .success;
    } catch {
      return false;
    }
  });
}

/** Its name on this machine; undefined where there is none. */
export const CHROMIUM = installed(
  "chromium",
  "chromium-browser",
  "google-chrome",
);

/** What it is started with: no window, WebGPU in software, and a port that keeps it running until it is ended. */
export function chromiumArguments(profile: string): string[] {
  return [
    "--headless=new",
    "--no-sandbox",
    "--enable-unsafe-webgpu",
    "--use-webgpu-adapter=swiftshader",
    "--remote-debugging-port=0",
    `--user-data-dir=${profile}`,
  ];
}

/** Milliseconds after which a page is taken not to answer. */
const PATIENCE = 60_000;

/** A tab. */
export interface Tab {
  /** What went wrong in it, as its console has it. */
  readonly errors: string[];
  /** Addresses that it and its workers asked for. */
  readonly requests: string[];
  /** The value of an expression in the page, which may be a promise. */
  evaluate<T>(expression: string): Promise<T>;
  /** Waits until an expression is true. */
  until(expression: string): Promise<void>;
  /** Presses a key, such as `Tab`, `Enter`, `ArrowUp`, ` `. */
  press(key: string): Promise<void>;
  /** Clicks in the middle of what a selector finds. */
  click(selector: string): Promise<void>;
  /** Anything else of the protocol. */
  send(method: string, params?: object): Promise<Record<string, unknown>>;
}

/** A browser. */
export interface Browser extends AsyncDisposable {
  /** Opens a tab with a page. */
  open(address: string): Promise<Tab>;
}

interface Message {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Starts it, with WebGPU in software. */
export async function startChromium(): Promise<Browser> {
  const profile = Deno.makeTempDirSync({ prefix: "holdfast-chromium-" });
  const chromium = new Deno.Command(CHROMIUM!, {
    args: [...chromiumArguments(profile), "about:blank"],
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const socket = new WebSocket(await addressIn(chromium.stderr));
  await new Promise((resolve) => socket.onopen = resolve);
  const waiting = new Map<
    number,
    PromiseWithResolvers<Record<string, unknown>>
  >();
  const listeners = new Map<
    string,
    (method: string, params: Record<string, unknown>) => void
  >();
  let calls = 0;
  socket.onmessage = ({ data }) => {
    const { id, sessionId, method, params, result, error }: Message = JSON
      .parse(data);
    if (id === undefined) {
      return listeners.get(sessionId ?? "")?.(method!, params);
    }
    const call = waiting.get(id)!;
    waiting.delete(id);
    if (error) call.reject(new Error(error.message));
    else call.resolve(result!);
  };
  const send = (method: string, params: object = {}, sessionId?: string) => {
    const id = ++calls;
    const answer = Promise.withResolvers<Record<string, unknown>>();
    waiting.set(id, answer);
    socket.send(JSON.stringify({ id, method, params, sessionId }));
    return answer.promise;
  };

  async function open(address: string): Promise<Tab> {
    const { targetId } = await send("Target.createTarget", {
      url: "about:blank",
    });
    const { sessionId } = await send("Target.attachToTarget", {
      targetId,
      flatten: true,
    });
    const errors: string[] = [];
    const requests: string[] = [];
    const listen = (session: string) => {
      listeners.set(session, (method, params) => {
        const found = method === "Target.attachedToTarget"
          ? void watch(params.sessionId as string)
          : eventIn(method, params);
        if (found) (found.isError ? errors : requests).push(found.text);
      });
    };
    /** Of a worker as of the page. */
    async function watch(session: string): Promise<void> {
      listen(session);
      const attach = {
        autoAttach: true,
        waitForDebuggerOnStart: true,
        flatten: true,
      };
      await Promise.all([
        ...["Runtime.enable", "Log.enable", "Network.enable"].map((method) =>
          send(method, {}, session).catch(() => {})
        ),
        send("Target.setAutoAttach", attach, session),
      ]);
      await send("Runtime.runIfWaitingForDebugger", {}, session);
    }
    const page = (method: string, params?: object) =>
      send(method, params, sessionId as string);
    await watch(sessionId as string);
    await page("Page.enable");
    await page("Page.navigate", { url: address });
    const tab: Tab = {
      errors,
      requests,
      send: page,
      async evaluate<T>(expression: string) {
        const { result, exceptionDetails } = await page("Runtime.evaluate", {
          expression,
          awaitPromise: true,
          returnByValue: true,
        }) as {
          result: { value: T };
          exceptionDetails?: { exception: { description: string } };
        };
        if (exceptionDetails) {
          throw new Error(exceptionDetails.exception.description);
        }
        return result.value;
      },
      async until(expression) {
        const end = performance.now() + PATIENCE;
        while (
          !await tab.evaluate<boolean>(`Boolean(${expression})`).catch(() =>
            false
          )
        ) {
          if (performance.now() > end || errors.length > 0) {
            const text = await tab.evaluate<string>("document.body.innerText");
            throw new Error(
              `never: ${expression}\n${errors.join("\n")}\n${text}`,
            );
          }
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
      async press(key) {
        const text = key === "Enter" ? "\r" : key === " " ? key : undefined;
        const code = {
          Tab: 9,
          Enter: 13,
          " ": 32,
          ArrowLeft: 37,
          ArrowUp: 38,
          ArrowRight: 39,
          ArrowDown: 40,
        }[key];
        const event = { key, windowsVirtualKeyCode: code };
        await page("Input.dispatchKeyEvent", {
          ...event,
          text,
          type: "keyDown",
        });
        await page("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
      },
      async click(selector) {
        const [x, y] = await tab.evaluate<number[]>(`(() => {
          const element = document.querySelector(${JSON.stringify(selector)});
          element.scrollIntoView({ block: "center" });
          const { x, y, width, height } = element.getBoundingClientRect();
          return [x + width / 2, y + height / 2];
        })()`);
        const mouse = { x, y, button: "left", clickCount: 1 };
        await page("Input.dispatchMouseEvent", {
          ...mouse,
          type: "mousePressed",
        });
        await page("Input.dispatchMouseEvent", {
          ...mouse,
          type: "mouseReleased",
        });
      },
    };
    return tab;
  }

  return {
    open,
    async [Symbol.asyncDispose]() {
      await send("Browser.close").catch(() => {});
      socket.close();
      await chromium.status;
      // Its last process may still be writing.
      for (let tries = 0; tries < 20; tries++) {
        try {
          return Deno.removeSync(profile, { recursive: true });
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    },
  };
}

/** What an event says that is an error or a request. */
function eventIn(
  method: string,
  params: Record<string, unknown>,
): { isError: boolean; text: string } | undefined {
  const text = () => JSON.stringify(params).slice(0, 2_000);
  switch (method) {
    case "Runtime.exceptionThrown":
      return { isError: true, text: text() };
    case "Runtime.consoleAPICalled":
      return params.type === "error"
        ? { isError: true, text: text() }
        : undefined;
    case "Log.entryAdded": {
      const { level } = params.entry as { level: string };
      return level === "error" ? { isError: true, text: text() } : undefined;
    }
    case "Network.requestWillBeSent": {
      const { url } = params.request as { url: string };
      return { isError: false, text: url };
    }
  }
}

/** Reads Chromium's messages until it says where it listens, and on, so that it can go on writing. */
async function addressIn(stderr: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stderr.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`Chromium ended: ${text}`);
    text += value;
    const found = /DevTools listening on (ws:\S+)/.exec(text);
    if (!found) continue;
    (async () => {
      while (!(await reader.read()).done);
    })();
    return found[1];
  }
}
