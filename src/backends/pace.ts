/**
 * Chooses between all threads and one, block by block, by how long blocks took.
 *
 * Threads that wait for each other four times a step are slower than one when another process takes
 * a core from one of them, and also when a step is so short that waiting is most of it. The bits do
 * not depend on the choice, so it can be made from measurements and changed at any time.
 *
 * @module
 */

/** Steps of a block that tries the alternative. */
const TRIAL_STEPS = 16;
/** Before this many steps the code may not be optimised yet, and a trial says nothing. */
const FIRST_TRIAL = 80;
/** Blocks until the next trial: at first, and after many that confirmed the choice. */
const SHORTEST_GAP = 2;
const LONGEST_GAP = 64;
/** How long a block may take: what changes in the meantime is not noticed before its end. */
const BLOCK_MILLISECONDS = 100;
/** A trial is due when the choice is this much slower than the alternative once was. */
const SUSPICION = 1.1;
/** The choice is judged by the fastest of this many blocks: a block may be disturbed for a moment. */
const MEMORY = 3;

/** Decides how blocks are run, from how long they took. */
export interface Pace {
  /** How the next block is to be run: by one thread or by all, and its maximum of steps. */
  next(): { readonly alone: boolean; readonly steps: number };
  /** Records how long a block took. */
  took(alone: boolean, steps: number, milliseconds: number): void;
}

/** @param threads With one thread there is nothing to choose. */
export function pace(threads: number): Pace {
  let alone = threads === 1;
  let steps = 0;
  let gap = SHORTEST_GAP;
  let untilTrial = 0;
  let trying = false;
  // Milliseconds a step of the last blocks of the choice, the fastest of them, and the last trial of
  // the other way.
  let recent: number[] = [];
  let chosen = 0;
  let other = Infinity;
  return {
    next() {
      const trial = threads > 1 && steps >= FIRST_TRIAL && !trying &&
        --untilTrial < 0;
      if (!trial) {
        const most = Math.ceil(BLOCK_MILLISECONDS / chosen);
        return { alone, steps: Math.max(TRIAL_STEPS, most) };
      }
      trying = true;
      return { alone: !alone, steps: TRIAL_STEPS };
    },
    took(wasAlone, made, milliseconds) {
      steps += made;
      const rate = milliseconds / made;
      if (wasAlone === alone) {
        recent = [...recent.slice(1 - MEMORY), rate];
        chosen = Math.min(...recent);
        if (chosen > SUSPICION * other) untilTrial = 0;
        return;
      }
      // A block of the former choice may still have been under way when the choice changed.
      if (!trying) return;
      trying = false;
      if (rate < chosen) {
        alone = wasAlone;
        recent = [rate];
        [chosen, other] = [rate, chosen];
        gap = SHORTEST_GAP;
      } else {
        other = rate;
        gap = Math.min(2 * gap, LONGEST_GAP);
      }
      untilTrial = gap;
    },
  };
}
