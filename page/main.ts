/**
 * The page: its state, and what happens when something is clicked, heard or dropped.
 *
 * @module
 */
import { resolveConfig } from "../src/config/resolve.ts";
import type { BackendName } from "../src/backends/choose.ts";
import type { Config } from "../src/config/config.ts";
import { InputError } from "../src/errors.ts";
import { canonicalJson } from "../src/files/canonical_json.ts";
import { group, percent, significant } from "../src/report/numbers.ts";
import type { Cell } from "../src/settings.ts";
import { commandOf, drawHashes } from "./bits.ts";
import { drawCell } from "./cell_panel.ts";
import { drawCharts, type Point } from "./charts.ts";
import { drawControls } from "./controls.ts";
import { dataWords } from "./data_words.ts";
import { byId, html } from "./dom.ts";
import { type DataFile, readDropped } from "./dropped.ts";
import { download } from "./download.ts";
import { startEngine } from "./engine.ts";
import { gridView } from "./grid.ts";
import { drawLegend } from "./legend.ts";
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
let dataset: DataFile | undefined;
/** An experiment that waits for its data's file. */
let awaited: Settings | undefined;
/** The last experiment whose world there is, to go back to from one that cannot be opened. */
let standing: readonly [Settings, DataFile | undefined] = [settings, undefined];
let world: WorldView | undefined;
/** Whether the world that is shown is not yet that of the settings. */
let isOpening = true;
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

/**
 * Begins an experiment anew; what makes none changes nothing but says why.
 *
 * @param data The data's file, where the settings name one.
 */
function open(next: Settings, data = dataset): void {
  let opened: Config;
  try {
    opened = resolveConfig(next.preset, overridesOf(next));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return refuse(error.message);
  }
  const { sha256 } = opened.dataset;
  if (sha256 !== null && data?.sha256 !== sha256) {
    awaited = next;
    return refuse(
      `this experiment is of data from a file: drop the dataset.safetensors of SHA-256 ${sha256} here`,
    );
  }
  awaited = undefined;
  config = opened;
  dataset = sha256 === null ? undefined : data;
  // What is as the preset has it stands in no address.
  settings = settingsOf(config, next.preset, next.backend);
  history.replaceState(null, "", addressOf(settings));
  phase = "idle";
  isOpening = true;
  rows = new Map();
  curves = new Map();
  hashes = new Map();
  isFollowing = true;
  chosenCell = null;
  walk.stop();
  drawControls(byId("controls"), settings, config, changes);
  drawHashes(settings, hashes);
  drawPlay();
  byId("status").textContent = "";
  byId("command").textContent = commandOf(settings, sha256 !== null);
  engine.ask({
    kind: "open",
    preset: settings.preset,
    overrides: overridesOf(settings),
    ...(dataset && { dataset: dataset.bytes }),
  });
  showError("");
}

/** Says what is wrong with an experiment that is not begun; the form shows what stands. */
function refuse(text: string): void {
  if (config) drawControls(byId("controls"), settings, config, changes);
  showError(text);
}

/** Goes back to the experiment that was there before one that cannot be opened. */
function goBack(text: string): void {
  isToRun = false;
  phase = "idle";
  drawPlay();
  const [before, data] = standing;
  // Unless that is what cannot be opened.
  if (addressOf(before) !== addressOf(settings)) open(before, data);
  showError(text);
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
      isOpening = false;
      standing = [settings, dataset];
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
      if (world && !isOpening) drawCell(byId("cell"), world, reply);
      break;
    case "episodes":
      if (!isOpening) watch(reply.episodes);
      break;
    case "files":
      download("run.zip", reply.zip, "application/zip");
      byId("status").textContent = "run.zip is made";
      break;
    case "error":
      if (reply.request === "open") return goBack(reply.text);
      showError(reply.text);
      byId("status").textContent = "";
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
  // Nobody walks on in a world that is no more.
  walk.stop();
  byId("data").textContent = dataWords(world!);
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
    byId("legend"),
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
    if (isOpening) return;
    chosenCell = state;
    grid.choose(state);
    engine.ask({ kind: "cell", state, policy: shown });
  } else if (tool === "hazard") {
    // The world of the click before may still be opening.
    const { hazards: own } = config!.environment as { hazards?: Cell[] | null };
    const hazards = own ?? drawing.hazards;
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
  showError("");
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

byId("play").addEventListener("click", ({ detail }) => {
  // The second click of two is meant for what the first has changed.
  if (detail > 1) return;
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
  byId("status").textContent = await navigator.clipboard
    .writeText(canonicalJson(config))
    .then(() => "config.json is copied")
    .catch(() => "the browser lets nothing be copied: download config.json");
});
byId("save-run").addEventListener("click", () => {
  byId("status").textContent = "making run.zip";
  engine.ask({ kind: "files" });
});

/** Takes a configuration, or a data set for the experiment that waits for one or else for the current one. */
async function take(file: File): Promise<void> {
  try {
    const dropped = await readDropped(file, settings.backend);
    if (!("bytes" in dropped)) return open(dropped);
    const changed = new Map(settings.changed)
      .set("dataset.sha256", dropped.sha256);
    open(awaited ?? { ...settings, changed }, dropped);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    showError(error.message);
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
  // So that the same file can be chosen again.
  (event.target as HTMLInputElement).value = "";
});

const address = new URLSearchParams(location.search);
let isToRun = address.get("run") === "1";
if (address.get("colour") === "visits") {
  byId<HTMLSelectElement>("colour").value = "visits";
}
try {
  open(settingsFrom(address));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  showError(error.message);
}
if (!config) {
  // The address is of no experiment: it stays, and its error, over one that can be had.
  isToRun = false;
  const [{ search }, { textContent }, waits] = [
    location,
    byId("error"),
    awaited,
  ];
  open(settings);
  awaited = waits;
  history.replaceState(null, "", search);
  showError(textContent);
}
