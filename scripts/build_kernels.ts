/**
 * Builds `kernels/kernels.wasm` from `kernels/*.as.ts`, and from what the definitions say of the
 * kernels' names and arguments. With `--check` it writes nothing and fails
 * when the committed file is not what the sources give.
 *
 *     deno task build:kernels [--check]
 *
 * @module
 */
import { Buffer } from "node:buffer";
import asc from "assemblyscript/asc";
import { KERNELS } from "../kernels.ts";

const FOLDER = new URL("../kernels/", import.meta.url);
const TARGET = new URL("kernels.wasm", FOLDER);

// Memory is imported so that threads share it, with 4 GiB as its declared size: the backend puts the
// session's own size there, see `src/backends/wasm_memory_size.ts`. What a session allocates begins
// above 64 KiB, where the constants of the kernels end.
const FLAGS = [
  "-O3",
  "--noAssert",
  "--runtime=stub",
  "--enable=simd",
  "--enable=threads",
  "--sharedMemory",
  "--importMemory",
  "--initialMemory=65536",
  "--maximumMemory=65536",
];

const kernels = Object.values(KERNELS);

/** Sources that are not files: what the module exports, and how each kernel's arguments lie in memory. */
const GENERATED: Readonly<Record<string, string>> = {
  "kernels.as.ts": [
    ...kernels.map(({ name }) => `export { ${name} } from "./${name}.as";`),
    // What `src/backends/thread_calls.ts` puts in the place of several calls.
    'export { untransposed_input_gradient } from "./layer_input_gradient.as";',
  ].join("\n"),
  "arguments.as.ts": kernels.map(({ name, buffers, numbers }) => {
    const fields = [
      ...Object.keys(buffers).map((key) => `${key}: usize;`),
      ...Object.entries(numbers).map(([key, type]) =>
        `${key}: ${type === "u32" ? "i32" : type};`
      ),
    ];
    return `@unmanaged export class ${className(name)} { ${fields.join(" ")} }`;
  }).join("\n"),
};

const { error, stderr, binary } = await compile();
if (error || !binary) {
  console.error(`${error?.message ?? "no output"}\n${stderr}`);
  Deno.exit(1);
}
if (Deno.args.includes("--check")) {
  const committed = await Deno.readFile(TARGET);
  if (Buffer.compare(committed, binary) !== 0) {
    console.error(
      "kernels/kernels.wasm is not what kernels/*.as.ts give: run `deno task build:kernels` and commit it",
    );
    Deno.exit(1);
  }
  console.log(`kernels.wasm is reproducible: ${binary.length} bytes`);
} else {
  await Deno.writeFile(TARGET, binary);
  console.log(`kernels.wasm: ${binary.length} bytes`);
}

async function compile() {
  let binary: Uint8Array | undefined;
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main(
    ["kernels.as.ts", "--outFile=kernels.wasm", ...FLAGS],
    {
      stderr,
      readFile: (name) =>
        GENERATED[name] ??
          Deno.readTextFile(new URL(name, FOLDER)).catch(() => null),
      writeFile: (_name, contents) => {
        binary = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  return { error, stderr: stderr.toString(), binary };
}

/** `layer_forward` to `LayerForward`. */
function className(name: string): string {
  return name.replace(/(?:^|_)(.)/g, (_, letter) => letter.toUpperCase());
}
