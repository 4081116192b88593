/**
 * The environments of the suite: the only list of them, one a line.
 *
 * @module
 */
export { cliffWalking } from "./cliff_walking.ts";
export { frozenLake } from "./frozen_lake.ts";
export { gridworld } from "./gridworld.ts";
export { randomMdp } from "./random_mdp.ts";
export { spibbGridworld } from "./spibb_gridworld.ts";
export { taxi } from "./taxi.ts";
export { wetChicken } from "./wet_chicken.ts";
