/**
 * The form of an experiment: what its settings are, from the suite's own definitions.
 *
 * @module
 */
import { ALGORITHMS } from "../src/algorithms/index.ts";
import { BACKEND_NAMES, type BackendName } from "../src/backends/choose.ts";
import type { Config } from "../src/config/config.ts";
import { presets } from "../src/config/presets.ts";
import { gridworld } from "../src/environments/gridworld.ts";
import type { NumberSetting, Setting } from "../src/settings.ts";
import { html } from "./dom.ts";
import { type Json, presetLearners, type Settings } from "./settings.ts";

/** Presets for people. */
const PRESETS: Readonly<Record<string, string>> = {
  smoke: "smoke: in seconds",
  tutorial: "tutorial: CQL as taught",
  safe: "safe: CQL, proved safe",
};

/** What a change means for the experiment. */
export interface Changes {
  /** Another preset: nothing of it is changed. */
  preset(name: string): void;
  /** A setting by its path; undefined: as the preset has it. */
  set(path: string, value: Json | undefined): void;
  /** Another backend. */
  backend(name: BackendName): void;
  /** With or without a learner. */
  learner(name: string, isThere: boolean): void;
}

/** Settings of learners that are shown. */
const LEARNER_KEYS = [
  "steps",
  "learningRate",
  "alpha",
  "temperature",
  "ensembleSize",
  "checkpointChoice",
];

/** Draws the form; what has the focus keeps it. */
export function drawControls(
  form: HTMLFormElement,
  { preset, backend }: Settings,
  config: Config,
  changes: Changes,
): void {
  const focused = document.activeElement?.id;
  const world = gridworld.settings;
  const isGridworld = config.environment !== null &&
    (config.environment.name ?? gridworld.name) === gridworld.name;
  const environment = config.environment as unknown as Record<string, Json>;
  const { dataset, seed } = config;
  const field = (path: string, label: string, value: Json, setting: Setting) =>
    settingField(
      path,
      label,
      value,
      setting,
      (value) => changes.set(path, value),
    );
  const number = (
    min: number,
    max: number,
    meaning: string,
  ): NumberSetting => ({
    kind: "number",
    min,
    max,
    default: 0,
    meaning,
  });
  const learners = Object.entries(config.algorithms).map(([name, settings]) => {
    const definition = ALGORITHMS.find((one) => one.name === name)!;
    const values = settings as unknown as Record<string, Json>;
    const known = definition.settings as unknown as Record<string, Setting>;
    const keys = LEARNER_KEYS.filter((key) => key in known);
    return group(
      `${name}: ${definition.title}`,
      // A learner from counts has few.
      (keys.length > 0 ? keys : Object.keys(known)).map((key) =>
        field(`algorithms.${name}.${key}`, words(key), values[key], known[key])
      ),
    );
  });
  const learnerBox = ({ name, title }: typeof ALGORITHMS[number]) =>
    checkbox(
      `learner-${name}`,
      name,
      title,
      name in config.algorithms,
      (isThere) => changes.learner(name, isThere),
    );
  // Those of the presets, and those that are chosen.
  const isShown = ({ name }: typeof ALGORITHMS[number]) =>
    name in config.algorithms || presetLearners(preset).includes(name);
  const shown = ALGORITHMS.filter(isShown);
  const others = ALGORITHMS.filter((one) => !isShown(one));
  const isMoreOpen = form.querySelector("details")?.open ?? false;
  form.replaceChildren(
    group("Start from", [
      select(
        "preset",
        "preset",
        Object.keys(presets).map((name) => [name, PRESETS[name] ?? name]),
        preset,
        changes.preset,
      ),
      field("seed", "seed", seed, {
        kind: "integer",
        min: 0,
        max: 2 ** 32 - 1,
        default: 42,
        meaning: "names every random stream of the run",
      }),
      select(
        "backend",
        "computed by",
        BACKEND_NAMES.map((name) => [name, name]),
        backend,
        (name) => changes.backend(name as BackendName),
      ),
    ]),
    ...(isGridworld
      ? [group("World", [
        field("environment.size", "size", environment.size, {
          ...world.size,
          max: 30,
        }),
        field(
          "environment.slipProbability",
          "slip probability",
          environment.slipProbability,
          world.slipProbability,
        ),
        field(
          "environment.maxSteps",
          "steps of an episode",
          environment.maxSteps,
          world.maxSteps,
        ),
      ])]
      : []),
    ...(dataset.sha256 === null
      ? [group("Data", [
        field("dataset.episodes", "episodes", dataset.episodes, {
          ...number(1, 5_000, "episodes to collect"),
          kind: "integer",
        }),
        field(
          "dataset.epsilon",
          "epsilon: share of uniform actions",
          dataset.epsilon,
          number(
            0,
            1,
            "probability of a uniform action of the behaviour policy",
          ),
        ),
      ])]
      : [html("p", { class: "note" }, "The data are from a file.")]),
    group("Learners", [
      ...shown.map(learnerBox),
      html(
        "details",
        { open: isMoreOpen },
        html("summary", {}, "others"),
        ...others.map(learnerBox),
      ),
    ]),
    ...learners,
  );
  if (focused) document.getElementById(focused)?.focus();
}

function words(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function group(legend: string, fields: readonly Node[]): HTMLFieldSetElement {
  return html("fieldset", {}, html("legend", {}, legend), ...fields);
}

/** The field of a setting; what is out of its range is not taken. */
function settingField(
  path: string,
  label: string,
  value: Json,
  setting: Setting,
  set: (value: Json | undefined) => void,
): HTMLElement {
  const id = `setting-${path}`;
  if (setting.kind === "choice") {
    return select(
      id,
      label,
      setting.choices.map((name) => [name, name]),
      `${value}`,
      set,
    );
  }
  const range: Record<string, string | number> =
    setting.kind === "integer" || setting.kind === "number"
      ? {
        min: setting.min,
        max: setting.max,
        step: setting.kind === "integer" ? 1 : "any",
      }
      : {};
  const input = html("input", {
    id,
    type: "number",
    ...range,
    title: setting.meaning,
    value: value === null ? "" : `${value}`,
  });
  input.addEventListener("change", () => {
    if (!input.reportValidity()) return;
    const isNone = input.value === "" && "nullable" in setting;
    if (input.value === "" && !isNone) set(undefined);
    else set(isNone ? null : Number(input.value));
  });
  return html("label", {}, html("span", {}, label), input);
}

function select(
  id: string,
  label: string,
  options: readonly (readonly [value: string, words: string])[],
  value: string,
  set: (value: string) => void,
): HTMLElement {
  const input = html(
    "select",
    { id },
    ...options.map(([name, words]) =>
      html("option", { value: name, selected: name === value }, words)
    ),
  );
  input.addEventListener("change", () => set(input.value));
  return html("label", { class: "choice" }, html("span", {}, label), input);
}

function checkbox(
  id: string,
  label: string,
  title: string,
  checked: boolean,
  set: (value: boolean) => void,
): HTMLElement {
  const input = html("input", { id, type: "checkbox", checked });
  input.addEventListener("change", () => set(input.checked));
  return html("label", { class: "check", title }, input, ` ${label}`);
}
