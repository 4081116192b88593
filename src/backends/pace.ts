/**
 * Chooses how many threads work, block by block, by how long blocks took.
 *
 * Threads that wait for each other several times a step are slower than fewer of them when another process
 * takes a core from one, and also when a step is so short that waiting is most of it. The bits do
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
  /** How the next block is to be run: by how many threads, and its maximum of steps. */
  next(): { readonly threads: number; readonly steps: number };
  /** Records how long a block took. */
  took(threads: number, steps: number, milliseconds: number): void;
}

/** The numbers of threads that are tried: powers of two, and all. */
export function threadCounts(threads: number): number[] {
  const counts = [];
  for (let count = 1; count < threads; count *= 2) counts.push(count);
  return [...counts, threads];
}

/**
 * All threads begin. Once the code is optimised every other number is tried for a moment, and the fastest
 * taken; from then on its neighbours are tried now and then.
 *
 * @param threads The most that there are. With one there is nothing to choose.
 */
export function pace(threads: number): Pace {
  const counts = threadCounts(threads);
  let choice = counts.length - 1;
  let steps = 0;
  let gap = SHORTEST_GAP;
  let untilTrial = 0;
  // Indices of counts: what is being tried, what is to be tried yet, and what seems to be faster.
  let trial = -1;
  const untried = counts.slice(0, -1).map((_, i) => i);
  let suspected = -1;
  let side = 1;
  // Milliseconds a step of the last blocks of the choice, the fastest of them, and the last trial of
  // each other count.
  let recent: number[] = [];
  let chosen = 0;
  const others = counts.map(() => Infinity);

  function nextTrial(): number {
    if (untried.length > 0) return untried.pop()!;
    if (suspected >= 0) return suspected;
    side = -side;
    const neighbour = choice + side;
    return neighbour in counts ? neighbour : choice - side;
  }

  return {
    next() {
      const due = counts.length > 1 && steps >= FIRST_TRIAL && trial < 0 &&
        --untilTrial < 0;
      if (!due) {
        const most = Math.ceil(BLOCK_MILLISECONDS / chosen);
        return { threads: counts[choice], steps: Math.max(TRIAL_STEPS, most) };
      }
      trial = nextTrial();
      suspected = -1;
      return { threads: counts[trial], steps: TRIAL_STEPS };
    },
    took(count, made, milliseconds) {
      steps += made;
      const rate = milliseconds / made;
      if (count === counts[choice]) {
        recent = [...recent.slice(1 - MEMORY), rate];
        chosen = Math.min(...recent);
        const fastest = others.indexOf(Math.min(...others));
        if (chosen > SUSPICION * others[fastest]) {
          suspected = fastest;
          untilTrial = 0;
        }
        return;
      }
      // A block of a former choice may still have been under way when the choice changed.
      if (count !== counts[trial]) return;
      if (rate < chosen) {
        others[choice] = chosen;
        others[trial] = Infinity;
        choice = trial;
        recent = [rate];
        chosen = rate;
        gap = SHORTEST_GAP;
      } else {
        others[trial] = rate;
        gap = untried.length > 0 ? gap : Math.min(2 * gap, LONGEST_GAP);
      }
      trial = -1;
      untilTrial = untried.length > 0 ? 0 : gap;
    },
  };
}

/**
 * For checks, which compare bits and not times: every number of threads in turn, all of them first, in blocks of
 * one step, of three and of as many as there are.
 */
export function inTurns(threads: number): Pace {
  const counts = threadCounts(threads).toReversed();
  const lengths = [1, 3, Infinity];
  let block = 0;
  return {
    next() {
      const round = Math.floor(block / counts.length);
      return {
        threads: counts[block++ % counts.length],
        steps: lengths[round % lengths.length],
      };
    },
    took() {},
  };
}
