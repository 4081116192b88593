/**
 * Observations that are names and not quantities, such as the index of a state.
 *
 * @module
 */
import { InputError } from "../errors.ts";
import type { SafetensorsFile } from "../files/safetensors.ts";
import type { Dataset } from "./dataset.ts";

/** Where an f32 stops holding every whole number. */
export const MOST_CATEGORIES = 2 ** 24;

type Categorical = Pick<Dataset, "observationCategories">;

/** The categories alone, as an entry of a data set; none where there are none. */
export function categorical(
  { observationCategories }: Categorical,
): Categorical {
  return observationCategories === undefined ? {} : { observationCategories };
}

/** Whether each of D columns has a number of categories that a whole f32 can name. */
export function areCategories(
  value: unknown,
  observationSize: number,
): value is readonly number[] {
  return Array.isArray(value) && value.length === observationSize &&
    value.every((count) =>
      Number.isInteger(count) && count >= 1 && count <= MOST_CATEGORIES
    );
}

/**
 * Where the first number is that is none of its column's names.
 *
 * @param observations [rows, D] row-major.
 * @param categories [D]
 * @returns -1 where all are.
 */
export function firstOutside(
  observations: Float32Array,
  categories: readonly number[],
): number {
  const size = categories.length;
  return observations.findIndex((x, i) =>
    !(Number.isInteger(x) && x >= 0 && x < categories[i % size])
  );
}

/**
 * Whether each observation is one whole number, and nothing says whether it is a name, as the index of
 * a state, or a quantity. A flag is both.
 */
export function mayBeNames(dataset: Dataset): boolean {
  const { observationSize, observationCategories, observations } = dataset;
  return observationSize === 1 && observationCategories === undefined &&
    observations.some((x) => x > 1) &&
    firstOutside(observations, [MOST_CATEGORIES]) < 0;
}

/** As an entry of a safetensors file's metadata. */
export function categoriesToMetadata(
  { observationCategories: categories }: Categorical,
): Record<string, string> {
  return categories === undefined
    ? {}
    : { observation_categories: JSON.stringify(categories) };
}

/**
 * What a safetensors file's metadata say of them.
 *
 * @param observationSize D
 * @throws InputError if it is not a list of D numbers of categories.
 */
export function categoriesFromMetadata(
  { name, metadata }: Pick<SafetensorsFile, "name" | "metadata">,
  observationSize: number,
): Categorical {
  const text = metadata.observation_categories;
  if (text === undefined) return {};
  let observationCategories: unknown;
  try {
    observationCategories = JSON.parse(text);
  } catch {
    // Refused below.
  }
  if (!areCategories(observationCategories, observationSize)) {
    throw new InputError(
      `${name}: observation_categories in its metadata is not a JSON list of ${observationSize} whole ${
        observationSize === 1 ? "number" : "numbers"
      } from 1`,
    );
  }
  return { observationCategories };
}
