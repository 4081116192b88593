/**
 * The hashes, and how a terminal gets the same.
 *
 * @module
 */
import { byId, html } from "./dom.ts";
import { knownHash } from "./known.ts";
import type { Settings } from "./settings.ts";

/** Draws the hash of each learner's policy. */
export function drawHashes(
  settings: Settings,
  hashes: ReadonlyMap<string, string>,
): void {
  if (hashes.size === 0) {
    byId("hashes").replaceChildren(
      html(
        "p",
        { class: "note" },
        "The SHA-256 of each learner’s policy comes here when it is trained.",
      ),
    );
    return;
  }
  byId("hashes").replaceChildren(...[...hashes].map(([learner, sha256]) => {
    const known = knownHash(settings, learner);
    const verdict = known === undefined
      ? []
      : known === sha256
      ? [html("span", { class: "good" }, "✓ the known hash")]
      : [html("span", { class: "bad" }, `✗ not the known hash ${known}`)];
    return html(
      "p",
      {},
      html("strong", {}, learner),
      " ",
      html(
        "output",
        {
          "data-policy": learner,
          "data-sha256": sha256,
          name: `sha256-${learner}`,
        },
        html("code", {}, sha256),
      ),
      " ",
      ...verdict,
    );
  }));
}

/** The command that gives the same. */
export function commandOf(
  { preset, changed, learners }: Settings,
  hasDataset: boolean,
): string {
  const paths = [...changed.keys()];
  if (
    !hasDataset && learners === null && paths.every((path) => path === "seed")
  ) {
    const seed = changed.has("seed") ? ` --seed ${changed.get("seed")}` : "";
    return `deno task pipeline --preset ${preset}${seed}`;
  }
  const data = hasDataset ? " --dataset dataset.safetensors" : "";
  return `deno task pipeline --config config.json${data}`;
}
