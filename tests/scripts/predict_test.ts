import assert, { equal } from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  policyFromSafetensors,
  policyToSafetensors,
} from "../../src/network/policy_file.ts";
import type { NetworkPolicy } from "../../src/network/policy.ts";
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

Deno.test("predict: numbers beyond the training data are noted, with their names", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "policy.safetensors");
    const network = networkLayout([2, 2]);
    const layers = [{
      weight: Float32Array.of(1, 0, 0, 1),
      bias: new Float32Array(2),
      inputs: 2,
      outputs: 2,
    }];
    const policy = {
      network,
      members: [packParameters(network, layers)],
      outputs: "logits" as const,
      encoder: null,
      observationNames: ["age", "blood pressure"],
      observationRange: {
        min: Float32Array.of(18, 0.1),
        max: Float32Array.of(95, 200.5),
      },
    };
    Deno.writeFileSync(path, policyToSafetensors(policy));
    assert.deepEqual(
      policyFromSafetensors(Deno.readFileSync(path), path),
      policy,
    );
    const age = "age is 17.5, beyond the training data's 18 to 95";
    const pressure =
      "blood pressure is 201, beyond the training data's 0.1 to 200.5";
    for (
      const [observation, note] of [
        ["18,0.1", ""],
        ["95,200.5", ""],
        ["17.5,1", `note: --observation: ${age}\n`],
        ["17.5,201", `note: --observation: ${age}; ${pressure}\n`],
      ]
    ) {
      const { code, stderr } = await predict(
        path,
        "--observation",
        observation,
      );
      assert.deepEqual([code, stderr], [0, note]);
    }
    assert.equal(
      (await predict(path, "--observation", "1")).stderr,
      'error: --observation: the policy takes 2 numbers (age, blood pressure), not "1"\n',
    );
    // Many lines beyond are counted.
    const child = command([path], "piped").spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("1,1\n".repeat(13)));
    await writer.close();
    const { stdout, stderr } = await child.output();
    const lines = (bytes: Uint8Array) =>
      new TextDecoder().decode(bytes).trimEnd().split("\n");
    equal(lines(stdout).length, 13);
    equal(lines(stderr).length, 11);
    equal(
      lines(stderr)[10],
      "note: stdin: 3 more lines are beyond the training data",
    );
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("predict: the action is an allowed one; a masked policy wants to know which are", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "policy.safetensors");
    const network = networkLayout([2, 3]);
    // A row of weights a state: 0 prefers 2, 1 prefers 0.
    const weight = Float32Array.of(1, 2, 3, 6, 5, 4);
    const bias = new Float32Array(3);
    const policy: NetworkPolicy = {
      network,
      members: [
        packParameters(network, [{ weight, bias, inputs: 2, outputs: 3 }]),
      ],
      outputs: "logits",
      encoder: { kind: "oneHot", categories: [2] },
    };
    const write = (change: Partial<NetworkPolicy>) =>
      Deno.writeFileSync(path, policyToSafetensors({ ...policy, ...change }));
    const answer = async (...args: string[]) => {
      const { code, stdout, stderr } = await predict(path, ...args);
      return code === 0 ? stdout.trimEnd() : stderr.trimEnd();
    };
    write({ masked: true });
    equal(await answer("--observation", "0", "--allowed", "0,1"), "1");
    equal(await answer("--observation", "1 | 2,1,2"), "1");
    equal(
      await answer("--observation", "0", "--allowed", "1,0", "--json"),
      '{"action":1,"logits":[1,2,null]}',
    );
    equal(
      await answer("--observation", "0"),
      "error: --observation: the policy was trained with action masks: give the actions that are allowed here, with --allowed 0,2,5 or behind the observation, as in 3 | 0,2,5",
    );
    for (const cell of ["3", "", "a", "-1", "0 1"]) {
      equal(
        await answer("--observation", "0", `--allowed=0,${cell}`),
        `error: --allowed: "${cell}" is not an action of the policy; known: 0 … 2`,
      );
    }
    for (const state of ["2", "-1", "0.5"]) {
      equal(
        await answer("--observation", state, "--allowed", "0"),
        `error: --observation: number 0 of observation 0 is ${state}, not a whole number from 0 to 1`,
      );
    }
    // Of what is allowed, 2 is excluded as less than half as likely as 1.
    const likely = packParameters(network, [{
      weight: Float32Array.of(9, 1, 0, 9, 1, 0),
      bias,
      inputs: 2,
      outputs: 3,
    }]);
    write({ imitator: { members: [likely], flexibility: 0.5 } });
    equal(
      await answer("--observation", "0", "--allowed", "1,2", "--json"),
      '{"action":1,"logits":[null,2,null]}',
    );
    equal(
      await answer("--observation", "0", "--json"),
      '{"action":0,"logits":[1,null,null]}',
    );
    write({ actionNames: ["left", "right", "up"] });
    equal(await answer("--observation", "0"), "up");
    equal(await answer("--observation", "0", "--allowed", "left, 1"), "right");
    equal(
      await answer("--observation", "0 | down"),
      'error: --observation: "down" is not an action of the policy; known: left, right, up',
    );
    // Where names are numbers, no other number is meant.
    write({ actionNames: ["5", "0", "-1"] });
    equal(
      await answer("--observation", "0", "--allowed", "1"),
      'error: --allowed: "1" is not an action of the policy; known: 5, 0, -1',
    );
    const child = command([path, "--allowed", "5,0"], "piped").spawn();
    const stdin = child.stdin.getWriter();
    await stdin.write(new TextEncoder().encode("0\n0 | 5\n1 | 0,-1\n"));
    await stdin.close();
    const { stdout } = await child.output();
    equal(new TextDecoder().decode(stdout), "0\n5\n0\n");
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

Deno.test("predict: a table's most probable action, all probabilities, and what it lacks by name", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const path = join(folder, "policy.json");
    const table = {
      otherwise: "lowestAllowed",
      actionNames: ["left", "stay", "right"],
      observations: [[0, 0.5], [1, 0.5]],
      probabilities: [[0.25, 0.25, 0.5], [0.4, 0.4, 0.2]],
    };
    Deno.writeTextFileSync(path, JSON.stringify(table));
    const says = async (args: string[], expected: object) =>
      assert.deepEqual(await predict(path, ...args), {
        code: 0,
        stderr: "",
        ...expected,
      });
    await says(["--observation", "0,0.5"], { stdout: "right\n" });
    await says(["--observation", "1,0.5"], { stdout: "left\n" });
    await says(["--observation", "0,0.5", "--allowed", "stay,left"], {
      stdout: "left\n",
    });
    await says(
      ["--observation", "1,0.5", "--json", "--allowed", "stay,right"],
      {
        stdout:
          '{"action":"stay","probabilities":[null,0.4,0.2],"actions":["left","stay","right"]}\n',
      },
    );
    await says(["--observation", "2,0.5", "--allowed", "stay,right"], {
      stdout: "stay\n",
      stderr:
        "note: --observation: the table has no row for (2,0.5): the lowest allowed action is taken\n",
    });
    const { otherwise: _, ...silent } = table;
    Deno.writeTextFileSync(path, JSON.stringify(silent));
    await says(["--observation", "2,0.5"], {
      code: 2,
      stdout: "",
      stderr: "error: --observation: the table has no row for (2,0.5)\n",
    });
    const masked = { ...silent, allowed: [[1, 1, 1], [1, 1, 1]] };
    Deno.writeTextFileSync(path, JSON.stringify(masked));
    const { code, stderr } = await predict(path, "--observation", "0,0.5");
    assert.equal(code, 2);
    assert.match(
      stderr,
      /with action masks: give the actions that are allowed/,
    );
    await says(["--observation", "0,0.5", "--allowed", "0,1,2"], {
      stdout: "right\n",
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
