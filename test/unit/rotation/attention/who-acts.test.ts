import { type ShownAccount, standingOrder, standings, whoActs } from "../../../../lib/rotation/attention/who-acts";
import { at } from "../../../builders/time";

const shown = (changes: Partial<ShownAccount> = {}): ShownAccount => ({
  account: "render-weu",
  phase: "published",
  secret: { version: "version-2" },
  rotation: { id: "01K" },
  waitingFor: null,
  blocked: null,
  stalled: false,
  overdue: false,
  paused: false,
  nextDueAt: null,
  lastRotation: null,
  ...changes,
});

const waits = (reason: string, changes: Partial<ShownAccount> = {}): ShownAccount =>
  shown({ waitingFor: { reason, detail: `the detail of ${reason}`, since: at("10:00") }, ...changes });

const blocked = (reason: string): ShownAccount =>
  shown({ blocked: { reason, remedy: "grant the role", since: at("09:00") } });

const idle = { phase: "idle", rotation: null, nextDueAt: at("10:00", 30) } as const;

test("the order is blocked, stalled, overdue, person, app, moving, idle, each in words", () => {
  expect(standingOrder).toEqual(["blocked", "stalled", "overdue", "person", "app", "moving", "idle"]);
  expect(Object.values<string>(standings).filter((text) => !text.includes(" "))).toEqual(["idle"]);
});

describe("who must act", () => {
  it.each<[string, ShownAccount, object]>([
    [
      "blocked",
      blocked("Forbidden"),
      { standing: "blocked", actor: "person", reason: "Forbidden", since: at("09:00") },
    ],
    ["blocked, though stalled", { ...blocked("Forbidden"), stalled: true }, { standing: "blocked" }],
    ["waiting for an app", waits("OnPreviousKey"), { standing: "app", actor: "app", since: at("10:00") }],
    ["stalled by an app", waits("OnPreviousKey", { stalled: true }), { standing: "stalled", actor: "app" }],
    ["waiting for a person", waits("ApprovalPending"), { standing: "person", actor: "person" }],
    ["waiting for time", waits("SoakNotElapsed"), { standing: "moving", actor: "rotator" }],
    ["overdue and held up", waits("BackingOff", { ...idle, overdue: true }), { standing: "overdue" }],
    ["overdue for no known reason", shown({ ...idle, overdue: true }), { standing: "overdue", since: at("10:00", 30) }],
    ["paused while idle", shown({ ...idle, paused: true }), { standing: "person", reason: "Paused", since: null }],
    ["idle, never rotated", shown(idle), { standing: "idle", actor: "rotator", since: null, todo: "", steps: [] }],
    [
      "idle after a rotation",
      shown({ ...idle, lastRotation: { endedAt: at("08:00") } }),
      { standing: "idle", since: at("08:00") },
    ],
    ["before its first sight", shown({ phase: null, rotation: null }), { standing: "moving", steps: [] }],
    ["between two steps", shown(), { standing: "moving", sentence: "the next run of the timer moves it on" }],
    ["between two steps for too long", shown({ stalled: true }), { standing: "stalled" }],
  ])("%s", (_what, account, expected) => {
    expect(whoActs(account)).toMatchObject(expected);
  });

  it("gives one sentence and one order for a blocked account: its remedy", () => {
    expect(whoActs(blocked("Forbidden"))).toMatchObject({
      sentence: "the rotator's identity may not do this",
      todo: "grant the role",
    });
    expect(whoActs(blocked("NewerReason")).sentence).toBe("a condition that lasts until a person acts");
  });
});

const commands = (account: ShownAccount): readonly string[] => whoActs(account).steps.map(({ command }) => command);

describe("the next step", () => {
  it("is ready to copy, with the preconditions of the decision in the request", () => {
    expect(whoActs(waits("OnPreviousKey")).steps).toEqual([
      {
        when: "only if it runs no more",
        action: "approve",
        command: 'npx batch-key-rotator approve render-weu --reason "<why>"',
        request: {
          method: "POST",
          path: "/api/accounts/render-weu/approve",
          body: { reason: "<why>", phase: "published", rotationId: "01K", secretVersion: "version-2" },
        },
      },
    ]);
  });

  it("is the preflight of a blocked account, then its resume", () => {
    expect(whoActs(blocked("Forbidden")).steps.map(({ request }) => `${request.method} ${request.path}`)).toEqual([
      "GET /api/accounts/render-weu/check",
      "POST /api/accounts/render-weu/resume",
    ]);
    expect(commands(blocked("Forbidden"))).toEqual([
      "npx batch-key-rotator check render-weu",
      'npx batch-key-rotator resume render-weu --reason "<why>"',
    ]);
  });

  it("is a rotation for an account that is overdue", () => {
    const [step] = whoActs(shown({ ...idle, overdue: true })).steps;
    expect(step?.request).toEqual({
      method: "POST",
      path: "/api/accounts/render-weu/rotations",
      body: { reason: "<why>" },
    });
  });

  it("is about the fleet where the fleet is stopped", () => {
    const [step] = whoActs(waits("FleetStopped", idle)).steps;
    expect(step).toMatchObject({
      command: 'npx batch-key-rotator resume-fleet --reason "<why>"',
      request: { method: "POST", path: "/api/fleet/resume", body: { reason: "<why>" } },
    });
  });

  it("is a roll-back only where the old key still lives", () => {
    expect(commands(waits("Unhealthy"))).toHaveLength(1);
    expect(commands(waits("Unhealthy", { phase: "adopting", rotation: null }))).toEqual([]);
  });

  it("sends no phase that the account does not have yet", () => {
    const account = waits("Paused", { phase: null, rotation: null, secret: { version: null } });
    expect(whoActs(account).steps[0]?.request.body).toEqual({ reason: "<why>", rotationId: null, secretVersion: null });
  });
});
