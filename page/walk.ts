/**
 * Sampled episodes, walked one after another.
 *
 * @module
 */
import { decimal } from "../src/report/numbers.ts";
import type { EpisodeView } from "./messages.ts";
import type { GridView } from "./grid.ts";

/** Milliseconds of a step. */
const STEP = 130;
/** Milliseconds between two episodes. */
const REST = 900;

/** Who walks. */
export interface Walker {
  /** Walks these episodes, with what is said of each. */
  walk(
    episodes: readonly EpisodeView[],
    words: (episode: EpisodeView) => string,
  ): void;
  /** Ends the walk. */
  stop(): void;
}

/** @param say Gets what is said while an episode is walked; empty at the end. */
export function walker(grid: GridView, say: (words: string) => void): Walker {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = () => {
    clearTimeout(timer);
    timer = undefined;
    grid.place(null);
    grid.trace([]);
    say("");
  };
  return {
    stop,
    walk(episodes, words) {
      stop();
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      let episode = 0;
      let at = 0;
      const next = () => {
        if (episode === episodes.length) return stop();
        const { states } = episodes[episode];
        if (at === 0) say(words(episodes[episode]));
        // Who wants no motion sees the whole path at once.
        if (calm) at = states.length - 1;
        grid.trace(states.slice(0, at + 1));
        grid.place(states[at]);
        if (++at < states.length) timer = setTimeout(next, STEP);
        else {
          at = 0;
          episode++;
          timer = setTimeout(next, calm ? 4 * REST : REST);
        }
      };
      next();
    },
  };
}

/** The worst tenth of episodes, worst first. */
export function worstTenth(episodes: readonly EpisodeView[]): EpisodeView[] {
  const sorted = [...episodes].sort((a, b) => a.value - b.value);
  return sorted.slice(0, Math.ceil(episodes.length / 10));
}

/** An episode in a few words. */
export function episodeWords({ value, end, states }: EpisodeView): string {
  return `return ${decimal(value, 0)} after ${
    states.length - 1
  } steps, end: ${end}`;
}
