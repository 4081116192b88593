/**
 * SHA-256 of policies that are known, such as from README.md, by preset and learner; of seed 42.
 *
 * @module
 */
import type { Settings } from "./settings.ts";

const KNOWN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  smoke: {
    bc: "2c12e72b6c4b43418493e7a8c83f6f578b1829cff30e15c1ed9bd1e14ae3e930",
    cql: "97e2d6f0440a78039ca255a99c19d92c51b52040c0efec41d8f7350ea7e8be3d",
  },
  tutorial: {
    bc: "b943bf6eab6a21f933b251db99bedf0020885c3d33ac8b71a4a06557a0cc76ae",
    cql: "c603b8042333660cd3fa89eece095e4c9ee48790e5a31e89599bb4b356e08760",
  },
};

/** The hash that a learner's policy is known to have; undefined where none is known. */
export function knownHash(
  { preset, changed }: Settings,
  learner: string,
): string | undefined {
  return changed.size === 0 ? KNOWN[preset]?.[learner] : undefined;
}
