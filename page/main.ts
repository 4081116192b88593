/**
 * The page: its state, and what happens when something is clicked, heard or dropped.
 *
 * @module
 */
import { presets } from "../src/config/presets.ts";
import { resolveConfig } from "../src/config/resolve.ts";
import type { BackendName } from "../src/backends/choose.ts";
import type { Config } from "../src/config/config.ts";
import { InputError } from "../src/errors.ts";
import { canonicalJson } from "../src/files/canonical_json.ts";
import { sha256Hex } from "../src/numerics/hash.ts";
import { decimal, group, percent, significant } from "../src/report/numbers.ts";
import type { Cell } from "../src/settings.ts";
import { commandOf, drawHashes } from "./bits.ts";
import { drawCell } from "./cell_panel.ts";
import { drawCharts, type Point } from "./charts.ts";
import { drawControls } from "./controls.ts";
import { byId, html } from "./dom.ts";
import { download } from "./download.ts";
import { startEngine } from "./engine.ts";
import { gridView } from "./grid.ts";
import {
  type Look,
  REFERENCE,
  type Reply,
  type WorldView,
} from "./messages.ts";
import { drawNumbers, policyName, type Row } from "./numbers_table.ts";
import {
  addressOf,
  type Json,
  overridesOf,
  type Settings,
  settingsFrom,
  settingsOf,
} from "./settings.ts";
import { episodeWords, walker, worstTenth } from "./walk.ts";

let settings: Settings = {
  preset: "smoke",
  changed: new Map(),
  learners: null,
  backend: "auto",
};
let config: Config | undefined;
/** A data set's file that was dropped, whose hash the settings name. */
let dataset: Uint8Array<ArrayBuffer> | undefined;
let world: WorldView | undefined;
let phase: "idle" | "training" | "paused" | "done" = "idle";
/** Learners so far, in the order of their training. */
let rows = new Map<string, Row>();
let curves = new Map<string, Point[]>();
let hashes = new Map<string, string>();
/** Name of the policy that is shown. */
let shown = `${REFERENCE}behaviour`;
/** Whether the learner at work is shown, until another is chosen. */
let isFollowing = true;
let chosenCell: number | null = null;
/** Which episodes the answer is for. */
let walking: "one" | "worst" = "one";
let nextWalk = 0;

const engine = startEngine(hear);
const grid = gridView(byId("grid"), useCell, (words) => {
  byId("cursor").textContent = words;
});
const walk = walker(grid, (words) => byId("walked").textContent = words);

/** What is done, or null and a word on the page where the input is wrong. */
function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    showError(error.message);
    return null;
  }
}

/** Begins an experiment anew; what makes none changes nothing. */
function open(next: Settings): void {
  const opened = attempt(() => resolveConfig(next.preset, overridesOf(next)));
  if (opened === null) return;
  config = opened;
  // What is as the preset has it stands in no address.
  settings = settingsOf(config, next.preset, next.backend);
  history.replaceState(null, "", addressOf(settings));
  phase = "idle";
  rows = new Map();
  curves = new Map();
  hashes = new Map();
  isFollowing = true;
  chosenCell = null;
  walk.stop();
  drawControls(byId("controls"), settings, config, changes);
  drawHashes(settings, hashes);
  drawPlay();
  const { sha256 } = config.dataset;
  if (sha256 === null) dataset = undefined;
  byId("command").textContent = commandOf(settings, sha256 !== null);
  if (sha256 !== null && dataset === undefined) {
    showError(
      "This experiment is of data from a file: drop its dataset.safetensors here.",
    );
    return;
  }
  showError("");
  engine.ask({
    kind: "open",
    preset: settings.preset,
    overrides: overridesOf(settings),
    ...(dataset && { dataset }),
  });
}

const changes = {
  preset: (preset: string) =>
    open({ ...settings, preset, changed: new Map(), learners: null }),
  set(path: string, value: Json | undefined) {
    const changed = new Map(settings.changed);
    if (value === undefined) changed.delete(path);
    else changed.set(path, value);
    // A cell outside the new grid has no place.
    if (path === "environment.size") {
      for (const key of ["start", "goal", "hazards"]) {
        changed.delete(`environment.${key}`);
      }
    }
    open({ ...settings, changed });
  },
  backend: (backend: BackendName) => open({ ...settings, backend }),
  learner(name: string, isThere: boolean) {
    const others = Object.keys(config!.algorithms).filter((one) =>
      one !== name
    );
    const changed = [...settings.changed].filter(([path]) =>
      isThere || !path.startsWith(`algorithms.${name}.`)
    );
    open({
      ...settings,
      changed: new Map(changed),
      learners: isThere ? [...others, name] : others,
    });
  },
};

function hear(reply: Reply): void {
  switch (reply.kind) {
    case "world":
      world = reply;
      shown = `${REFERENCE}behaviour`;
      drawWorld();
      if (isToRun) run(false);
      isToRun = false;
      break;
    case "notice":
      byId("status").textContent = reply.text;
      break;
    case "backend":
      byId("status").textContent = reply.description;
      break;
    case "stage":
      byId<HTMLProgressElement>("progress").value = 0;
      break;
    case "look":
      look(reply);
      break;
    case "learnt": {
      const { policy, data, sha256 } = reply;
      rows.set(policy.name, { policy, data });
      hashes.set(policy.name, sha256);
      drawHashes(settings, hashes);
      if (isFollowing) shown = policy.name;
      drawPolicies();
      break;
    }
    case "done":
      phase = "done";
      byId<HTMLProgressElement>("progress").value = 1;
      drawPlay();
      break;
    case "cell":
      if (world) drawCell(byId("cell"), world, reply);
      break;
    case "episodes":
      watch(reply.episodes);
      break;
    case "files":
      download("run.zip", reply.zip, "application/zip");
      byId("status").textContent = "run.zip is made";
      break;
    case "error":
      showError(reply.text);
      if (reply.request === "run") phase = "idle";
      drawPlay();
      break;
  }
}

function look({ policy, data, step, steps }: Look): void {
  const { name } = policy;
  const before = rows.get(name)?.data;
  rows.set(name, { policy, data: data ?? before, progress: [step, steps] });
  curves.set(name, [...curves.get(name) ?? [], { step, policy, data }]);
  byId<HTMLProgressElement>("progress").value = step / steps;
  if (isFollowing) shown = name;
  drawPolicies();
}

/** What a change of the world changes. */
function drawWorld(): void {
  const { title, dataset: data, pairs, unsafe, notes } = world!;
  const rate = unsafe ? data[`${unsafe}Rate`] : undefined;
  byId("data").textContent = [
    `${group(data.episodes)} episodes with ${
      group(data.transitions)
    } transitions in ${title}`,
    `mean return ${decimal(data.returnMean)}`,
    ...(rate === undefined
      ? []
      : [`${percent(rate)} of the episodes end in a ${unsafe}`]),
    `of the ${group(pairs.all)} pairs of a visited state and an action, ${
      percent(pairs.seen / pairs.all)
    } occur`,
    ...notes,
  ].join("; ") + ".";
  byId("cell").replaceChildren(
    html(
      "p",
      { class: "note" },
      "Click a cell, or move to one with the arrow keys and press Enter.",
    ),
  );
  drawPolicies();
}

/** What a policy changes: the grid, the table, the charts. */
function drawPolicies(): void {
  if (!world) return;
  drawNumbers(byId("numbers"), world, [...rows.values()]);
  byId("numbers-note").textContent = rows.size === 0
    ? ""
    : config!.dataset.heldOut > 0
    ? "Data alone: the episodes that are held out."
    : "Data alone: the very episodes that were learnt from; hold some out with &dataset.heldOut=0.2 in the address.";
  drawCharts(byId("charts"), world, curves);
  drawGrid();
  if (chosenCell !== null) {
    engine.ask({ kind: "cell", state: chosenCell, policy: shown });
  }
}

function shownPolicy() {
  return rows.get(shown)?.policy ??
    world!.references[shown.slice(REFERENCE.length)] ??
    world!.references.behaviour;
}

/** What colours mean: some of them with their values, and a word. */
function drawLegend(
  parts: readonly (readonly [part: number, words: string])[],
  words: string,
): void {
  const distinct = parts.filter(([, words], i) =>
    i === 0 || words !== parts[i - 1][1]
  );
  const swatches = distinct.map(([part, words]) => {
    const swatch = html("span", { class: "swatch" });
    swatch.style.setProperty("--heat", `${100 * Math.sqrt(part)}%`);
    return html("span", {}, swatch, words);
  });
  byId("legend").replaceChildren(...swatches, html("span", {}, words));
}

function drawGrid(): void {
  const { drawing, visits, references, unsafe } = world!;
  const names = [
    ...rows.keys(),
    ...Object.keys(references).map((name) => `${REFERENCE}${name}`),
  ];
  const select = byId<HTMLSelectElement>("shown");
  if ([...select.options].map(({ value }) => value).join() !== names.join()) {
    select.replaceChildren(
      ...names.map((name) => new Option(policyName(name), name)),
    );
  }
  select.value = shown;
  if (!drawing) {
    byId("legend").textContent = "This world is no grid, and is not drawn.";
    return;
  }
  const policy = shownPolicy();
  const { hazards } = policy;
  const most = visits.reduce((most, n) => Math.max(most, n), 1);
  const isVisits = hazards === null ||
    byId<HTMLSelectElement>("colour").value === "visits";
  const isWritten = byId<HTMLInputElement>("digits").checked;
  grid.draw({
    drawing,
    // Square roots tell small probabilities apart.
    heat: isVisits
      ? Float64Array.from(visits, (n) => Math.sqrt(n / most))
      : hazards.map(Math.sqrt),
    actions: policy.actions,
    text: (state) =>
      !isWritten ? "" : isVisits
        ? `${visits[state]}`
        // Less than one in ten thousand has no room.
        : hazards[state] < 1e-4
        ? "0"
        : significant(100 * hazards[state], 2),
    isGuess: (state) => visits[state] === 0,
    words(state) {
      const cell = drawing.cells[state];
      const is = (list: readonly Cell[]) =>
        list.some((one) => `${one}` === `${cell}`);
      const kind = is(drawing.hazards)
        ? ", hazard"
        : is(drawing.goals)
        ? ", goal"
        : is(drawing.starts)
        ? ", start"
        : "";
      const from = hazards
        ? `, ${unsafe} from here ${percent(hazards[state])}`
        : "";
      return `cell ${cell.join(", ")}${kind}${from}, ${visits[state]} visits`;
    },
  });
  grid.choose(chosenCell);
  drawLegend(
    isVisits
      ? [0, 0.01, 0.1, 0.5, 1].map((part) => [part, group(part * most)])
      : [0, 0.01, 0.1, 0.5, 1].map((part) => [part, percent(part)]),
    `${
      isVisits ? "times in the data" : `${unsafe} from there, exactly`
    }; arrows: ${policyName(shown)}, dotted where the data never were`,
  );
}

/** A click on a cell, with the tool that is chosen. */
function useCell(state: number): void {
  const { drawing } = world!;
  if (!drawing) return;
  const tool =
    byId<HTMLFieldSetElement>("tools").querySelector<HTMLInputElement>(
      "input:checked",
    )!.value;
  const cell = drawing.cells[state];
  const same = (other: Cell) => `${other}` === `${cell}`;
  if (tool === "look") {
    chosenCell = state;
    grid.choose(state);
    engine.ask({ kind: "cell", state, policy: shown });
  } else if (tool === "hazard") {
    const { hazards } = drawing;
    const next = hazards.some(same)
      ? hazards.filter((one) => !same(one))
      : [...hazards, cell];
    // As the suite orders them.
    const sorted = [...next].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    changes.set("environment.hazards", sorted as unknown as Json);
  } else changes.set(`environment.${tool}`, cell as unknown as Json);
}

function run(paused: boolean): void {
  if (phase === "done") open(settings);
  phase = paused ? "paused" : "training";
  engine.ask({ kind: "run", backend: settings.backend, paused });
  drawPlay();
}

function drawPlay(): void {
  byId("play").textContent = {
    idle: "Train",
    training: "Pause",
    paused: "Go on",
    done: "Train again",
  }[phase];
  byId<HTMLButtonElement>("step").disabled = phase === "training";
  byId<HTMLButtonElement>("save-run").disabled = phase !== "done";
  if (phase === "idle") byId<HTMLProgressElement>("progress").value = 0;
}

function showError(text: string): void {
  byId("error").textContent = text;
  byId("error").hidden = text === "";
}

function watch(
  episodes: Extract<Reply, { kind: "episodes" }>["episodes"],
): void {
  if (episodes.length === 0) {
    byId("walked").textContent =
      "this policy depends on the step and is not walked";
    return;
  }
  if (walking === "worst") walk.walk(worstTenth(episodes), episodeWords);
  else walk.walk([episodes[nextWalk++ % episodes.length]], episodeWords);
}

byId("play").addEventListener("click", () => {
  if (phase === "idle" || phase === "done") return run(false);
  phase = phase === "training" ? "paused" : "training";
  engine.ask({ kind: "pause", paused: phase === "paused" });
  drawPlay();
});
byId("step").addEventListener("click", () => {
  if (phase === "paused") engine.ask({ kind: "step" });
  else run(true);
});
byId("shown").addEventListener("change", (event) => {
  shown = (event.target as HTMLSelectElement).value;
  isFollowing = false;
  drawPolicies();
});
for (const id of ["colour", "digits"]) {
  byId(id).addEventListener("change", () => world && drawGrid());
}
for (const [id, which] of [["walk", "one"], ["worst", "worst"]] as const) {
  byId(id).addEventListener("click", () => {
    walking = which;
    engine.ask({ kind: "episodes", policy: shown });
  });
}
byId("save-config").addEventListener(
  "click",
  () => download("config.json", canonicalJson(config), "application/json"),
);
byId("copy-config").addEventListener("click", async () => {
  await navigator.clipboard.writeText(canonicalJson(config));
  byId("status").textContent = "config.json is copied";
});
byId("save-run").addEventListener("click", () => {
  byId("status").textContent = "making run.zip";
  engine.ask({ kind: "files" });
});

/** Takes a configuration, or a data set for the current one. */
async function take(file: File): Promise<void> {
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (bytes[0] !== 0x7b) {
      dataset = bytes;
      const changed = new Map(settings.changed).set(
        "dataset.sha256",
        sha256Hex(bytes),
      );
      return open({ ...settings, changed });
    }
    const text = new TextDecoder().decode(bytes);
    // A recorded configuration states every key, so that the preset under it does not matter.
    const given = resolveConfig("tutorial", JSON.parse(text), {}, file.name);
    const { backend } = settings;
    const [nearest] = Object.keys(presets)
      .map((preset) => settingsOf(given, preset, backend))
      .sort((a, b) => a.changed.size - b.changed.size);
    open(nearest);
  } catch (error) {
    showError(
      error instanceof SyntaxError
        ? `${file.name}: is not JSON`
        : (error as Error).message,
    );
  }
}
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file) take(file);
});
byId("file").addEventListener("change", (event) => {
  const [file] = (event.target as HTMLInputElement).files ?? [];
  if (file) take(file);
});

const address = new URLSearchParams(location.search);
let isToRun = address.get("run") === "1";
if (address.get("colour") === "visits") {
  byId<HTMLSelectElement>("colour").value = "visits";
}
const asked = attempt(() => settingsFrom(address));
if (asked) open(asked);
if (!config) {
  // The address is of no experiment: its error stays, over one that can be had.
  isToRun = false;
  const { textContent } = byId("error");
  open(settings);
  showError(textContent);
}
