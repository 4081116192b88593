/** Alea as seedrandom ships it; `@types/seedrandom` does not type this entry point. */
export default function alea(seed: string): () => number;
