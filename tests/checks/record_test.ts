import assert from "node:assert/strict";
import type { Backend } from "../../src/backends/backend.ts";
import { referenceBackend } from "../../src/backends/reference.ts";
import { checkDeterminism } from "../../src/checks/determinism.ts";
import { compareRecords } from "../../src/checks/record/compare.ts";
import { readRecord } from "../../src/checks/record/read.ts";
import {
  type DeviceRecord,
  deviceRecord,
} from "../../src/checks/record/record.ts";
import { smallTrainings } from "../../src/checks/small_trainings.ts";
import { InputError } from "../../src/errors.ts";
import { canonicalJson } from "../../src/files/canonical_json.ts";

const STEPS = 6;
const [FIRST, SECOND] = smallTrainings(STEPS);

/** A wrong bit: from a step on, in a number of the state's tensor of that index, or in a loss (-1). */
type Wrong = readonly [step: number, tensor: number, element: number];

/** The reference with wrong bits in what it says of the second training. */
function wrongBackend(wrong: readonly Wrong[]): Backend {
  const flip = (values: Float32Array, element: number) => {
    new Uint32Array(values.buffer, values.byteOffset)[element] ^= 1;
  };
  const names = SECOND.open().program.state.join();
  return {
    ...referenceBackend,
    async open(task) {
      const session = await referenceBackend.open(task);
      const { program, state } = task;
      if (program.state.join() !== names) {
        return session;
      }
      let made = state.step;
      return {
        ...session,
        async run(to) {
          const from = made;
          const losses = await session.run(made = to);
          const width = losses.length / (to - from);
          for (const [step, tensor, element] of wrong) {
            if (tensor < 0 && step > from && step <= to) {
              flip(losses, (step - from - 1) * width + element);
            }
          }
          return losses;
        },
        async read() {
          const own = await session.read();
          const buffers = Object.fromEntries(
            Object.entries(own.buffers).map(([name, x]) => [name, x.slice()]),
          );
          for (const [step, tensor, element] of wrong) {
            if (tensor >= 0 && made >= step) {
              flip(buffers[program.state[tensor]], element);
            }
          }
          return { ...own, buffers };
        },
      };
    },
  };
}

const NAMES = SECOND.open().program.state;
const SOFTWARE = {
  suiteVersion: "0.2.0",
  kernelsSha256: null,
  runtime: "a test",
  platform: "none",
};

async function recorded(...wrong: Wrong[]): Promise<DeviceRecord> {
  const { steps, backends } = await checkDeterminism(
    [FIRST, SECOND],
    [{ label: "webgpu", backend: wrongBackend(wrong) }],
    { steps: STEPS, shapes: 1 },
  );
  const record = deviceRecord(backends[1], {
    steps,
    seconds: 1,
    survey: null,
    software: SOFTWARE,
  });
  return readRecord(canonicalJson(record), "record.json");
}

const right = await recorded();

Deno.test("records of devices with the same bits are equal", async () => {
  const { equal, common, trainings, kernels, alone } = compareRecords(
    right,
    await recorded(),
  );
  assert.deepEqual({ equal, trainings, kernels, alone }, {
    equal: true,
    trainings: [],
    kernels: [],
    alone: [[], []],
  });
  assert.deepEqual(common, [FIRST.name, SECOND.name]);
});

Deno.test("the first bit in which a device differs from one that is right", async () => {
  const wrong = await recorded([3, 1, 12], [3, 1, 40], [4, 0, 2]);
  const [own, other] = [
    compareRecords(wrong, right),
    compareRecords(right, wrong),
  ];
  const [{ bits, ...place }] = own.trainings;
  assert.deepEqual(place, {
    task: SECOND.name,
    step: 3,
    stepIsFirst: true,
    tensor: NAMES[1],
    element: 12,
    differences: 2,
  });
  assert.equal(bits![0], bits![1] ^ 1);
  assert.equal(own.trainings.length, 1);
  assert.equal(own.equal, false);
  assert.deepEqual(other.trainings[0].bits, [bits![1], bits![0]]);
});

Deno.test("of two devices that are both wrong, the first bit in which they part", async () => {
  const wrong = await recorded([3, 1, 12]);
  const firstOf = async (...others: Wrong[]) => {
    const other = await recorded(...others);
    const [first] = compareRecords(wrong, other).trainings;
    return first &&
      [first.step, first.tensor, first.element, first.differences];
  };
  // Wrong in the same way.
  assert.equal(await firstOf([3, 1, 12]), undefined);
  // Wrong later in another tensor, in an earlier tensor of the step, in its losses.
  assert.deepEqual(await firstOf([4, 0, 2]), [3, NAMES[1], 12, 1]);
  assert.deepEqual(await firstOf([3, 0, 2]), [3, NAMES[0], 2, 1]);
  assert.deepEqual(await firstOf([3, -1, 4], [3, 1, 12]), [3, "losses", 4, 1]);
  // Wrong in the same number and in more.
  assert.deepEqual(
    await firstOf([3, 1, 12], [3, 1, 40]),
    [3, NAMES[1], 40, null],
  );
  assert.deepEqual(
    await firstOf([3, 1, 12], [5, 0, 3]),
    [5, NAMES[0], 3, null],
  );
});

Deno.test("what two records did not do alike is refused or told", () => {
  const longer = structuredClone(right) as {
    -readonly [K in keyof DeviceRecord]: DeviceRecord[K];
  };
  longer.steps = 12;
  assert.throws(
    () => compareRecords(right, longer, ["a.json", "b.json"]),
    (error: Error) =>
      error instanceof InputError &&
      error.message ===
        "a.json has 6 steps of each training and b.json 12: record both with the same --steps",
  );
  const fewer = { ...right, trainings: right.trainings.slice(1) };
  const { equal, alone } = compareRecords(right, fewer);
  assert.deepEqual({ equal, alone }, {
    equal: true,
    alone: [[FIRST.name], []],
  });
  const [first] = right.trainings;
  assert.throws(
    () => compareRecords({ ...right, trainings: [first] }, fewer),
    /have no training in common/,
  );
  const otherRuns = { ...right, trainings: [{ ...first, runs: 2 }] };
  assert.throws(() => compareRecords(right, otherRuns), /in different ways/);
  const kernels = right.kernels.map((k, i) =>
    i === 2 ? { ...k, differences: 5 } : k
  );
  const contrast = compareRecords(right, { ...right, kernels });
  assert.deepEqual([contrast.equal, contrast.kernels], [
    false,
    [{ kernel: kernels[2].kernel, differences: [0, 5] }],
  ]);
});

Deno.test("a record that is damaged or of another kind is refused in one line", () => {
  // deno-lint-ignore no-explicit-any
  const damages: Record<string, (record: any) => void> = {
    "another schema": (r) => r.schema = "holdfast/device-record/9\u001b[2J\n",
    "no schema": (r) => delete r.schema,
    "no trainings": (r) => r.trainings = [],
    "a hash cut": (r) => r.trainings[1].points[2].losses = "ab",
    "a hash that is a number": (r) => r.trainings[0].sha256 = 5,
    "a tensor less": (r) => delete r.trainings[1].points[3].tensors[NAMES[0]],
    "steps in disorder": (r) => r.trainings[0].points.reverse(),
    "fewer steps than it says": (r) => r.trainings[0].points.pop(),
    "a training twice": (r) => r.trainings.push(r.trainings[0]),
    "a negative count": (r) => r.kernels[0].differences = -1,
    "half a count": (r) => r.kernels[0].differences = 0.5,
    "a name that is a list": (r) => r.trainings[0].task = ["bc"],
    "a long name": (r) => r.software.runtime = "x".repeat(501),
    "a difference in no tensor": (r) =>
      r.trainings[0].firstDifference = {
        step: 1,
        tensor: "\u202eno such",
        element: 0,
        differences: 1,
        bits: [0, 1],
      },
    "a time that is none": (r) => r.seconds = -1,
    "a record in a list": (r) => r.device = [r.device],
  };
  const refused = (text: string, what: string) =>
    assert.throws(
      () => readRecord(text, "record.json"),
      (error: Error) =>
        error instanceof InputError &&
        // deno-lint-ignore no-control-regex
        /^record\.json: [^\u0000-\u001f\u202e]+$/.test(error.message),
      what,
    );
  for (const [what, damage] of Object.entries(damages)) {
    const damaged = JSON.parse(canonicalJson(right));
    damage(damaged);
    refused(JSON.stringify(damaged), what);
  }
  const whole = canonicalJson(right);
  for (
    const [what, text] of Object.entries({
      "nothing": "",
      "half": whole.slice(0, whole.length / 2),
      "a number": "3",
      "null": "null",
      "a list": "[]",
      "a key twice": whole.replace('"steps":', '"steps": 6, "steps":'),
    })
  ) refused(text, what);
});
