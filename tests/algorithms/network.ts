/** A multilayer perceptron in float64, for the oracle: plain arrays, none of the suite's arithmetic. */

/** A dense layer, [inputs + 1][outputs]: a row for each input, then the biases. */
export type Layer = number[][];

/** From the input on: hidden layers with ReLU, then a linear one. */
export type Network = readonly Layer[];

/** Called with how far a number is from where the loss or its gradient is not smooth. */
export type Watch = (distance: number) => void;

/** The outputs for one observation. */
export function forward(
  network: Network,
  observation: readonly number[],
  watch: Watch,
): number[] {
  const [last] = network.slice(-1);
  return network.reduce((input: readonly number[], layer) => {
    // Begins with the biases. The oracle spends its time in this loop.
    const sums = [...layer[input.length]];
    for (const [i, x] of input.entries()) {
      for (let o = 0; o < sums.length; o++) sums[o] += x * layer[i][o];
    }
    if (layer === last) return sums;
    sums.forEach((sum) => watch(Math.abs(sum)));
    return sums.map((sum) => Math.max(0, sum));
  }, observation) as number[];
}
