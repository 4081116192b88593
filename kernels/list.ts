/**
 * The list of kernels.
 *
 * @module
 */
export { actionValues } from "./action_values.ts";
export { adam } from "./adam.ts";
export { addRows } from "./add_rows.ts";
export { bcqSamples } from "./bcq_samples.ts";
export { cloneRows } from "./clone_rows.ts";
export { cloneSamples } from "./clone_samples.ts";
export { conservativeSamples } from "./conservative_samples.ts";
export { copy } from "./copy.ts";
export { criticSamples } from "./critic_samples.ts";
export { expectedSamples } from "./expected_samples.ts";
export { expectileRows } from "./expectile_rows.ts";
export { gatherRows } from "./gather_rows.ts";
export { greedyPolicy } from "./greedy_policy.ts";
export { hazardSamples } from "./hazard_samples.ts";
export { layerForward } from "./layer_forward.ts";
export { layerInputGradient } from "./layer_input_gradient.ts";
export { layerWeightGradient } from "./layer_weight_gradient.ts";
export { logSoftmaxRows } from "./log_softmax_rows.ts";
export { lessHazard } from "./less_hazard.ts";
export { lossRows } from "./loss_rows.ts";
export { lowestCritic } from "./lowest_critic.ts";
export { maskRows } from "./mask_rows.ts";
export { meanLosses } from "./mean_losses.ts";
export { qSamples } from "./q_samples.ts";
export { quantileLossRows } from "./quantile_loss_rows.ts";
export { quantileSamples } from "./quantile_samples.ts";
export { raiseMultiplier } from "./raise_multiplier.ts";
export { scatterRows } from "./scatter_rows.ts";
export { softPolicyRows } from "./soft_policy_rows.ts";
export { softValues } from "./soft_values.ts";
export { softmaxRows } from "./softmax_rows.ts";
export { startSamples } from "./start_samples.ts";
export { tdSamples } from "./td_samples.ts";
export { temperatureSamples } from "./temperature_samples.ts";
export { transpose } from "./transpose.ts";
export { twinSamples } from "./twin_samples.ts";
export { weightedCloneRows } from "./weighted_clone_rows.ts";
