import { pauseInForce, pauseOf, withPauseSeen } from "../../../lib/rotation/pause";
import { anAccount } from "../../builders/account";
import { aPause, aRecord } from "../../builders/record";
import { aLeakedKeyRequest, aRotation } from "../../builders/state";
import { at, minutes, when } from "../../builders/time";

describe("the pause in force", () => {
  const paused = anAccount({ paused: true });
  const record = aRecord({ phaseClock: { since: at("09:00") } });

  it.each([
    ["none", record, anAccount(), null],
    ["an operator's", { ...record, pause: aPause() }, anAccount(), aPause()],
    ["an operator's in preference to the configuration's", { ...record, pause: aPause() }, paused, aPause()],
    [
      "the configuration's, since a driver first saw it",
      { ...record, phaseClock: { ...record.phaseClock, pausedSince: at("09:30") } },
      paused,
      { since: at("09:30"), by: "configuration", reason: '"paused": true' },
    ],
    [
      "the configuration's, since the start of the phase if no driver has seen it",
      record,
      paused,
      { since: at("09:00"), by: "configuration", reason: '"paused": true' },
    ],
  ])("is %s", (_what, of, config, expected) => {
    expect(pauseInForce(of, config)).toEqual(expected);
  });
});

const held = (reason: "TagRemoved" | "AccountGone" | "TagInvalid" | null) =>
  anAccount({
    discovered: { taggedAt: at("08:00"), held: reason && { reason, since: at("09:00"), detail: "set the tag again" } },
  });

describe("the pause of an account that was found", () => {
  const idle = aRecord();
  const under = aRecord({ state: aRotation().published() });
  const restarting = aRecord({ restart: aLeakedKeyRequest });
  const pause = { since: at("09:00"), by: "discovery", reason: "set the tag again" };

  it.each([
    ["none while its tags are valid", idle, null, null],
    ["in force where its tag was removed", idle, "TagRemoved", pause],
    ["in force where it is gone", idle, "AccountGone", pause],
    ["none while a rotation is under way, which ends first", under, "TagRemoved", null],
    ["none while a rotation on demand is to start again", restarting, "AccountGone", null],
    ["in force at once where a tag is invalid", under, "TagInvalid", pause],
  ] as const)("is %s", (_what, record, reason, expected) => {
    expect(pauseInForce(record, held(reason))).toEqual(expected);
  });
});

test.each([
  ["Paused", { since: at("10:00"), by: "operator:ada", reason: "a release" }],
  ["Resumed", null],
] as const)("an operator's decision in the history, %s, leaves in force what it says", (event, expected) => {
  const decision = { event, at: at("10:00"), by: "operator:ada", detail: "a release" };
  expect(pauseOf(decision)).toEqual(expected);
});

describe("the time spent paused", () => {
  it("starts when a driver first sees the pause", () => {
    const record = aRecord({ pause: aPause() });
    const { phaseClock } = withPauseSeen(record, anAccount(), when("10:10"));
    expect(phaseClock).toMatchObject({ pausedSince: at("10:10"), pausedMs: 0 });
  });

  it("adds up when a pause has ended", () => {
    const record = aRecord({ pause: null, phaseClock: { pausedSince: at("10:00"), pausedMs: minutes(3) } });
    const { phaseClock } = withPauseSeen(record, anAccount(), when("10:10"));
    expect(phaseClock).toMatchObject({ pausedSince: null, pausedMs: minutes(13) });
  });

  it("never decreases when a clock was set back", () => {
    const record = aRecord({ pause: null, phaseClock: { pausedSince: at("10:00"), pausedMs: minutes(3) } });
    expect(withPauseSeen(record, anAccount(), when("09:00")).phaseClock.pausedMs).toBe(minutes(3));
  });

  it.each([
    ["a continuing pause", aRecord({ pause: aPause(), phaseClock: { pausedSince: at("10:00") } })],
    ["no pause", aRecord()],
  ])("is unchanged with %s", (_what, record) => {
    expect(withPauseSeen(record, anAccount(), when("10:10"))).toBe(record);
  });
});
