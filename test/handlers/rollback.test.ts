import type { Phase } from "../../lib/rotation/phases";
import { aConsumer } from "../builders/account";
import { days, minutes } from "../builders/time";
import type { Death } from "../fakes/world/process";
import type { AccountOptions } from "../rig/rig";
import { adopt, type Instance, type Place, passing, place, openRig, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
beforeEach(async () => {
  rig = await openRig();
});

interface Staged {
  readonly at: Place;
  readonly vms: readonly [Instance, Instance];
  /** Calls of either instance that Batch would have refused after an effect. */
  readonly refused: string[];
}

/** Two instances that keep calling Batch: after every effect each of them tries its key. */
const adopted = async (options: AccountOptions = {}): Promise<Staged> => {
  const gate = { consumers: [aConsumer({ instances: 2, proof: "required" })], soakMs: minutes(2), ...options.gate };
  const at = place(rig, { ...options, gate });
  const vms = [at.vm(1), at.vm(2)] as const;
  await adopt(at, vms);
  const refused: string[] = [];
  rig.faults.onEffect((operation) => {
    for (const vm of vms) if (!vm.works()) refused.push(`${vm.instance} after ${operation}`);
  });
  return { at, vms, refused };
};

/** Every point from which a rotation can be rolled back. */
const points: readonly (readonly [string, Phase, (staged: Staged) => Promise<void>])[] = [
  [
    "before the target key is regenerated",
    "started",
    async ({ at }) => {
      rig.unavailable("batch.regenerate");
      await at.rotate();
    },
  ],
  [
    "before the target key is published",
    "regenerated",
    async ({ at }) => {
      rig.unavailable("secrets.publish");
      await at.rotate();
    },
  ],
  ["with every instance on the old key", "published", async ({ at }) => void (await at.rotate())],
  [
    "with one instance on each key",
    "published",
    async ({ at, vms }) => {
      await at.rotate();
      await vms[0].refresh().report();
    },
  ],
  [
    "with every instance on the new key, in the soak",
    "published",
    async ({ at, vms }) => {
      await at.rotate();
      for (const vm of vms) await vm.refresh().report();
    },
  ],
];

/** Both instances read the newest version, one after the other, and the soak passes. */
const settle = async ({ vms }: Staged): Promise<void> => {
  for (const vm of vms) {
    rig.clock.advance(minutes(1));
    await vm.refresh().report();
    await rig.surface.tick();
  }
  await passing(rig, minutes(3), vms);
  await rig.surface.tick();
};

describe.each(points)("rolled back %s", (_where, reached, reach) => {
  test.each([
    ["primary", "secondary"],
    ["secondary", "primary"],
  ] as const)(
    "from the %s to the %s key: apps read the previous key again, a resume completes the rotation, no call is refused",
    async (from, to) => {
      const staged = await adopted({ seed: from });
      const { at, refused } = staged;
      const previous = at.newest().value;
      await reach(staged);
      expect(await at.phase()).toBe(reached);

      const answer = await at.order("rollback", "the release is broken");
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({
        phase: "adopting",
        paused: true,
        activeSlot: from,
        rotation: null,
        lastRotation: { outcome: "rolledBack" },
        waitingFor: { reason: "Paused", detail: "paused by operator:function-key: the release is broken" },
      });
      expect(at.newest().value).toBe(previous);
      expect(at.eventsOf("RotationRolledBack")).toHaveLength(1);

      await settle(staged);
      expect(await at.phase()).toBe("adopting");
      await at.order("resume", "fixed");
      await settle(staged);
      await settle(staged);
      expect(await at.status()).toMatchObject({
        phase: "idle",
        activeSlot: to,
        lastRotation: { outcome: "completed" },
      });
      expect(at.accepts(previous)).toBe(false);
      expect(refused).toEqual([]);
    },
  );

  test.each<Death>([
    { operation: "secrets.newest", at: "before" },
    { operation: "batch.readKeys", at: "before" },
    { operation: "secrets.publish", at: "before" },
    { operation: "secrets.publish", at: "after" },
    { operation: "rotations.replace", at: "after", nth: 2 },
    { operation: "rotations.replace", at: "before", nth: 3 },
    { operation: "rotations.replace", at: "after", nth: 3 },
    { operation: "history.append", at: "after" },
  ])("the next driver finishes the roll-back of a process that crashes $at $operation ($nth)", async (death) => {
    const staged = await adopted();
    const { at, refused } = staged;
    const previous = at.newest().value;
    await reach(staged);
    // Where the previous key is the newest already, the roll-back publishes nothing.
    const died = await rig.crash(death, () => at.order("rollback", "the release is broken"));
    expect(died !== null || death.operation === "secrets.publish").toBe(true);
    await rig.tickAfter(minutes(6));
    expect(await at.status()).toMatchObject({
      phase: "adopting",
      paused: true,
      lastRotation: { outcome: "rolledBack" },
    });
    expect(at.newest().value).toBe(previous);
    expect(at.eventsOf("RotationRolledBack")).toHaveLength(1);
    await at.order("resume", "fixed");
    rig.clock.advance(minutes(5));
    for (let round = 0; round < 3; round += 1) await settle(staged);
    expect(await at.status()).toMatchObject({ phase: "idle", activeSlot: "secondary" });
    expect(refused).toEqual([]);
  });
});

test("an instance on the target key keeps that key alive after the roll-back", async () => {
  const { at, vms, refused } = await adopted();
  const [one, two] = vms;
  await at.rotate();
  const target = at.newest();
  await one.refresh().report();
  await at.order("rollback", "the release is broken");
  await at.order("resume", "fixed");
  for (let hour = 0; hour < 24; hour += 1) {
    rig.clock.advance(minutes(14));
    await two.report();
    await one.report();
    await rig.surface.tick();
  }
  expect(await at.status()).toMatchObject({
    phase: "adopting",
    waitingFor: {
      reason: "OnPreviousKey",
      detail: expect.stringContaining(`render-api/vm-1 reported version ${target.version}`),
    },
  });
  expect(at.accepts(target.value)).toBe(true);
  expect(await at.rotate()).toMatchObject({ status: 409, body: { reason: "NotAdopted" } });
  expect(refused).toEqual([]);
});

const unhealthy = async (gate: AccountOptions["gate"] = {}) => {
  const staged = await adopted({ gate: { rollbackWhenUnhealthyForMs: minutes(30), ...gate } });
  const { at, vms } = staged;
  await at.rotate();
  await vms[0].refresh().report();
  await vms[1].report();
  return staged;
};

/** Sends unhealthy signals until `ms` after `since`. */
const goOn = async (vm: Instance, since: string, ms: number): Promise<void> => {
  const end = Date.parse(since) + ms;
  while (rig.clock.now().getTime() + minutes(5) < end) {
    rig.clock.advance(minutes(5));
    await vm.report({ healthy: false });
    await rig.surface.tick();
  }
  rig.clock.advance(end - rig.clock.now().getTime());
};

describe("automatic roll-back", () => {
  test("begins exactly when one instance has been unhealthy on the new key for the limit", async () => {
    const { at, vms, refused } = await unhealthy();
    await vms[0].report({ healthy: false, detail: "403 from Batch" });
    const since = rig.clock.at;
    await goOn(vms[0], since, minutes(30) - 1);
    await rig.surface.tick();
    expect(await at.phase()).toBe("published");
    await rig.tickAfter(1);
    expect(await at.status()).toMatchObject({
      phase: "adopting",
      paused: true,
      lastRotation: { outcome: "rolledBack" },
    });
    const { version } = at.versions()[1] ?? {};
    expect(at.eventsOf("RotationRolledBack")[0]).toMatchObject({
      by: "schedule",
      detail: expect.stringContaining(
        `render-api/vm-1 has been unhealthy on version ${version} since ${since}, longer than PT30M`,
      ),
    });
    expect(refused).toEqual([]);
  });

  test("does not begin without its setting, nor for an instance that is unhealthy on the old key", async () => {
    const { at, vms } = await unhealthy({ rollbackWhenUnhealthyForMs: null });
    await vms[0].report({ healthy: false });
    await goOn(vms[0], rig.clock.at, days(1));
    expect(await at.phase()).toBe("published");

    rig.deploy([{ ...at.config, gate: { ...at.config.gate, rollbackWhenUnhealthyForMs: minutes(30) } }]);
    await vms[0].report();
    await vms[1].report({ healthy: false });
    await goOn(vms[1], rig.clock.at, days(1));
    await rig.surface.tick();
    expect(await at.phase()).toBe("published");
  });

  test("does not begin where the instance was healthy in between", async () => {
    const { at, vms } = await unhealthy();
    await vms[0].report({ healthy: false });
    await goOn(vms[0], rig.clock.at, minutes(29));
    await vms[0].report();
    await vms[0].report({ healthy: false });
    await goOn(vms[0], rig.clock.at, minutes(29));
    await rig.surface.tick();
    expect(await at.phase()).toBe("published");
  });

  test("is finished by the next driver after a crash", async () => {
    for (const death of [
      { operation: "secrets.publish", at: "before" },
      { operation: "secrets.publish", at: "after" },
    ] as const) {
      rig = await openRig();
      const { at, vms, refused } = await unhealthy();
      const previous = at.versions()[0]?.value;
      await vms[0].report({ healthy: false });
      await goOn(vms[0], rig.clock.at, minutes(30));
      expect(await rig.crash(death, () => rig.surface.tick())).not.toBeNull();
      await rig.tickAfter(minutes(6));
      expect(await at.status()).toMatchObject({ phase: "adopting", paused: true });
      expect(at.newest().value).toBe(previous);
      expect(refused).toEqual([]);
    }
  });
});
