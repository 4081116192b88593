/** Every WebAssembly kernel: what `kernels.wasm` exports. */
export { adam } from "./adam.as";
export { clone_rows } from "./clone_rows.as";
export { clone_samples } from "./clone_samples.as";
export { copy } from "./copy.as";
export { gather_rows } from "./gather_rows.as";
export { layer_forward } from "./layer_forward.as";
export { layer_input_gradient } from "./layer_input_gradient.as";
export { layer_weight_gradient } from "./layer_weight_gradient.as";
export { loss_rows } from "./loss_rows.as";
export { mean_losses } from "./mean_losses.as";
export { q_samples } from "./q_samples.as";
export { scatter_rows } from "./scatter_rows.as";
export { softmax_rows } from "./softmax_rows.as";
export { transpose } from "./transpose.as";
