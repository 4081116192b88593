import assert from "node:assert/strict";
import { join } from "node:path";
// Its text: only the page runs it.
import axe from "axe-core" with { type: "text" };
import { datasetToSafetensors } from "../../src/dataset/formats/safetensors.ts";
import { resolveConfig } from "../../src/config/resolve.ts";
import { wasmBackend } from "../../src/backends/wasm.ts";
import { learn, networkAlgorithms } from "../../src/run/learn.ts";
import { overridesOf, settingsFrom } from "../../page/settings.ts";
import { policyToSafetensors } from "../../src/network/policy_file.ts";
import { sha256Hex } from "../../src/numerics/hash.ts";
import { openProblem } from "../../src/run/problem.ts";
import { buildPage, servePage } from "../../scripts/page_site.ts";
import { CHROMIUM, startChromium, type Tab } from "./browser.ts";

/** Trained in a moment. */
const SMALL = "?preset=smoke&learners=bc&bc.steps=25&episodes=10&backend=wasm";

Deno.test({
  name:
    "the page in Chromium: rules of accessibility, and what is no good changes nothing",
  ignore: !CHROMIUM,
  fn: inChromium,
});

async function inChromium(t: Deno.TestContext): Promise<void> {
  const folder = Deno.makeTempDirSync();
  const files = await buildPage(join(folder, "site"));
  let address = "";
  // As hosts that send no headers of their own.
  const server = servePage(files, {
    isolated: false,
    onListen: (at) => address = at,
  });
  try {
    await using browser = await startChromium();
    await t.step(
      "an address of no experiment stays, and says why",
      async () => {
        const odd = `${SMALL}&learners=cql`;
        const tab = await browser.open(`${address}${odd}`);
        await tab.until(`document.querySelector("#references")`);
        assert.equal(await errorOf(tab), "learners: is given twice");
        assert.equal(await search(tab), odd);
        assert.deepEqual(tab.errors, []);
      },
    );
    const tab = await browser.open(`${address}${SMALL}`);
    await tab.until(`document.querySelector("#references")`);
    await t.step("files that are none of the page's", async () => {
      const cliff = openProblem(resolveConfig("smoke", {
        environment: { name: "cliffWalking" },
        dataset: { episodes: 3 },
      }));
      const foreign = datasetToSafetensors(cliff.dataset);
      const before = await search(tab);
      for (
        const [name, bytes, message] of [
          ["a.txt", new TextEncoder().encode("words"), /^a.txt: is neither/],
          ["b\n.json", new Uint8Array([0xff, 1, 2]), /^b .json: is neither/],
          ["c", new Uint8Array(), /^c: is neither/],
          [
            "d.json",
            new TextEncoder().encode(`{"learning_rate":1}`),
            /^d.json: learning_rate: unknown key/,
          ],
          [
            "e.safetensors",
            foreign.slice(0, -8),
            /^e.safetensors: not a sound safetensors file/,
          ],
          ["f.safetensors", foreign, /is not a state of the environment/],
        ] as const
      ) {
        await drop(tab, name, bytes);
        await tab.until(`${message}.test(
          document.getElementById("error").textContent)`);
        // A world of other data is looked into before it is refused.
        await tab.until(`location.search === ${JSON.stringify(before)}`);
      }
      await tab.click("#play");
      await tab.until(
        `document.getElementById("play").textContent === "Train again"`,
      );
      assert.equal(await errorOf(tab), "");
      assert.equal(
        await tab.evaluate(
          `document.querySelector("output[data-sha256]").dataset.sha256`,
        ),
        await hashOf(SMALL),
      );
    });
    await t.step("another world while one trains", async () => {
      await set(tab, "setting-algorithms.bc.steps", "100000");
      await tab.click("#play");
      await tab.until(
        `document.getElementById("numbers").textContent.includes(" of 100000")`,
      );
      await set(tab, "setting-algorithms.bc.steps", "50");
      await tab.until(
        `document.getElementById("play").textContent === "Train"`,
      );
      await tab.click("#play");
      await tab.until(
        `document.getElementById("play").textContent === "Train again"`,
      );
      assert.doesNotMatch(
        await tab.evaluate(`document.getElementById("numbers").textContent`),
        /100000/,
      );
    });
    for (const [width, scheme] of [[1280, "dark"], [390, "light"]] as const) {
      await t.step(`axe-core at ${width} pixels, ${scheme}`, async () => {
        await tab.send("Emulation.setDeviceMetricsOverride", {
          width,
          height: 800,
          deviceScaleFactor: 1,
          mobile: width < 500,
        });
        await tab.send("Emulation.setEmulatedMedia", {
          features: [
            { name: "prefers-color-scheme", value: scheme },
            { name: "prefers-reduced-motion", value: "reduce" },
          ],
        });
        await tab.click("#grid rect.cell");
        await tab.until(`document.querySelector("#hazard-here")`);
        await tab.send("Runtime.evaluate", { expression: axe });
        const violations = await tab.evaluate(`axe.run().then(
          ({ violations }) => violations.map(({ id, nodes }) =>
            id + ": " + nodes.map(({ target }) => target).join(", ")))`);
        assert.deepEqual(violations, []);
        assert.equal(
          await tab.evaluate(
            `document.documentElement.scrollWidth <= innerWidth`,
          ),
          true,
        );
        // Nothing that is shown is cut by the edge of its part of the page.
        assert.deepEqual(
          await tab.evaluate(`[...document.querySelectorAll("main section *")]
            .filter((element) => element.closest("section")
              .getBoundingClientRect().right + 1 <
              element.getBoundingClientRect().right)
            .map(({ outerHTML }) => outerHTML.slice(0, 80))`),
          [],
        );
      });
    }
    await t.step(
      "who wants no motion sees a whole episode at once",
      async () => {
        await tab.click("#walk");
        await tab.until(`document.getElementById("walked").textContent`);
        const [points, words] = await tab.evaluate<[string, string]>(`[
        document.querySelector("#grid .path").getAttribute("points"),
        document.getElementById("walked").textContent]`);
        const steps = Number(/after (\d+) steps/.exec(words)![1]);
        assert.equal(points.split(" ").length, steps + 1);
      },
    );
    assert.deepEqual(tab.errors, []);
  } finally {
    await server.shutdown();
    Deno.removeSync(folder, { recursive: true });
  }
}

/** SHA-256 of what cloning learns here. */
async function hashOf(address: string): Promise<string> {
  const settings = settingsFrom(new URLSearchParams(address));
  const config = resolveConfig(settings.preset, overridesOf(settings));
  const problem = openProblem(config);
  const [algorithm] = networkAlgorithms(config);
  const backend = wasmBackend({ threads: 1 });
  const { policy } = await learn({ config, problem, algorithm, backend });
  return sha256Hex(policyToSafetensors(policy));
}

function errorOf(tab: Tab): Promise<string> {
  return tab.evaluate(`document.getElementById("error").textContent`);
}

function search(tab: Tab): Promise<string> {
  return tab.evaluate("location.search");
}

/** Fills a field in. */
function set(tab: Tab, id: string, value: string): Promise<void> {
  return tab.evaluate(`(() => {
    const field = document.getElementById(${JSON.stringify(id)});
    field.value = ${JSON.stringify(value)};
    field.dispatchEvent(new Event("change"));
  })()`);
}

/** Drops a file on the page. */
function drop(tab: Tab, name: string, bytes: Uint8Array): Promise<void> {
  return tab.evaluate(`(() => {
    const dataTransfer = new DataTransfer();
    const bytes = Uint8Array.fromBase64(${JSON.stringify(bytes.toBase64())});
    dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}));
    dispatchEvent(new DragEvent("drop", { dataTransfer }));
  })()`);
}
