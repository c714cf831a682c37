import {
  answeredAs,
  type AskingConditions,
  askingFor,
  mergedLook,
  refreshProblem,
  wantedRequest,
} from "../../../../lib/rotation/platforms/app-service-requests";
import { type AppServiceSeen, notAsked } from "../../../../lib/rotation/platforms/app-service-seen";
import { aConsumer, aGate } from "../../../builders/account";
import { anAppServiceSeen, aReference, siteId } from "../../../builders/sight";
import { theSecondary, v1 } from "../../../builders/state";
import { at, when } from "../../../builders/time";

const platform = { kind: "appService", resourceId: siteId, refresh: true, restart: false } as const;
const wanted = (
  seen: Partial<AppServiceSeen>,
  changes: Partial<typeof platform | { restart: true } | { refresh: false }> = {},
) =>
  wantedRequest(
    {
      consumer: aConsumer(),
      platform: { ...platform, ...changes },
      gate: aGate(),
      published: theSecondary(),
      seen: null,
      reports: false,
      now: when("10:15"),
    },
    anAppServiceSeen({ refresh: notAsked, ...seen }),
  );

const answered = { ...notAsked, attempts: 1, answeredAt: at("10:02") };

describe("what is asked for next", () => {
  it("is the refresh, until it is answered, then nothing", () => {
    expect(wanted({})).toBe("refresh");
    expect(wanted({ refresh: answered })).toBeNull();
  });

  it.each([
    ["is the refresh again where what was read is lost", { status: "AccessToKeyVaultDenied" }, "refresh"],
    ["is nothing while the platform has not read it again yet", { status: "Initialized" }, null],
    ["is nothing for a connection string", { list: "connectionStrings", status: "FetchTimedOut" }, null],
  ] as const)("%s", (_, changes, expected) => {
    expect(wanted({ refresh: answered, references: [aReference(), aReference(changes)] })).toBe(expected);
  });

  it("is the restart after that, where it is to be", () => {
    expect(wanted({}, { restart: true })).toBe("refresh");
    expect(wanted({ refresh: answered }, { restart: true })).toBe("restart");
    expect(wanted({ refresh: answered, restart: answered }, { restart: true })).toBeNull();
  });

  it.each<[string, Partial<AppServiceSeen>]>([
    ["no setting refers to the secret", { references: [] }],
    ["only a connection string refers to it", { references: [aReference({ list: "connectionStrings" })] }],
    ["one is fixed to a version", { references: [aReference({ pinnedTo: v1 })] }],
  ])("is nothing where %s", (_, seen) => {
    expect(wanted(seen)).toBeNull();
  });

  it("is nothing where the app is not to be refreshed", () => {
    expect(wanted({}, { refresh: false })).toBeNull();
  });
});

const window = { days: ["Tue"], from: "20:00", to: "22:00", timeZone: "Etc/UTC" } as const;
const hold = { reason: "TargetKeyRefused", detail: "Batch refuses it", since: at("10:01") } as const;
const asking = (conditions: Partial<AskingConditions>, request = notAsked) =>
  askingFor(request, { window: null, hold: null, dryRun: false, now: when("10:15"), ...conditions });

describe("a request", () => {
  it("is counted before it is sent", () => {
    expect(asking({})).toEqual({ send: true, request: { ...notAsked, attempts: 1, nextAttemptAt: at("10:15") } });
    expect(asking({ window, now: when("20:00") }).send).toBe(true);
  });

  it.each<[string, Partial<AskingConditions>, string, string | null]>([
    ["in a dry run", { dryRun: true }, "is not asked for while ROTATION_DRY_RUN is true", null],
    ["while Batch refuses the key", { hold }, "waits until Batch accepts the published key (TargetKeyRefused)", null],
    ["outside the window", { window }, "waits for the maintenance window", at("20:00")],
  ])("is not sent %s", (_, conditions, problem, nextAttemptAt) => {
    expect(asking(conditions)).toEqual({ send: false, request: { ...notAsked, problem, nextAttemptAt } });
  });

  it("is sent again after its backoff only", () => {
    const failed = { ...notAsked, attempts: 3, nextAttemptAt: at("10:16"), problem: "503" };
    expect(asking({}, failed)).toEqual({ send: false, request: failed });
    expect(asking({ now: when("10:16") }, failed)).toMatchObject({
      send: true,
      request: { attempts: 4, nextAttemptAt: at("10:20"), problem: null },
    });
    expect(asking({}, { ...failed, nextAttemptAt: null }).send).toBe(true);
  });

  it("that is answered is not sent again", () => {
    expect(answeredAs({ ...notAsked, attempts: 2, nextAttemptAt: at("10:16") }, at("10:17"))).toEqual({
      attempts: 2,
      answeredAt: at("10:17"),
      nextAttemptAt: null,
      problem: null,
    });
  });
});

test("a refresh is answered as wanted where each reference is resolved", () => {
  const reference = aReference({ setting: "KEY" });
  expect(refreshProblem([reference])).toBeNull();
  expect(refreshProblem([reference, { ...reference, setting: "OLD", status: "FetchTimedOut" }])).toBe(
    "setting OLD is not resolved: FetchTimedOut",
  );
  expect(refreshProblem([])).toBe("the answer shows no setting that refers to the secret");
});

test("of two looks at once, the one that has asked further counts for what was asked", () => {
  const [none, asked] = [anAppServiceSeen({ refresh: notAsked }), { ...notAsked, attempts: 1 }];
  const merged = (known: Partial<AppServiceSeen>, seen: Partial<AppServiceSeen>) =>
    mergedLook({ ...none, ...known }, { ...none, ...seen, lookedAt: at("10:12") });
  expect(merged({ refresh: answered }, { refresh: asked })).toMatchObject({ refresh: answered, lookedAt: at("10:12") });
  expect(merged({ refresh: asked }, { refresh: answered }).refresh).toEqual(answered);
  expect(merged({ refresh: asked }, {}).refresh).toEqual(asked);
  expect(merged({ refresh: { ...asked, attempts: 2 } }, { refresh: answered }).refresh).toMatchObject({ attempts: 2 });
  expect(merged({}, { refresh: asked }).refresh).toEqual(asked);
  expect(merged({ restart: answered }, {}).restart).toEqual(answered);
});
