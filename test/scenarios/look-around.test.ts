import { OperatorNeededError } from "../../lib/errors";
import type { Looker, LookInput } from "../../lib/sights/looker";
import type { CallOptions } from "../../lib/ports/call";
import type { Ports } from "../../lib/ports/ports";
import type { ReadersSeen } from "../../lib/rotation/gate/readers-seen";
import { aReader, aReadersSeen } from "../builders/sight";
import { minutes } from "../builders/time";
import { startProcess } from "../fakes/world/start-process";
import { Story } from "./story";

const refused = new OperatorNeededError("Forbidden", { operation: "Tables", statusCode: 403 }, "grant the right");

const through = "2026-11-24T10:00:00.000Z";
const seen = (reads: number): ReadersSeen => aReadersSeen({ readers: [{ ...aReader, reads }], through });

type Act = (call: () => CallOptions, ports: Ports) => Promise<void>;

/** One more read at each look; `act` comes before. */
const counting =
  (inputs: LookInput[], act: Act = async () => undefined) =>
  (ports: Ports): readonly Looker[] => [
    {
      kind: "readers",
      isDue: ({ config }) => config.name === "render-weu",
      look: async (input, call) => {
        inputs.push(input);
        await act(call, ports);
        await ports.signals.updateSight(input.config.name, "readers", () => seen(inputs.length), call());
      },
    },
  ];

const open = (inputs: LookInput[], act?: Act) => {
  const story = new Story();
  const looking = startProcess(story.world, [story.config], { name: "p2", lookers: counting(inputs, act) });
  const readers = () => story.world.tables.sightings(story.config.name).readers;
  const tick = async () => {
    await story.passes(minutes(5));
    await story.tick(looking);
  };
  return { story, readers, tick };
};

test("looks before each decision while the account waits at its gate, and at no other time", async () => {
  const inputs: LookInput[] = [];
  const { story, readers, tick } = open(inputs);
  // The first look follows at once where a new version is there.
  for (let ticks = 0; ticks < 3; ticks++) await tick();
  expect(inputs.map(({ state, sightings }) => [state.phase, sightings.readers])).toEqual([
    ["adopting", null],
    ["adopting", seen(1)],
    ["adopting", seen(2)],
  ]);
  expect(readers()).toEqual(seen(3));
  story.app("vm-1");
  await story.goesOnUntilIdle();
  await tick();
  expect(story.phase).toBe("idle");
  expect(inputs).toHaveLength(3);
});

test("the history gets what a look has found, once", async () => {
  const { story, tick } = open([]);
  for (let ticks = 0; ticks < 4; ticks++) await tick();
  expect(story.events.filter((event) => event === "ReadersFound")).toHaveLength(1);
});

test("where the record cannot be written, the history gets it with the next drive", async () => {
  const { story, tick } = open([]);
  await tick();
  story.world.faults.add("rotations.replace", { when: "before", error: () => refused, times: 1 });
  await tick();
  const found = () => story.events.filter((event) => event === "ReadersFound");
  expect(found()).toHaveLength(0);
  await tick();
  expect(found()).toHaveLength(1);
});

test("does not look while the account is paused", async () => {
  const inputs: LookInput[] = [];
  const { story, tick } = open(inputs);
  await tick();
  await story.operate("pause");
  await tick();
  await tick();
  expect(inputs).toHaveLength(1);
});

test("a look that fails is logged, what was known stays, and the account moves on", async () => {
  const inputs: LookInput[] = [];
  const fail = async () => {
    if (inputs.length > 1) throw new Error("out of reach");
  };
  const { story, readers, tick } = open(inputs, fail);
  await tick();
  await story.reports(story.app("vm-1"));
  await story.passes(minutes(10));
  await tick();
  expect(inputs).toHaveLength(2);
  expect(readers()).toEqual(seen(1));
  expect(story.phase).toBe("idle");
  expect(story.transcript()).toContain('"event":"LookFailed"');
});

test("all requests of a look end after 100 seconds together", async () => {
  const instants: string[] = [];
  const waits = async (call: () => CallOptions, { clock }: Ports) => {
    while (!call().signal.aborted) await clock.sleep(minutes(60), call().signal);
    instants.push(clock.now().toISOString());
    throw new Error("aborted");
  };
  const { story, readers, tick } = open([], waits);
  await tick();
  expect(instants).toEqual(["2026-11-24T10:06:40.000Z"]);
  expect(readers()).toBeNull();
  expect(story.transcript()).toContain('"event":"LookFailed"');
});
