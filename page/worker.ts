/**
 * The page's worker: everything that computes.
 *
 * @module
 */
import { InputError } from "../src/errors.ts";
import { DivergenceError } from "../src/training/train.ts";
import type { Reply, Request } from "./messages.ts";
import { openSession, type Session } from "./session.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(reply: Reply): void;
};

const say = (reply: Reply) => scope.postMessage(reply);
let session: Session | undefined;

scope.onmessage = async ({ data }) => {
  try {
    await answer(data);
  } catch (error) {
    const expected = error instanceof InputError ||
      error instanceof DivergenceError;
    const text = expected ? error.message : `${error}`;
    say({ kind: "error", text, request: data.kind });
  }
};

async function answer(request: Request): Promise<void> {
  if (request.kind === "open") {
    const { preset, overrides, dataset } = request;
    // Of one that cannot be opened nothing can be asked.
    session = undefined;
    session = openSession(preset, overrides, dataset, say);
    return;
  }
  if (!session) return;
  switch (request.kind) {
    case "run":
      return await session.run(request.backend, request.paused);
    case "pause":
      return session.pause(request.paused);
    case "step":
      return session.step();
    case "cell":
      return say(session.cell(request.state, request.policy));
    case "episodes": {
      const { policy } = request;
      return say({
        kind: "episodes",
        policy,
        episodes: session.episodes(policy),
      });
    }
    case "files":
      return say({ kind: "files", zip: await session.files() });
  }
}
