/**
 * How policies are called for people.
 *
 * @module
 */

/** `mostFrequentAction` as "most frequent action"; SPIBB stays capital. */
export function policyWords(name: string): string {
  if (name === "spibb") return "SPIBB";
  return name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** What a reference policy is, by its name in `metrics.json`. */
export const policyMeaning: Readonly<Record<string, string>> = {
  behaviour: "the policy that collected the data",
  mostFrequentAction: "cloning by counting: the commonest action of each cell",
  maximumLikelihood: "value iteration on a model counted from the data",
  spibb: "policy improvement bounded to well-known pairs (SPIBB)",
  optimal: "knows the true environment: nothing can be better",
};
