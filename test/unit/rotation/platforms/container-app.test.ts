import {
  type ContainerAppShown,
  containerAppState,
  containerAppSyncMs,
  sawContainerApp,
  unseenContainerApp,
} from "../../../../lib/rotation/platforms/container-app";
import type { ContainerAppSeen, RevisionSeen } from "../../../../lib/rotation/platforms/container-app-seen";
import type { PlatformView } from "../../../../lib/rotation/platforms/platform-view";
import { after, aPlatformView, publishedAt, publishedVersion, secretAddress } from "../../../builders/platform";

type View = PlatformView<"containerApp">;

const secrets = [{ name: "batch-key", pinnedTo: null }];
const aReplica = (name: string, minutes: number, isRunning = true) => ({ name, createdAt: after(minutes), isRunning });
const aRevision = (changes: Partial<RevisionSeen> = {}): RevisionSeen => ({
  name: "one",
  use: "environment",
  graceMs: 30_000,
  replicas: [aReplica("one-a", 20), aReplica("one-b", 20)],
  ...changes,
});
const shown = (changes: Partial<ContainerAppShown> = {}): ContainerAppShown => ({
  secrets,
  revisions: [aRevision()],
  ...changes,
});
/** What a look some minutes after the publication stores, after the looks before it. */
const look = (minutes: number, what = shown(), known: ContainerAppSeen | null = null): ContainerAppSeen =>
  sawContainerApp(aPlatformView("containerApp", minutes, { seen: known }), secretAddress, what, containerAppSyncMs);
const stateAt = (minutes: number, seen: ContainerAppSeen | null, changes: Partial<View> = {}) =>
  containerAppState(aPlatformView("containerApp", minutes, { seen, ...changes }));
/** The state by one look, at the same time. */
const looked = (minutes: number, what = shown(), changes: Parameters<typeof aPlatformView<"containerApp">>[2] = {}) => {
  const view = aPlatformView("containerApp", minutes, changes);
  return containerAppState({ ...view, seen: sawContainerApp(view, secretAddress, what, containerAppSyncMs) });
};

describe("a Container App", () => {
  it("is good once the sync is over and all its replicas run and are younger than the publication", () => {
    expect(looked(34.9)).toEqual({
      state: "RefreshPending",
      detail: `the platform brings version ${publishedVersion} to render by ${after(35)}`,
      since: publishedAt,
    });
    expect(looked(35)).toEqual({ state: "Good", goodSince: after(20), evidence: "platform" });
  });

  it("is not good while a replica from before the sync may use the time that it is given to end", () => {
    const slow = shown({ revisions: [aRevision(), aRevision({ name: "two", graceMs: 600_000 })] });
    expect(looked(43.9, slow)).toMatchObject({ state: "RefreshPending", detail: expect.stringContaining(after(44)) });
    expect(looked(44, slow)).toMatchObject({ state: "Good" });
  });

  it("is not good by a replica that was made between publication and sync, or by a restart of its revision", () => {
    const restarted = shown({ revisions: [aRevision({ replicas: [aReplica("one-a", 1)] })] });
    expect(looked(5, restarted)).toMatchObject({ state: "RefreshPending" });
    expect(stateAt(36, look(5, restarted))).toEqual({
      state: "RefreshPending",
      detail: `render was last looked at at ${after(5)}; the next run of the timer looks again`,
      since: publishedAt,
    });
    expect(stateAt(36, { ...look(5, restarted), problem: "the identity may not do this" })).toMatchObject({
      detail: expect.stringMatching(/; the next run of the timer looks again: the identity may not do this$/),
    });
  });

  it("is on the previous key while a replica is older than the publication: the sync has failed", () => {
    const failed = shown({ revisions: [aRevision(), aRevision({ name: "two", replicas: [aReplica("two-a", -1)] })] });
    expect(looked(40, failed)).toEqual({
      state: "OnPreviousKey",
      detail:
        `replica two-a of render was made at ${after(-1)}, before version ${publishedVersion} was made at ` +
        `${publishedAt}; the platform has not brought it the version: see whether the identity of the app may read ` +
        "the vault",
      since: publishedAt,
    });
    const without = aRevision({ name: "two", use: "none", replicas: [aReplica("two-a", -60)] });
    expect(looked(40, shown({ revisions: [aRevision(), without] }))).toMatchObject({
      state: "OnPreviousKey",
      detail: expect.stringMatching(/its revision two does not have the secret: deactivate it, or give it the secret$/),
    });
  });

  it("is good where the sync came within the second of the publication", () => {
    const published = { version: publishedVersion, publishedAt, createdAt: publishedAt.replace("00.000Z", "00.700Z") };
    const synced = shown({ revisions: [aRevision({ replicas: [aReplica("one-a", 0)] })] });
    expect(looked(36, synced, { published })).toMatchObject({ state: "Good" });
  });

  it.each<[string, ContainerAppShown, number, string, string]>([
    [
      "no secret of it refers to the vault",
      shown({ secrets: [] }),
      1,
      "NeedsSignal",
      `no secret of render refers to ${secretAddress}:`,
    ],
    [
      "a revision has the secret only in a volume",
      shown({ revisions: [aRevision(), aRevision({ name: "two", use: "volume" })] }),
      1,
      "NeedsSignal",
      "revision two of render has the secret only in a volume",
    ],
    [
      "its secret is fixed to a version",
      shown({ secrets: [...secrets, { name: "old", pinnedTo: publishedVersion }] }),
      1,
      "PinnedVersion",
      `secret old of render is fixed to version ${publishedVersion}, so it never reads a new one: ` +
        `set its keyVaultUrl to ${secretAddress}`,
    ],
    [
      "a replica does not run",
      shown({ revisions: [aRevision({ replicas: [aReplica("one-a", 20, false)] })] }),
      1,
      "Unhealthy",
      `replica one-a of render was not ready at ${after(36)}`,
    ],
    [
      "fewer replicas run than have to",
      shown(),
      3,
      "InstancesMissing",
      `2 of 3 replicas of render ran at ${after(36)}`,
    ],
    ["it has no active revision", shown({ revisions: [] }), 0, "InstancesMissing", "0 of 0 replicas of render"],
  ])("is not good where %s", (_what, what, instances, state, detail) => {
    expect(looked(36, what, { instances })).toMatchObject({ state, detail: expect.stringContaining(detail) });
  });

  it("that is scaled to none is good after the sync, where none has to run", () => {
    const none = shown({ revisions: [aRevision({ replicas: [] })] });
    expect(looked(36, none, { instances: 0 })).toEqual({ state: "Good", goodSince: after(35), evidence: "platform" });
  });

  it("with the secret in a volume is left to its reports, where it reports", () => {
    const inVolume = look(1, shown({ revisions: [aRevision({ use: "volume" })] }));
    const good = { state: "Good", goodSince: publishedAt, evidence: "report" };
    expect(stateAt(2, inVolume, { reports: true })).toEqual(good);
    const unnamed = look(1, shown({ secrets: [], revisions: [aRevision({ use: "volume" })] }));
    expect(stateAt(2, unnamed, { reports: true })).toMatchObject({ state: "NeedsSignal" });
  });

  it("that could not be looked at since the publication is not good, and says why", () => {
    expect(stateAt(40, null)).toMatchObject({ state: "RefreshPending" });
    const unseen = unseenContainerApp(aPlatformView("containerApp", 1), secretAddress, containerAppSyncMs);
    expect(stateAt(40, { ...unseen, problem: "status 403" })).toEqual({
      state: "RefreshPending",
      detail:
        `render could not be looked at since version ${publishedVersion} was published at ${publishedAt}` +
        ": status 403",
      since: publishedAt,
    });
  });

  it("that was last looked at too long ago says nothing", () => {
    const seen = look(40);
    expect(stateAt(55, seen)).toMatchObject({ state: "Good" });
    expect(stateAt(55.1, { ...seen, problem: "status 500" })).toEqual({
      state: "SignalStale",
      detail: `render was last looked at at ${after(40)}, longer than PT15M ago: status 500`,
      since: after(55),
    });
  });
});

describe("since when a Container App is good", () => {
  it("is when the oldest replica was made: all are of the sync or of later", () => {
    const scaled = shown({ revisions: [aRevision({ replicas: [aReplica("one-a", 20), aReplica("one-b", 38)] })] });
    expect(look(39, scaled).goodSince).toBe(after(20));
    const first = look(36);
    expect(look(41, scaled, first).goodSince).toBe(after(20));
  });

  it("is the look that found it in order, after one that did not", () => {
    const down = look(36, shown({ revisions: [aRevision({ replicas: [aReplica("one-a", 20, false)] })] }));
    expect(down.goodSince).toBeNull();
    expect(look(41, shown(), down).goodSince).toBe(after(41));
    expect(stateAt(41, { ...look(41, shown(), down), goodSince: null })).toMatchObject({ goodSince: after(41) });
  });

  it("does not depend on looks from before the sync, which only say that it is still to come", () => {
    const early = look(1);
    expect(early).toMatchObject({ awaitsSync: true, goodSince: null });
    expect(look(36, shown(), early)).toMatchObject({ awaitsSync: false, goodSince: after(20) });
    expect(look(1, shown({ secrets: [] }))).toMatchObject({ awaitsSync: false });
    const unseen = unseenContainerApp(aPlatformView("containerApp", 1), secretAddress, containerAppSyncMs);
    expect(look(36, shown(), unseen).goodSince).toBe(after(20));
  });
});
