import { type AccountChanges, aConsumer } from "../builders/account";
import { aKeyOperation } from "../builders/azure-event";
import { siteId } from "../builders/sight";
import { hours, minutes } from "../builders/time";
import { type AppServiceParts, EmulatedAppService } from "../emulators/platforms/app-service";
import type { PlatformConfig } from "../../lib/rotation/account-config";
import { nextCall, Story } from "./story";

interface Given {
  readonly platform?: Partial<Extract<PlatformConfig, { kind: "appService" }>>;
  readonly account?: AccountChanges;
  readonly version?: string;
  readonly instances?: number;
  /** The app has a slot, which is a consumer too. */
  readonly slot?: boolean;
}

const slotId = `${siteId}/slots/staging`;

/** An account whose only consumer is an app of App Service, with no code of its own. */
const open = async ({ platform, account, version, instances, slot = false }: Given = {}) => {
  const consumers = (slot ? [siteId, slotId] : [siteId]).map((resourceId, i) =>
    aConsumer({
      name: i === 0 ? "render-web" : "render-web-staging",
      platform: { kind: "appService", resourceId, refresh: true, restart: false, ...platform },
    }),
  );
  const story = new Story({
    account: { ...account, gate: { soakMs: minutes(5), consumers, ...account?.gate } },
  });
  const { world, config } = story;
  const { secret } = config;
  const allowed = { vault: true };
  const fetch: AppServiceParts["fetch"] = (reference) => {
    const [, wanted] = /\/secrets\/[^/)]+\/([0-9a-f]{32})\)/.exec(reference) ?? [];
    const found = wanted === undefined ? world.vault.newest(secret) : world.vault.version(secret, wanted);
    if (!allowed.vault) return { status: "AccessToKeyVaultDenied" };
    return found === null
      ? { status: "SecretNotFound" }
      : { status: "Resolved", version: found.version, value: found.value };
  };
  let names = 0;
  const now = () => new Date(world.wallMs);
  const pin = version === undefined ? "" : `/${version}`;
  const place = (resourceId: string): EmulatedAppService => {
    const placed = new EmulatedAppService(
      { now, fetch, createName: () => `i${(names += 1)}` },
      { instances: instances ?? 2 },
    );
    placed.configure("BATCH_KEY", `@Microsoft.KeyVault(SecretUri=${secret.vaultUrl}/secrets/${secret.name}${pin})`);
    placed.configure("OTHER", "@Microsoft.KeyVault(SecretUri=https://other.vault.azure.net/secrets/other)");
    world.platforms.appServices.set(resourceId, placed);
    return placed;
  };
  const app = place(siteId);
  const staging = place(slotId);
  /** Whether a call of any process of the app, or of its slot where that is a consumer, is refused. */
  const isRefused = (): boolean =>
    [app, ...(slot ? [staging] : [])].some(({ instances: running }) =>
      running.some(({ held }) => {
        const found = held.get("BATCH_KEY");
        return found?.status === "Resolved" && !world.batch.accepts(found.value);
      }),
    );
  const versionsInUse = (): readonly string[] =>
    app.instances.map(({ held }) => {
      const found = held.get("BATCH_KEY");
      return found?.status === "Resolved" ? found.version : "none";
    });
  const newest = (): string => world.vault.newest(secret)?.version ?? "";
  const tick = async (ms = minutes(5)) => {
    await story.passes(ms);
    await story.tick();
  };
  const ticks = async (until: () => boolean, limit = 400) => {
    for (let count = 0; !until(); count += 1) {
      if (count >= limit) throw new Error(story.transcript());
      await tick();
    }
  };
  const waiting = async () => (await story.status()).waitingFor;
  const fault = (operation: Parameters<typeof world.faults.add>[0], when: "before" | "after", times = 1) =>
    world.faults.add(operation, { when, error: () => new Error("lost"), times });
  return { story, world, app, staging, isRefused, allowed, versionsInUse, newest, tick, ticks, waiting, fault };
};

const adopted = async (given: Given = {}) => {
  const opened = await open(given);
  await opened.tick();
  await opened.ticks(() => opened.story.phase === "idle");
  return opened;
};

/** Adopted, and on demand rotated up to the publication. */
const published = async (given: Given = {}) => {
  const opened = await adopted(given);
  const before = opened.app.fetches;
  await opened.story.demand();
  await opened.ticks(() => opened.story.phase === "published");
  return { ...opened, before };
};

test("a rotation of an account whose only app has no code: refreshed once, then the old key dies", async () => {
  const { story, app, ticks, newest, versionsInUse, before } = await published();
  await ticks(() => story.phase === "idle");
  expect(new Set(versionsInUse())).toEqual(new Set([newest()]));
  expect(app.fetches - before).toBe(1);
  expect(story.events.filter((event) => event === "ConsumerRefreshed")).toHaveLength(2);
  expect(story.record.lastRotation?.outcome).toBe("completed");
});

test("the app is asked at once after the publication, not a tick later", async () => {
  const { story, app } = await open();
  const before = app.fetches;
  await story.tick();
  expect([story.phase, app.fetches - before]).toEqual(["adopting", 1]);
});

const nightly = { days: ["Tue"], from: "20:00", to: "22:00", timeZone: "Etc/UTC" } as const;

describe("an app is refreshed before the answer, whatever the window says", () => {
  it("when a person rotates on demand", async () => {
    const { story, app, newest, tick } = await adopted();
    story.reconfigure({ window: nightly });
    await tick();
    const before = app.fetches;
    const demanded = await story.demand();
    expect([story.phase, app.fetches - before, app.kept("BATCH_KEY")]).toMatchObject([
      "published",
      1,
      { version: newest() },
    ]);
    expect(demanded).toMatchObject({
      status: { waitingFor: { detail: expect.stringMatching(/^render-web restarts: a process from before may/) } },
    });
  });

  it("when an event reports that its key was replaced, as it holds a dead one", async () => {
    const { story, app, tick, isRefused } = await adopted();
    story.reconfigure({ window: nightly });
    await tick();
    const before = app.fetches;
    story.regenerateManually("primary");
    expect(isRefused()).toBe(true);
    await story.receives([aKeyOperation({ at: new Date(story.world.wallMs).toISOString() })]);
    await story.passes(minutes(1));
    expect([story.phase, app.fetches - before, isRefused()]).toEqual(["adopting", 1, false]);
  });

  it("when a tick finds that its key was replaced, while the account is paused too", async () => {
    const { story, app, tick, ticks, isRefused } = await adopted();
    story.reconfigure({ window: nightly });
    await story.operate("pause");
    story.regenerateManually("primary");
    await ticks(() => !isRefused());
    expect(story.events).toContain("DriftRepaired");
    const { fetches } = app;
    await tick();
    expect(app.fetches).toBe(fetches);
  });

  it("when its rotation is rolled back, which pauses the account", async () => {
    const { story, app, newest, versionsInUse, before } = await published();
    story.reconfigure({ window: nightly });
    const old = newest();
    await story.operate("rollback");
    expect([story.phase, app.fetches - before, newest() === old]).toEqual(["adopting", 2, false]);
    await story.passes(minutes(1));
    expect(new Set(versionsInUse())).toEqual(new Set([newest()]));
    expect((await story.status()).paused).not.toBeNull();
  });
});

test("no refresh is asked for in a pause without such a reason", async () => {
  const { story, app, tick } = await open({ account: { window: nightly } });
  await tick();
  await story.operate("pause");
  story.reconfigure({ window: null });
  const before = app.fetches;
  await tick();
  await tick();
  expect(app.fetches).toBe(before);
});

test("the history says once that an app was refreshed, though the process crashes right after that", async () => {
  const { story, ticks } = await adopted();
  const said = () => story.events.filter((event) => event === "ConsumerRefreshed").length;
  const before = said();
  nextCall(story, "signals.updateSight", { kind: "crash", at: "after" }, 2);
  await story.demand();
  expect([story.first.alive, said() - before]).toEqual([false, 0]);
  story.first.deploy([story.config]);
  await ticks(() => story.phase === "idle");
  expect(said() - before).toBe(1);
  const { events } = story;
  expect(events.lastIndexOf("ConsumerRefreshed")).toBeLessThan(events.lastIndexOf("KeyRetired"));
});

test("status and evidence say that the platform has shown it", async () => {
  const { story, tick, ticks } = await published({ account: { gate: { soakMs: minutes(30) } } });
  await tick();
  await tick();
  expect((await story.status()).consumers).toMatchObject([{ name: "render-web", state: "Good", evidence: "platform" }]);
  await ticks(() => story.phase === "idle");
  const retired = story.world.tables.events("render-weu").findLast(({ event }) => event === "KeyRetired");
  expect(retired?.evidence).toMatchObject({
    confirmations: [{ consumer: "render-web", instance: "(platform)", evidence: "platform" }],
  });
});

test("a setting that is fixed to a version is named with the text to set, and the app is never restarted", async () => {
  const { story, app, tick, waiting, world, newest } = await open();
  app.configure(
    "BATCH_KEY",
    `@Microsoft.KeyVault(SecretUri=${story.config.secret.vaultUrl}/secrets/renderweu-batch-key/${newest()})`,
  );
  const before = app.restarts;
  await tick();
  await tick();
  expect(await waiting()).toMatchObject({
    reason: "PinnedVersion",
    detail: expect.stringContaining(
      "set it to @Microsoft.KeyVault(SecretUri=https://render.vault.azure.net/secrets/renderweu-batch-key)",
    ),
  });
  expect([app.restarts - before, world.batch.keys.size]).toEqual([0, 2]);
});

test("a refused refresh is repeated with backoff until the reference is resolved, then never again", async () => {
  const { story, app, allowed, tick, ticks, waiting } = await open();
  const before = app.fetches;
  allowed.vault = false;
  await tick();
  await tick();
  await tick();
  expect(await waiting()).toMatchObject({
    reason: "RefreshFailed",
    detail: "setting BATCH_KEY of render-web is not resolved: AccessToKeyVaultDenied",
  });
  expect(app.fetches - before).toBeGreaterThan(1);
  allowed.vault = true;
  await ticks(() => story.phase === "idle");
  const { fetches } = app;
  await tick();
  await tick();
  expect(app.fetches).toBe(fetches);
});

test("a lost answer to a refresh is asked for again", async () => {
  const { story, app, fault, tick, ticks, waiting } = await open();
  const before = app.fetches;
  fault("appServices.refresh", "after");
  await tick();
  expect(await waiting()).toMatchObject({ reason: "RefreshFailed" });
  expect(app.fetches - before).toBe(1);
  await ticks(() => story.phase === "idle");
  expect(app.fetches - before).toBe(2);
});

test.each([false, true])(
  "what was answered is not asked for again where the rest of the look fails (%j)",
  async (restart) => {
    const { story, app, fault, tick, ticks, waiting } = await open({ platform: { restart } });
    const [fetches, restarts] = [app.fetches, app.restarts];
    fault("appServices.instances", "before", 5);
    for (let count = 0; count < 5; count += 1) await tick();
    expect(await waiting()).toMatchObject({ detail: expect.stringContaining("could not be looked at") });
    await ticks(() => story.phase === "idle");
    expect([app.fetches - fetches, app.restarts - restarts]).toEqual(restart ? [1, 2] : [1, 1]);
    expect(story.events.filter((event) => event === "ConsumerRefreshed")).toHaveLength(1);
  },
);

test("two processes that look at once send one refresh", async () => {
  const { story, app, fault, tick } = await open();
  const other = story.start("p2");
  fault("appServices.references", "before");
  await tick();
  const before = app.fetches;
  await story.passes(minutes(5));
  await story.tickBoth(story.first, other);
  expect(app.fetches - before).toBe(1);
  await story.passes(minutes(5));
  await story.tickBoth(story.first, other);
  expect(app.fetches - before).toBe(1);
  expect(story.events.filter((event) => event === "ConsumerRefreshed")).toHaveLength(1);
});

test("a plain restart reads nothing again: with restart the app is refreshed first", async () => {
  const { story, app, ticks, before } = await published({ platform: { restart: true } });
  await ticks(() => story.phase === "idle");
  expect([app.fetches - before, app.restarts]).toEqual([1, 3 + 2 + 2]);
});

test("without a refresh it waits for the cache of 24 hours, and an hour more", async () => {
  const opened = await open({ platform: { refresh: false } });
  const { story, app, tick, ticks, waiting } = opened;
  const before = app.fetches;
  await tick();
  await tick();
  expect(await waiting()).toMatchObject({
    reason: "RefreshPending",
    detail: expect.stringContaining("by 2026-11-25T11:"),
  });
  await ticks(() => story.phase === "idle");
  expect(story.world.wallMs - Date.parse("2026-11-24T10:00:00.000Z")).toBeGreaterThanOrEqual(hours(25));
  expect(app.fetches - before).toBe(1);
});

test("a scheduled refresh waits for the window, because it restarts the app", async () => {
  const window = { days: ["Tue"], from: "20:00", to: "22:00", timeZone: "Etc/UTC" } as const;
  const { story, app, tick, ticks, waiting } = await open({ account: { window } });
  const before = app.fetches;
  await tick();
  await tick();
  expect(await waiting()).toMatchObject({
    reason: "RefreshPending",
    detail: "the refresh of render-web waits for the maintenance window; next at 2026-11-24T20:00:00.000Z",
  });
  expect(app.fetches - before).toBe(0);
  await ticks(() => app.fetches > before);
  expect(new Date(story.world.wallMs).toISOString() >= "2026-11-24T20:00").toBe(true);
});

test("what cannot be seen is said, and what was known stays until it is too old", async () => {
  const { story, world, tick, waiting } = await published({ account: { gate: { soakMs: minutes(60) } } });
  await tick();
  await tick();
  world.platforms.appServices.delete(siteId);
  await tick();
  expect(await waiting()).toMatchObject({ reason: "SoakNotElapsed" });
  for (let count = 0; count < 3; count += 1) await tick();
  expect(await waiting()).toMatchObject({
    reason: "SignalStale",
    detail: expect.stringMatching(/^render-web was last looked at at .* longer than PT15M ago: .*NotFound/),
  });
  expect(story.phase).toBe("published");
});

test("a slot that is swapped in at any moment of a rotation runs on the new key when the old one dies", async () => {
  for (const swapAfter of [0, 1, 2, 3]) {
    const { story, app, staging, isRefused, tick, ticks } = await published({ slot: true });
    for (let count = 0; count < swapAfter; count += 1) await tick();
    app.swap(staging);
    await ticks(() => story.phase === "idle");
    expect([swapAfter, isRefused()]).toEqual([swapAfter, false]);
  }
});

test("a stopped app keeps no key alive, and starts with the new one", async () => {
  const { story, app, ticks, newest, versionsInUse } = await adopted();
  app.stop();
  await story.demand();
  await ticks(() => story.phase === "idle");
  expect(versionsInUse()).toEqual([]);
  app.start();
  expect(versionsInUse()).toEqual([newest(), newest()]);
});

test("a connection string that is fixed to a version shuts the gate, whatever the setting beside it is", async () => {
  const { story, app, tick, waiting, newest, isRefused } = await adopted();
  const { vaultUrl, name } = story.config.secret;
  app.configure("DB", `@Microsoft.KeyVault(SecretUri=${vaultUrl}/secrets/${name}/${newest()})`, "connectionStrings");
  await story.demand();
  for (let count = 0; count < 6; count += 1) await tick();
  expect(await waiting()).toMatchObject({
    reason: "PinnedVersion",
    detail: expect.stringMatching(/^connection string DB of render-web is fixed to version /),
  });
  expect([story.phase, isRefused()]).toEqual(["published", false]);
});

test("an app whose platform has lost what it read is refreshed again, as by a refresh that comes late", async () => {
  const { story, app, allowed, tick, ticks, newest, versionsInUse, before } = await published();
  expect(app.fetches - before).toBe(1);
  allowed.vault = false;
  app.refresh();
  allowed.vault = true;
  await tick();
  expect(app.kept("BATCH_KEY")).toMatchObject({ status: "Resolved", version: newest() });
  await ticks(() => story.phase === "idle");
  expect([app.fetches - before, new Set(versionsInUse())]).toEqual([3, new Set([newest()])]);
});
