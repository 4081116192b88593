/** The suite as a library: from another project, and as its documentation shows it. */
import { deepEqual, equal } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { datasetFromArrays, evaluatePolicy, train } from "../../mod.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const suite = JSON.parse(Deno.readTextFileSync(join(ROOT, "deno.json")));

async function deno(cwd: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  equal(success, true, text(stderr));
  return text(stdout);
}

const MAIN = `
import { datasetFromArrays, evaluatePolicy, train } from "@holdfast/offline-rl";
import { KERNELS } from "@holdfast/offline-rl/kernels";

const policy = await train(
  datasetFromArrays({
    observations: [[0, 1], [1, 0], [0, 1]],
    actions: [0, 1, 1],
    rewards: [0, 1, -1],
    terminated: [false, true, true],
  }),
  "cql",
  { steps: 20, batchSize: 4 },
  { hidden: [8], seed: 7 },
);
console.log(JSON.stringify([...evaluatePolicy(policy, Float32Array.of(1, 0))]));
console.log("copy" in KERNELS);
`;

/** The two ways of docs/installation.md. */
const projects: Record<string, object> = {
  links: {
    links: [ROOT],
    imports: { [suite.name]: `jsr:${suite.name}@^${suite.version}` },
  },
  "an import map": {
    imports: {
      [suite.name]: join(ROOT, "mod.ts"),
      [`${suite.name}/kernels`]: join(ROOT, "kernels.ts"),
      ...suite.imports,
    },
  },
};

for (const [name, config] of Object.entries(projects)) {
  Deno.test(`package: another project trains and predicts, by ${name}`, async () => {
    const policy = await train(
      datasetFromArrays({
        observations: Float64Array.of(0, 1, 1, 0, 0, 1),
        actions: [0, 1, 1],
        rewards: [0, 1, -1],
        terminated: [0, 1, 1],
      }),
      "cql",
      { steps: 20, batchSize: 4 },
      { hidden: [8], seed: 7 },
    );
    const values = [...evaluatePolicy(policy, Float32Array.of(1, 0))];
    const project = Deno.makeTempDirSync();
    try {
      Deno.writeTextFileSync(
        join(project, "deno.json"),
        JSON.stringify(config),
      );
      Deno.writeTextFileSync(join(project, "main.ts"), MAIN);
      // So that no package is looked up anew.
      Deno.copyFileSync(join(ROOT, "deno.lock"), join(project, "deno.lock"));
      const output = await deno(project, "run", "--allow-read", "main.ts");
      deepEqual(output, `${JSON.stringify(values)}\ntrue\n`);
    } finally {
      Deno.removeSync(project, { recursive: true });
    }
  });
}

Deno.test("package: every public function has an example", async () => {
  const { nodes } = JSON.parse(await deno(ROOT, "doc", "--json", "mod.ts"));
  const declarations = Object.values(nodes).flatMap((node) =>
    (node as { symbols: Symbol[] }).symbols.flatMap(({ name, declarations }) =>
      declarations.map((declaration) => ({ name, ...declaration }))
    )
  );
  const functions = declarations.filter(({ kind }) => kind === "function");
  equal(functions.length > 30, true);
  deepEqual(
    functions.filter(({ jsDoc }) =>
      !jsDoc?.tags?.some(({ kind }) => kind === "example")
    ).map(({ name }) => name),
    [],
  );
});

/** As `deno doc` describes it. */
interface Symbol {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly jsDoc?: { readonly tags?: readonly { readonly kind: string }[] };
  }[];
}
