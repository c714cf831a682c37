import { OutcomeUnknownError } from "../../lib/errors";
import type { Phase } from "../../lib/rotation/phases";
import { days, minutes } from "../builders/time";
import type { Operation } from "../fakes/world/faults";
import type { AccountOptions } from "../rig/rig";
import { adopt, type Place, place, openRig, type ServedRig } from "../rig/served-place";

let rig: ServedRig;
beforeEach(async () => {
  rig = await openRig();
});

const changes: readonly Operation[] = ["batch.regenerate", "secrets.publish", "secrets.disable"];

interface Stage {
  readonly phase: Phase;
  readonly options?: AccountOptions;
  /** The step that the log announces. */
  readonly would: RegExp;
  /** Brings the account to the point at which, without dry run, it would take the next step of this phase. */
  readonly reach: (at: Place) => Promise<void>;
}

const soakless = { gate: { soakMs: 0 } } as const;
const begun = async (at: Place): Promise<void> => adopt(at, [at.vm()]);
/** A failed attempt leaves the account in the phase before the step. */
const failing = async (operation: Operation, at: Place, work: () => Promise<unknown>): Promise<void> => {
  rig.faults.add(operation, { when: "before", error: () => new OutcomeUnknownError({ operation }) });
  await work();
  rig.deploy(rig.accounts, { dryRun: true });
  rig.clock.advance(minutes(6));
  await at.vm().report();
};

const stages: readonly Stage[] = [
  {
    phase: "adopting",
    options: { seed: null },
    would: /^would publish the live primary key, because the vault held no secret$/,
    reach: async () => undefined,
  },
  {
    phase: "adopting",
    would: /^would adopt version [0-9a-f]{32}, which holds the primary key$/,
    reach: async () => undefined,
  },
  {
    phase: "adopting",
    options: soakless,
    would: /^would end the adoption$/,
    reach: async (at) => {
      await rig.surface.tick();
      rig.deploy(rig.accounts, { dryRun: true });
      await at.vm().report();
    },
  },
  {
    phase: "idle",
    options: soakless,
    would: /^would start a rotation$/,
    reach: async (at) => {
      await begun(at);
      rig.clock.advance(days(60));
    },
  },
  {
    phase: "started",
    options: soakless,
    would: /^would regenerate the secondary key, which no app uses$/,
    reach: async (at) => {
      await begun(at);
      await failing("batch.regenerate", at, () => at.rotate());
    },
  },
  {
    phase: "regenerated",
    options: soakless,
    would: /^would publish the secondary key$/,
    reach: async (at) => {
      await begun(at);
      await failing("secrets.publish", at, () => at.rotate());
    },
  },
  {
    phase: "published",
    options: soakless,
    would: /^would regenerate the primary key, which every consumer has left$/,
    reach: async (at) => {
      await begun(at);
      await at.rotate();
      rig.deploy(rig.accounts, { dryRun: true });
      await at.vm().refresh().report();
    },
  },
  {
    phase: "published",
    options: { gate: { soakMs: 0, rollbackWhenUnhealthyForMs: minutes(10) } },
    would: /^would roll back to the primary key, because render-api\/vm-1 has been unhealthy/,
    reach: async (at) => {
      await begun(at);
      await at.rotate();
      const vm = at.vm().refresh();
      await vm.report({ healthy: false });
      rig.clock.advance(minutes(10));
    },
  },
  {
    phase: "retired",
    options: { ...soakless, settleOn: "primary" },
    would: /^would prove that the old key is refused and disable its secret version, then publish the primary key$/,
    reach: async (at) => {
      await begun(at);
      await at.rotate();
      await failing("secrets.disable", at, () => at.vm().refresh().report());
    },
  },
  {
    phase: "settling",
    options: { ...soakless, settleOn: "primary" },
    would: /^would end the rotation on the primary key$/,
    reach: async (at) => {
      await begun(at);
      await at.rotate();
      await at.vm().refresh().report();
      rig.deploy(rig.accounts, { dryRun: true });
      await at.vm().refresh().report();
    },
  },
  {
    phase: "idle",
    options: { ...soakless, reconcileEveryMs: minutes(10) },
    would: /^would publish the live primary key, because version [0-9a-f]{32} held neither live key/,
    reach: async (at) => {
      await begun(at);
      at.regenerateManually("primary");
      rig.clock.advance(minutes(10));
    },
  },
];

test.each(stages)(
  "a tick in phase $phase logs $would and changes nothing",
  async ({ phase, options, would, reach }) => {
    const at = place(rig, options);
    await reach(at);
    rig.deploy(rig.accounts, { dryRun: true });
    const before = await at.status();
    const [keys, versions, events] = [at.keys(), at.versions(), at.events.length];
    rig.lines.length = 0;
    const done: Operation[] = [];
    rig.faults.onEffect((operation) => done.push(operation));

    for (let tick = 0; tick < 3; tick += 1) {
      await rig.surface.tick();
      rig.clock.advance(minutes(5));
    }

    expect(done.filter((operation) => changes.includes(operation))).toEqual([]);
    expect([at.keys(), at.versions()]).toEqual([keys, versions]);
    // A dry run raises alarms too: whether a consumer is unhealthy does not depend on it.
    expect(at.events.slice(events).filter(({ event }) => event !== "ConsumerUnhealthy")).toEqual([]);
    const after = await at.status();
    expect([after.phase, after.rotation, after.activeSlot]).toEqual([
      before.phase ?? "adopting",
      before.rotation,
      before.activeSlot,
    ]);
    expect(after.phase).toBe(phase);
    const said = rig.logged("DryRun");
    expect(said).toHaveLength(3);
    for (const line of said) expect(line).toMatchObject({ account: at.name, detail: expect.stringMatching(would) });
  },
);

test("an account whose next step is possible waits for DryRun, one whose gate is shut waits for its gate", async () => {
  const ready = place(rig, { name: "ready-weu", gate: { soakMs: 0 } });
  const waits = place(rig, { name: "waits-weu", gate: { soakMs: 0 } });
  await rig.surface.tick();
  rig.deploy(rig.accounts, { dryRun: true });
  await ready.vm().report();
  await rig.surface.tick();
  expect(await ready.waitingFor()).toMatchObject({
    reason: "DryRun",
    detail:
      "would confirm that every consumer runs on the published key; nothing is changed while ROTATION_DRY_RUN is true",
  });
  expect(await waits.waitingFor()).toMatchObject({ reason: "NoSignalYet" });
});

test("in a dry run all signals at an open gate cost one read of the vault and no call to Batch", async () => {
  const at = place(rig, soakless);
  await begun(at);
  await at.rotate();
  rig.deploy(rig.accounts, { dryRun: true });
  const vm = at.vm().refresh();
  const asked: Operation[] = [];
  rig.faults.onEffect((operation) => asked.push(operation));
  for (let signals = 0; signals < 20; signals += 1) {
    expect((await vm.report()).body).toMatchObject({ accepted: true, waitingFor: { reason: "DryRun" } });
  }
  // The version is looked up once.
  expect(asked.filter((operation) => /^(batch|secrets)\./.test(operation))).toEqual(["secrets.version"]);
  expect(asked).not.toContain("rotations.replace");
});

const published = async () => {
  const at = place(rig, soakless);
  await begun(at);
  await at.rotate();
  rig.deploy(rig.accounts, { dryRun: true });
  return at;
};
const expectUntouched = async (at: Place, work: () => Promise<unknown>): Promise<void> => {
  const [keys, versions] = [at.keys(), at.versions()];
  await work();
  expect(await at.phase()).toBe("published");
  expect([at.keys(), at.versions()]).toEqual([keys, versions]);
};

describe("an operator's requests in a dry run", () => {
  test("approve is stored; the step that it allows is reported and not taken", async () => {
    const at = await published();
    await expectUntouched(at, async () => {
      expect(await at.order("approve")).toMatchObject({
        status: 200,
        body: {
          phase: "published",
          waitingFor: { reason: "DryRun", detail: expect.stringMatching(/^would regenerate/) },
        },
      });
    });
    rig.deploy(rig.accounts, { dryRun: false });
    await rig.surface.tick();
    expect(await at.phase()).toBe("idle");
  });

  test("rollback is reported and not begun, not even after the dry run", async () => {
    const at = await published();
    await expectUntouched(at, async () => {
      expect(await at.order("rollback")).toMatchObject({ status: 200, body: { phase: "published", paused: false } });
    });
    expect(rig.logged("DryRun").at(-1)).toMatchObject({
      account: at.name,
      detail: "would roll back to the primary key, because operator:function-key asks: a test",
    });
    rig.deploy(rig.accounts, { dryRun: false });
    await rig.surface.tick();
    expect(await at.status()).toMatchObject({ phase: "published", paused: false });
  });

  test("pause and resume take effect: they change nothing in Batch or the vault", async () => {
    const at = await published();
    await expectUntouched(at, async () => {
      expect(await at.order("pause")).toMatchObject({ status: 200, body: { paused: true } });
      expect(await at.order("resume")).toMatchObject({ status: 200, body: { paused: false } });
    });
  });

  test("a rotation on demand is answered with 200 and the step that would be taken, and is not started", async () => {
    const at = place(rig, soakless);
    await begun(at);
    rig.deploy(rig.accounts, { dryRun: true });
    expect(await at.rotate()).toMatchObject({
      status: 200,
      body: {
        phase: "idle",
        rotation: null,
        waitingFor: { reason: "DryRun", detail: expect.stringContaining("would start a rotation") },
      },
    });
    expect(await at.phase()).toBe("idle");
  });
});
