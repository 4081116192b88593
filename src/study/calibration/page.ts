/**
 * A calibration as a page of tables.
 *
 * @module
 */
import {
  decimal,
  digitsFor,
  group,
  orDash,
  percent,
} from "../../report/numbers.ts";
import { visible } from "../../visible.ts";
import type { Calibration } from "./result.ts";
import type { Share, SizeResult } from "./statistics.ts";
import { TARGETS } from "./targets.ts";

/** The page, in Markdown. */
export function calibrationPage(result: Calibration): string {
  const { world, datasets, propensities, quantities, sizes, truth } = result;
  const lines = [
    `# Calibration: ${visible(result.title)}`,
    "",
    `${group(datasets)} data sets of each size, seed ${result.seed}; ${
      group(world.states)
    } states seen as ${group(world.observations)} observations, ${
      group(world.actions)
    } actions, at most ${group(world.horizon)} steps` +
    (world.discount < 1 ? `, discount ${world.discount}` : "") +
    `; propensities: ${propensities === "column" ? "as logged" : "counted"}.`,
    "",
    ...table(
      [
        "policy",
        ...quantities.map((name) => `${visible(name)}, exact`),
        ...sizes.map(({ episodes }) => `ESS, ${group(episodes)}`),
        ...sizes.map(({ episodes }) => `supported, ${group(episodes)}`),
      ],
      TARGETS.map((name) => [
        name,
        ...quantities.map((_, q) =>
          orDash(truth[name]?.[q], (x) => decimal(x, 4))
        ),
        ...sizes.map((size) => decimal(size.effectiveSampleSize[name], 1)),
        ...sizes.map((size) => shareText(size.supported[name])),
      ]),
    ),
  ];
  quantities.forEach((name, q) => {
    lines.push(
      "",
      `## ${visible(name)}`,
      "",
      ...estimatorTable(sizes, q),
      "",
      ...boundTable(sizes, q),
    );
  });
  lines.push(
    "",
    "## No worse than whoever acted",
    "",
    ...table(
      [
        "episodes",
        "“meets it” where it is not so",
        "“meets it” where it is so",
      ],
      sizes.map(({ episodes, decision: { wrong, shown } }) => [
        group(episodes),
        countText(wrong),
        countText(shown),
      ]),
    ),
    "",
  );
  return lines.join("\n");
}

function estimatorTable(sizes: readonly SizeResult[], q: number): string[] {
  return table(
    [
      "episodes",
      "estimator",
      "bias",
      "RMSE",
      "coverage",
      "of the lowest policy",
      "where supported",
      "width",
      "rank correlation",
      "regret@1",
      "regret@3",
    ],
    sizes.flatMap(({ episodes, quantities }) =>
      quantities[q].estimators.map((result) => {
        const { all, lowestCoverage, rankCorrelation } = result;
        const { regret1, regret3 } = result;
        const write = (x: number) => decimal(x, digitsFor([x]));
        return [
          group(episodes),
          result.estimator,
          orDash(all.bias, write),
          orDash(all.rmse, write),
          shareText(all.coverage),
          orDash(lowestCoverage, percent),
          shareText(all.coverageSupported),
          orDash(all.width, write),
          orDash(rankCorrelation, (x) => decimal(x, 2)),
          write(regret1),
          write(regret3),
        ];
      })
    ),
  );
}

function boundTable(sizes: readonly SizeResult[], q: number): string[] {
  const { side } = sizes[0].quantities[q].bound;
  return table(
    [
      "episodes",
      `${side === "<=" ? "upper" : "lower"} bound holds`,
      "of the lowest policy",
      "“meets it” at a limit that is not met",
    ],
    sizes.map(({ episodes, quantities }) => {
      const { valid, policies, errs } = quantities[q].bound;
      const lowest = Math.min(
        ...Object.values(policies).map(({ share }) => share!),
      );
      return [
        group(episodes),
        countText(valid),
        percent(lowest),
        countText(errs),
      ];
    }),
  );
}

function shareText({ share }: Share): string {
  return orDash(share, percent);
}

function countText({ count, of, share }: Share): string {
  return share === null
    ? "–"
    : `${percent(share)} (${group(count)} of ${group(of)})`;
}

function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}
