import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { referenceBackend } from "../../src/backends/reference.ts";
import { recordTraining, stateSha256 } from "../../src/checks/determinism.ts";
import { smallTrainings } from "../../src/checks/small_trainings.ts";
import { serveRecordPage } from "../../scripts/browser_record.ts";
import { CHROMIUM, chromiumArguments, installed } from "../page/browser.ts";

/** The first table of target values is swept anew before the last step, and used in it. */
const STEPS = 5;

/** Milliseconds after which a browser is taken not to answer. */
const PATIENCE = 180_000;

/** WebGPU in Firefox, also with a software driver; scripts may take their time. */
const FIREFOX_PREFERENCES = `
user_pref("dom.webgpu.enabled", true);
user_pref("gfx.webgpu.ignore-blocklist", true);
user_pref("dom.max_script_run_time", 0);
`;

/** A browser. */
interface Stack {
  readonly name: string;
  /** Undefined where it is not there. */
  readonly command: string | undefined;
  readonly args: (profile: string) => readonly string[];
  /** Whether the threads of a workgroup wait for each other, as on hardware. */
  readonly waits: boolean;
}

const STACKS: readonly Stack[] = [
  {
    name: "Chromium",
    command: CHROMIUM,
    args: chromiumArguments,
    waits: true,
  },
  {
    name: "Firefox",
    command: installed("firefox-esr", "firefox"),
    args: (profile) => {
      Deno.writeTextFileSync(`${profile}/user.js`, FIREFOX_PREFERENCES);
      return ["--headless", "--no-remote", "--profile", profile];
    },
    waits: false,
  },
];

for (const stack of STACKS) {
  const { command } = stack;
  const name =
    `the WebGPU backend in ${stack.name} has the bits of the reference with every algorithm`;
  if (command) Deno.test(name, () => inBrowser(command, stack));
  else {
    Deno.test({
      name: `${name} (no ${stack.name})`,
      ignore: true,
      fn: () => {},
    });
  }
}

let references: Promise<Map<string, string>> | undefined;

/** SHA-256 of what the reference trains, by name. */
async function expectedHashes(): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const training of smallTrainings(STEPS)) {
    const { task, states } = await recordTraining(
      referenceBackend,
      training,
      STEPS,
    );
    hashes.set(
      training.name,
      await stateSha256(states.at(-1)!, task.program.state),
    );
  }
  return hashes;
}

async function inBrowser(command: string, stack: Stack): Promise<void> {
  const profile = Deno.makeTempDirSync();
  await using page = serveRecordPage({
    steps: STEPS,
    shapes: 0,
    isProbed: false,
    waits: stack.waits,
  });
  const browser = new Deno.Command(command, {
    args: [...stack.args(profile), page.address],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(new Error(`no answer in ${PATIENCE / 1000} s`)),
    PATIENCE,
  );
  try {
    const { device, trainings } = await Promise.race([
      page.next(),
      late.promise,
    ]);
    references ??= expectedHashes();
    const expected = await references;
    assert.deepEqual(
      new Map(trainings.map(({ task, sha256 }) => [task, sha256])),
      expected,
      device?.name,
    );
    // The losses, and the browser's own reference, are compared there.
    for (const { task, firstDifference } of trainings) {
      assert.equal(firstDifference, null, task);
    }
    assert.ok(trainings.some(({ runs }) => runs === 8));
    assert.ok(
      trainings.every(({ task, targetUpdates }) =>
        targetUpdates > 0 || /^bc\b/.test(task)
      ),
    );
  } finally {
    clearTimeout(timer);
    browser.kill();
    await browser.status;
    // The browser's last process may still be writing.
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
