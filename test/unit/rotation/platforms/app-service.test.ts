import type { PlatformConfig } from "../../../../lib/rotation/account-config";
import type { AppServiceSeen } from "../../../../lib/rotation/platforms/app-service-seen";
import { confirmationsOf } from "../../../../lib/rotation/gate/confirmations";
import { complaintOf, consumerState } from "../../../../lib/rotation/gate/consumers";
import { streakAt } from "../../../../lib/rotation/platforms/platform-base";
import { nothingSeen } from "../../../../lib/rotation/gate/sightings";
import { healthUrlInstance, type InstanceReport } from "../../../../lib/rotation/gate/signals";
import { aConsumer, aGate } from "../../../builders/account";
import { aReport } from "../../../builders/report";
import { anAppServiceSeen, aReference, siteId } from "../../../builders/sight";
import { theSecondary, v1, v2 } from "../../../builders/state";
import { at, minutes, when } from "../../../builders/time";

interface Situation {
  readonly seen?: Partial<AppServiceSeen> | null;
  readonly platform?: Partial<Extract<PlatformConfig, { kind: "appService" }>>;
  readonly reports?: readonly InstanceReport[];
  readonly healthUrl?: string;
  readonly now?: string;
  readonly day?: number;
}

const situation = ({ seen = {}, platform, reports = [], healthUrl, now = "10:15", day = 24 }: Situation) => {
  const consumer = aConsumer({
    name: "render-web",
    healthUrl: healthUrl ?? null,
    platform: { kind: "appService", resourceId: siteId, refresh: true, restart: false, ...platform },
  });
  const platforms = seen === null ? [] : [anAppServiceSeen(seen)];
  return [consumer, aGate(), theSecondary(), { ...nothingSeen, reports, platforms }, when(now, day)] as const;
};

/** The state of `render-web`, at 10:15 by default. The version `v2` was published at 10:00. */
const stateOf = (given: Situation) => consumerState(...situation(given));
const shut = (state: string, since: string, detail: string) => ({ state, detail, since: at(since) });

const asked = { attempts: 1, answeredAt: null, nextAttemptAt: null, problem: null };
const answered = (time: string) => ({ ...asked, answeredAt: at(time) });
const report = (changes: Partial<InstanceReport> = {}) => aReport({ consumer: "render-web", ...changes });

describe("an app of App Service is good", () => {
  it("once it was refreshed after publication, resolved, unpinned and ready", () => {
    expect(stateOf({})).toEqual({ state: "Good", goodSince: at("10:02"), evidence: "platform" });
  });

  it("once it was refreshed onto this version, though the rotator found its publication anew after that", () => {
    expect(stateOf({ seen: { refresh: answered("09:59") } }).state).toBe("Good");
  });

  it("without instances: one that starts reads what the refresh has read", () => {
    expect(stateOf({ seen: { instances: [] } }).state).toBe("Good");
  });

  it("once it was restarted after the refresh, where it is to be", () => {
    const seen = { restart: answered("10:03"), goodSince: at("10:03") };
    expect(stateOf({ platform: { restart: true }, seen }).state).toBe("Good");
  });

  it("a day and an hour after publication, where it is not refreshed", () => {
    const seen = { refresh: { ...asked, attempts: 0 }, lookedAt: at("11:00", 25), goodSince: at("11:00", 25) };
    const given = { platform: { refresh: false }, seen, day: 25 };
    expect(stateOf({ ...given, now: "10:59:59" })).toEqual(
      shut(
        "RefreshPending",
        "10:00",
        "render-web is not refreshed (refresh: false), so App Service reads the new version by " +
          "2026-11-25T11:00:00.000Z",
      ),
    );
    expect(stateOf({ ...given, now: "11:00" })).toMatchObject({ state: "Good", goodSince: at("11:00", 25) });
  });
});

test.each([
  ["beside a setting that was refreshed", [aReference(), aReference({ list: "connectionStrings" })], {}],
  [
    "alone, for which no refresh is asked",
    [aReference({ list: "connectionStrings" })],
    { attempts: 0, answeredAt: null },
  ],
])("an app with a connection string %s is good a day and an hour after publication", (_, references, refresh) => {
  const seen = { references, refresh: { ...answered("10:02"), ...refresh }, lookedAt: at("11:00", 25) };
  expect(stateOf({ seen, day: 25, now: "10:59:59" }).state).toBe("RefreshPending");
  expect(stateOf({ seen, day: 25, now: "11:00" }).state).toBe("Good");
});

describe("an app of App Service shuts the gate", () => {
  it.each<[string, Situation, ReturnType<typeof shut>]>([
    [
      "while it was never looked at",
      { seen: null },
      shut(
        "RefreshPending",
        "10:00",
        `render-web could not be looked at since version ${v2} was published at 2026-11-24T10:00:00.000Z`,
      ),
    ],
    [
      "while no look has succeeded",
      { seen: { lookedAt: null, problem: "Resource Manager answered 403" } },
      shut(
        "RefreshPending",
        "10:00",
        `render-web could not be looked at since version ${v2} was published at 2026-11-24T10:00:00.000Z: ` +
          "Resource Manager answered 403",
      ),
    ],
    [
      "while no setting refers to the secret",
      { seen: { references: [] } },
      shut(
        "RefreshFailed",
        "10:00",
        "no setting of render-web refers to the secret: set one to " +
          "@Microsoft.KeyVault(SecretUri=https://render.vault.azure.net/secrets/renderweu-batch-key)",
      ),
    ],
    [
      "while a setting is fixed to a version, be it the published one",
      { seen: { references: [aReference({ pinnedTo: v2 })] } },
      shut(
        "PinnedVersion",
        "10:00",
        `setting BATCH_KEY of render-web is fixed to version ${v2}, so it never reads a new one: set it to ` +
          "@Microsoft.KeyVault(SecretUri=https://render.vault.azure.net/secrets/renderweu-batch-key)",
      ),
    ],
    [
      "while a connection string is fixed to a version, though the setting beside it is in order",
      { seen: { references: [aReference(), aReference({ list: "connectionStrings", setting: "DB", pinnedTo: v1 })] } },
      shut(
        "PinnedVersion",
        "10:00",
        `connection string DB of render-web is fixed to version ${v1}, so it never reads a new one: set it to ` +
          "@Microsoft.KeyVault(SecretUri=https://render.vault.azure.net/secrets/renderweu-batch-key)",
      ),
    ],
    [
      "while a connection string may still be of the platform's cache, though the app was refreshed",
      { seen: { references: [aReference(), aReference({ list: "connectionStrings", setting: "DB" })] } },
      shut(
        "RefreshPending",
        "10:00",
        "connection string DB of render-web is not read by a refresh (use an app setting in its place), so " +
          "App Service reads the new version by 2026-11-25T11:00:00.000Z",
      ),
    ],
    [
      "while a setting is not resolved",
      { seen: { references: [aReference({ status: "AccessToKeyVaultDenied" })] } },
      shut("RefreshFailed", "10:00", "setting BATCH_KEY of render-web is not resolved: AccessToKeyVaultDenied"),
    ],
    [
      "while it waits for its window",
      {
        seen: {
          refresh: { ...asked, attempts: 0, nextAttemptAt: at("20:00"), problem: "waits for the maintenance window" },
        },
      },
      shut(
        "RefreshPending",
        "10:00",
        "the refresh of render-web waits for the maintenance window; next at 2026-11-24T20:00:00.000Z",
      ),
    ],
    [
      "before the refresh is asked for",
      { seen: { refresh: { ...asked, attempts: 0 } } },
      shut("RefreshPending", "10:00", "the refresh of render-web is still to be asked for"),
    ],
    [
      "while the answer to the refresh is lost",
      { seen: { refresh: { ...asked, nextAttemptAt: at("10:16") } } },
      shut(
        "RefreshFailed",
        "10:00",
        "the refresh of render-web was asked for once: the answer was lost; next at 2026-11-24T10:16:00.000Z",
      ),
    ],
    [
      "while the refresh is refused",
      { seen: { refresh: { ...asked, attempts: 3, problem: "Forbidden" } } },
      shut("RefreshFailed", "10:00", "the refresh of render-web was asked for 3 times: Forbidden"),
    ],
    [
      "while the answer to the refresh is lost",
      { seen: { refresh: asked } },
      shut("RefreshFailed", "10:00", "the refresh of render-web was asked for once: the answer was lost"),
    ],
    [
      "while it is not restarted, where it is to be",
      { platform: { restart: true } },
      shut("RefreshPending", "10:00", "the restart of render-web is still to be asked for"),
    ],
    [
      "while an instance is not ready",
      {
        seen: {
          instances: [
            { name: "a", state: "READY" },
            { name: "b", state: "UNKNOWN" },
          ],
        },
      },
      shut("Unhealthy", "10:10", "instance b of render-web was UNKNOWN at 2026-11-24T10:10:00.000Z"),
    ],
    [
      "while a process from before the refresh may still run",
      { seen: { refresh: answered("10:13:30") } },
      shut(
        "RefreshPending",
        "10:13:30",
        "render-web restarts: a process from before may still run until 2026-11-24T10:15:30.000Z",
      ),
    ],
    [
      "while a process from before the restart may still run",
      { platform: { restart: true }, seen: { restart: answered("10:14") } },
      shut(
        "RefreshPending",
        "10:14",
        "render-web restarts: a process from before may still run until 2026-11-24T10:16:00.000Z",
      ),
    ],
    [
      "after a look that did not find it in order",
      { seen: { goodSince: null } },
      shut("RefreshPending", "10:00", "render-web was not in order at 2026-11-24T10:10:00.000Z"),
    ],
    [
      "when the last look is older than a signal may be",
      { now: "10:25:00.001" },
      shut("SignalStale", "10:25", "render-web was last looked at at 2026-11-24T10:10:00.000Z, longer than PT15M ago"),
    ],
    [
      "when the last looks have failed",
      { seen: { problem: "503" }, now: "10:26" },
      shut(
        "SignalStale",
        "10:25",
        "render-web was last looked at at 2026-11-24T10:10:00.000Z, longer than PT15M ago: 503",
      ),
    ],
  ])("%s", (_, given, expected) => {
    expect(stateOf(given)).toEqual(expected);
  });

  it.each<[string, Partial<AppServiceSeen>]>([
    ["of another app", { resourceId: `${siteId}-2` }],
    ["of another consumer", { consumer: "other" }],
    ["of another version", { version: v1 }],
  ])("where what was seen is %s", (_, seen) => {
    expect(stateOf({ seen })).toMatchObject({ state: "RefreshPending" });
  });

  it("not yet at the end of the time for which a look counts, and of a restart", () => {
    expect(stateOf({ now: "10:25" }).state).toBe("Good");
    expect(stateOf({ seen: { refresh: answered("10:13") } }).state).toBe("Good");
  });
});

describe("an app of App Service that also reports", () => {
  const healthUrl = "https://render-web.example/health";
  const answering = report({ instance: healthUrlInstance, goodSince: at("10:04") });

  it.each([
    ["is on the previous key", { secretVersion: v1 }, "OnPreviousKey"],
    ["is unhealthy", { healthy: false, goodSince: null, unhealthySince: at("10:09") }, "Unhealthy"],
  ])("shuts the gate where an instance %s", (_, changes, state) => {
    expect(stateOf({ reports: [report(changes)] }).state).toBe(state);
  });

  it("is good since both are, by the weaker evidence", () => {
    expect(stateOf({ reports: [report({ goodSince: at("10:05") })] })).toEqual({
      state: "Good",
      goodSince: at("10:05"),
      evidence: "platform",
    });
  });

  it("must answer at its health URL, where it has one", () => {
    expect(stateOf({ healthUrl }).state).toBe("NoSignalYet");
    expect(stateOf({ healthUrl, reports: [answering, report()] }).state).toBe("Good");
    const silent = { ...answering, healthy: false, goodSince: null, unhealthySince: at("10:12") };
    expect(stateOf({ healthUrl, reports: [silent, report()] }).state).toBe("Unhealthy");
  });
});

test("an instance that is not ready is a complaint, and what is only late is none", () => {
  const down = { instances: [{ name: "b", state: "STOPPED" }] };
  expect(complaintOf(...situation({ seen: down }))).toEqual({
    detail: "instance b of render-web was STOPPED at 2026-11-24T10:10:00.000Z",
    since: at("10:10"),
  });
  expect(complaintOf(...situation({ seen: { refresh: asked } }))).toBeNull();
  expect(complaintOf(...situation({}))).toBeNull();
});

test.each([
  ["begins with the first look in order", null, "10:15"],
  ["begins anew after one that was not", { goodSince: null, lookedAt: at("10:10") }, "10:15"],
  ["goes on", { goodSince: at("10:02"), lookedAt: at("10:00") }, "10:02"],
  ["begins anew after looks that are too far apart", { goodSince: at("09:02"), lookedAt: at("09:59:59") }, "10:15"],
  ["begins anew where it was never looked at", { goodSince: at("10:02"), lookedAt: null }, "10:15"],
])("the time in order %s", (_, before, since) => {
  expect(streakAt(before, minutes(15), when("10:15"))).toBe(at(since));
});

const confirmed = (given: Situation) => {
  const [consumer, gate, published, sightings, now] = situation(given);
  return confirmationsOf({ ...gate, consumers: [consumer] }, published, sightings, now);
};

test("an app that is good confirms the new key by its platform, beside the instances that have reported", () => {
  const byPlatform = {
    consumer: "render-web",
    instance: "(platform)",
    at: at("10:02"),
    secretVersion: v2,
    healthy: true,
    proven: false,
    evidence: "platform",
  };
  expect(confirmed({})).toEqual([byPlatform]);
  expect(confirmed({ reports: [report({ proven: true })] })).toMatchObject([
    { instance: "vm-1", evidence: "proof" },
    { instance: "(platform)" },
  ]);
  expect(confirmed({ seen: null })).toEqual([]);
});
