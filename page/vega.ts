/**
 * Vega without `new Function`, which the page's Content-Security-Policy forbids: expressions are
 * interpreted.
 *
 * @module
 */
import * as vega from "vega-itself";
import { expressionInterpreter } from "vega-interpreter";

/** As Vega's, whose types leave it out. */
export const { textMetrics } = vega as unknown as { textMetrics: object };

/** As Vega's, with expressions kept as trees. */
export function parse(spec: vega.Spec): vega.Runtime {
  return vega.parse(spec, undefined, { ast: true });
}

/** As Vega's, reading such trees. */
export class View extends vega.View {
  /** As Vega's. */
  constructor(runtime: vega.Runtime, options?: vega.ViewOptions) {
    super(
      runtime,
      { ...options, expr: expressionInterpreter } as vega.ViewOptions,
    );
  }
}
