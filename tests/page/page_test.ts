import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { readZip } from "../../src/files/zip.ts";
import { verify } from "../../src/checks/verify.ts";
import { buildPage, servePage } from "../../scripts/page_site.ts";
import { CHROMIUM, startChromium, type Tab } from "./browser.ts";

/** As on the command line: README.md, tests/run. */
const SMOKE = {
  bc: "2c12e72b6c4b43418493e7a8c83f6f578b1829cff30e15c1ed9bd1e14ae3e930",
  cql: "97e2d6f0440a78039ca255a99c19d92c51b52040c0efec41d8f7350ea7e8be3d",
};

/** A layout that no preset has, trained for a moment. */
const CUSTOM =
  "?preset=smoke&size=6&hazards=1.2_3.3_4.1&start=0.1&goal=5.4&slip=0.1&episodes=20" +
  "&bc.steps=40&cql.steps=60&backend=wasm&network.hidden=[8]";

if (CHROMIUM) {
  Deno.test(
    "the page in Chromium: hashes of the command line, exact values, files, keyboard",
    inChromium,
  );
} else {
  Deno.test({
    name: "the page in Chromium (no Chromium)",
    ignore: true,
    fn: () => {},
  });
}

async function inChromium(t: Deno.TestContext): Promise<void> {
  const folder = Deno.makeTempDirSync();
  const files = await buildPage(join(folder, "site"));
  const packed = [...files.values()].map((file) => gzipSync(file).length);
  assert.ok(packed.reduce((sum, size) => sum + size) < 1e6);
  let address = "";
  const missing: string[] = [];
  const server = servePage(files, {
    onListen: (at) => address = at,
    onRequest: (path, found) => found || missing.push(path),
  });
  try {
    await using browser = await startChromium();
    for (const backend of ["wasm", "webgpu"]) {
      await t.step(`smoke on ${backend}`, async () => {
        const tab = await browser.open(
          `${address}?preset=smoke&run=1&backend=${backend}`,
        );
        await tab.until(
          `document.querySelectorAll("output[data-sha256]").length === 2`,
        );
        assert.deepEqual(await hashesOf(tab), SMOKE);
        assert.match(await textOf(tab, "status"), new RegExp(`^${backend}, `));
        assert.match(
          await textOf(tab, "hashes"),
          /(✓ the known hash[^✗]*){2}$/,
        );
        requireQuiet(tab, address);
      });
    }
    await t.step(
      "another layout by keyboard alone: exact values, and a run that verifies",
      async () => {
        const tab = await browser.open(`${address}${CUSTOM}`);
        await tab.until(
          `document.querySelector("#references")`,
        );
        await focus(tab, "step");
        await tab.press("Enter");
        await tab.until(
          `document.getElementById("numbers").textContent.includes("step 25 of 40")`,
        );
        assert.equal(await textOf(tab, "play"), "Go on");
        await focus(tab, "play");
        await tab.press("Enter");
        await tab.until(
          `document.getElementById("play").textContent === "Train again"`,
        );
        await focus(tab, "grid");
        // From the start and back to it.
        for (
          const key of [
            "ArrowUp",
            "ArrowRight",
            "ArrowLeft",
            "ArrowDown",
            "Enter",
          ]
        ) {
          await tab.press(key);
        }
        await tab.until(`document.querySelector("#hazard-here")`);
        const shown = await tab.evaluate<Record<string, string>>(
          `({ ...document.getElementById("hazard-here").dataset })`,
        );
        const run = await downloadedRun(tab, folder);
        const metrics = JSON.parse(
          Deno.readTextFileSync(join(run, "metrics.json")),
        );
        assert.equal(shown.of, "cql");
        assert.equal(shown.state, "1");
        assert.equal(
          Number(shown.exact),
          metrics.policies.cql.exact.hazardProbability,
        );
        assert.deepEqual(metrics.config.environment.hazards, [[1, 2], [3, 3], [
          4,
          1,
        ]]);
        const hashes = await hashesOf(tab);
        for (const name of ["bc", "cql"] as const) {
          assert.equal(hashes[name], metrics.policies[name].sha256);
        }
        const { verified, differences } = await verify(run);
        assert.deepEqual([verified, differences], [true, []]);
        const again = await browser.open(`${address}?preset=tutorial`);
        await again.until(`document.querySelector("#references")`);
        await drop(again, join(run, "config.json"));
        await again.until(`location.search.includes("hazards=1.2_3.3_4.1")`);
        await again.click("#play");
        await again.until(
          `document.querySelectorAll("output[data-sha256]").length === 2`,
        );
        assert.deepEqual(await hashesOf(again), hashes);
        // The same data from their file: cloning is the same, and Q-learning goes on beyond the limit.
        await drop(again, join(run, "dataset.safetensors"));
        await again.until(`location.search.includes("dataset.sha256=")`);
        await again.click("#play");
        await again.until(
          `document.querySelectorAll("output[data-sha256]").length === 2`,
        );
        assert.equal((await hashesOf(again)).bc, hashes.bc);
        assert.match(
          await textOf(again, "command"),
          /--config config.json --dataset/,
        );
        requireQuiet(again, address);
        // A click on another cell, with the mouse.
        await tab.click("#grid rect.cell:nth-of-type(8)");
        await tab.until(
          `document.querySelector("#hazard-here").dataset.state === "7"`,
        );
        requireQuiet(tab, address);
      },
    );
    assert.deepEqual(missing, []);
  } finally {
    await server.shutdown();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** No error, and nothing asked for but the site's own files. */
function requireQuiet({ errors, requests }: Tab, address: string): void {
  assert.deepEqual(errors, []);
  assert.deepEqual(
    requests.filter((url) =>
      !url.startsWith(address) && !url.startsWith(`blob:${address}`)
    ),
    [],
  );
}

function hashesOf(tab: Tab): Promise<Record<string, string>> {
  return tab.evaluate(
    `Object.fromEntries([...document.querySelectorAll("output[data-sha256]")]
      .map(({ dataset }) => [dataset.policy, dataset.sha256]))`,
  );
}

function textOf(tab: Tab, id: string): Promise<string> {
  return tab.evaluate(
    `document.getElementById(${JSON.stringify(id)}).textContent`,
  );
}

/** Presses Tab until an element has the focus. */
async function focus(tab: Tab, id: string): Promise<void> {
  for (let presses = 0; presses < 200; presses++) {
    if (await tab.evaluate("document.activeElement.id") === id) return;
    await tab.press("Tab");
  }
  assert.fail(`the keyboard does not reach ${id}`);
}

/** Drops a file on the page. */
async function drop(tab: Tab, path: string): Promise<void> {
  const base64 = Deno.readFileSync(path).toBase64();
  await tab.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    const bytes = Uint8Array.fromBase64(${JSON.stringify(base64)});
    dataTransfer.items.add(new File([bytes], ${
    JSON.stringify(basename(path))
  }));
    dispatchEvent(new DragEvent("drop", { dataTransfer }));
  })()`);
}

/** The run that the page downloads, unpacked. */
async function downloadedRun(tab: Tab, folder: string): Promise<string> {
  const base64 = await tab.evaluate<string>(`new Promise((resolve) => {
    const { createObjectURL } = URL;
    URL.createObjectURL = (file) => {
      file.arrayBuffer().then((bytes) => resolve(new Uint8Array(bytes).toBase64()));
      return createObjectURL.call(URL, file);
    };
    document.getElementById("save-run").click();
  })`);
  for (
    const [name, unpack] of readZip(Uint8Array.fromBase64(base64), "run.zip")
  ) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, unpack());
  }
  return join(folder, "run");
}
