/**
 * Where a training waits while it is paused.
 *
 * @module
 */

/** A gate that is open or shut. */
export interface Gate {
  /** Shuts it, or opens it. */
  pause(paused: boolean): void;
  /** Lets one through. */
  step(): void;
  /** Waits until the gate lets one through; never less than a turn, so that messages are heard. */
  pass(): Promise<void>;
}

/** An open gate. */
export function openGate(): Gate {
  let shut = false;
  let steps = 0;
  let wake: (() => void) | undefined;
  return {
    pause(paused) {
      shut = paused;
      steps = 0;
      wake?.();
    },
    step() {
      steps++;
      wake?.();
    },
    async pass() {
      await new Promise((resolve) => setTimeout(resolve, 0));
      while (shut && steps === 0) {
        await new Promise<void>((resolve) => wake = resolve);
      }
      if (shut) steps--;
    },
  };
}
