import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { policyToSafetensors } from "../../src/network/policy_file.ts";
import { networkLayout, packParameters } from "../../src/network/layout.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function command(args: string[], stdin: "null" | "piped"): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--frozen",
      "--no-prompt",
      "--allow-read",
      "--allow-env=INIT_CWD,TERM",
      "scripts/predict.ts",
      ...args,
    ],
    cwd: root,
    stdin,
    stdout: "piped",
    stderr: "piped",
  });
}

async function predict(...args: string[]) {
  const { code, stdout, stderr } = await command(args, "null").output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

Deno.test("predict: in the data's own codes and names", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "policy.safetensors");
    const network = networkLayout([2, 3]);
    const weight = Float32Array.of(1, 0, -1, 0, 1, -1);
    const bias = new Float32Array(3);
    const members = [
      packParameters(network, [{ weight, bias, inputs: 2, outputs: 3 }]),
    ];
    const outputs = "qValues" as const;
    const policy = { network, members, outputs, encoder: null };
    const cases: [string[] | undefined, string, unknown, string][] = [
      [undefined, "2", 2, ""],
      [["-3", "10", "1234567890"], "1234567890", 1234567890, ""],
      [
        ["a", "b", "r\u009b1\u202e"],
        "r\\u009b1\\u202e",
        "r\u009b1\u202e",
        "r\\u009b1\\u202e",
      ],
    ];
    for (const [actionNames, line, action, raw] of cases) {
      Deno.writeFileSync(path, policyToSafetensors({ ...policy, actionNames }));
      const given = ["--observation", "-1,-2"];
      assert.deepEqual(await predict(path, ...given), {
        code: 0,
        stdout: `${line}\n`,
        stderr: "",
      });
      const { stdout } = await predict(path, ...given, "--json");
      assert(stdout.includes(raw));
      assert.deepEqual(JSON.parse(stdout), {
        action,
        qValues: [-1, -2, 3],
        ...(actionNames && {
          actions: actionNames.map((name) => Number(name) || name),
        }),
      });
    }
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("predict: an observation is as many decimal numbers as the policy takes", async () => {
  const path = "tests/fixtures/cases/p_hugew.safetensors";
  for (
    const [given, takes] of [
      ["0,0", true],
      [" +0 ; .0e1 ", true],
      ["-0  0.", true],
      ["0,,0", false],
      [",0,0", false],
      ["0,0,", false],
      // A decimal comma.
      ["0,5;0", false],
      ["0x0,0", false],
      ["0b0 0", false],
      ["0,1e39", false],
      ["  ", false],
    ] as const
  ) {
    const { code, stderr } = await predict(path, "--observation", given);
    const expected = takes ? { code: 0, stderr: "" } : {
      code: 2,
      stderr: `error: --observation: the policy takes 2 numbers, not ${
        JSON.stringify(given)
      }\n`,
    };
    assert.deepEqual({ code, stderr }, expected, given);
  }
});

Deno.test("predict: outputs that are not finite have no largest", async () => {
  const path = "tests/fixtures/cases/p_hugew.safetensors";
  assert.deepEqual(await predict(path, "--observation", "1,1"), {
    code: 2,
    stdout: "",
    stderr: "error: --observation: the policy's outputs are not finite " +
      '(Infinity, Infinity, Infinity, Infinity), so it has no action for "1,1"\n',
  });
});

Deno.test("predict: a line is answered when it is there, and nobody left to read is an end", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "policy.safetensors");
    const network = networkLayout([2, 2]);
    const weight = Float32Array.of(1, 0, 0, 1);
    const bias = new Float32Array(2);
    const members = [
      packParameters(network, [{ weight, bias, inputs: 2, outputs: 2 }]),
    ];
    const policy = {
      network,
      members,
      outputs: "qValues",
      encoder: null,
    } as const;
    Deno.writeFileSync(path, policyToSafetensors(policy));
    const child = command([path], "piped").spawn();
    const stdin = child.stdin.getWriter();
    const stdout = child.stdout.getReader();
    const say = (text: string) => stdin.write(new TextEncoder().encode(text));
    const hear = async () =>
      new TextDecoder().decode((await stdout.read()).value);
    await say("0,1\r\n1,");
    assert.equal(await hear(), "1\n");
    await say("0\n");
    assert.equal(await hear(), "0\n");
    await stdout.cancel();
    // stdin stays open: only the reader is gone.
    await say("1,0\n");
    assert.equal((await child.status).code, 0);
    await stdin.close().catch(() => {});
    await child.stderr.cancel();
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
