import type { GateConfig } from "../../../../lib/rotation/account-config";
import { consumerState } from "../../../../lib/rotation/gate/consumers";
import { type GateInput, gate } from "../../../../lib/rotation/gate/gate";
import {
  consumerOfIdentity,
  describeReader,
  keptReaders,
  maxReadersKept,
  mayAskReaders,
  unknownReaderFault,
  unknownReaders,
} from "../../../../lib/rotation/gate/readers";
import type { ReadersSeen, ReaderSeen } from "../../../../lib/rotation/gate/readers-seen";
import type { InstanceReport } from "../../../../lib/rotation/gate/signals";
import { aConsumer, aGate, anAccount } from "../../../builders/account";
import { aReport } from "../../../builders/report";
import { aReader, aReadersSeen } from "../../../builders/sight";
import { anApproval, aRotation, theSecondary, v1, v2, v3 } from "../../../builders/state";
import { at, when } from "../../../builders/time";

const { identity } = aReader;
const other = "33333333-3333-4333-8333-333333333333";
const third = "44444444-4444-4444-8444-444444444444";

const read = (changes: Partial<ReaderSeen> = {}): ReaderSeen => ({ ...aReader, ...changes });
const seen = (...readers: readonly ReaderSeen[]): ReadersSeen => aReadersSeen({ readers });
const older = (lastAt: string, changes: Partial<ReaderSeen> = {}): ReaderSeen =>
  read({ version: v1, firstAt: at("09:00", 20), lastAt, ...changes });

interface Situation {
  readonly readers: ReadersSeen | null;
  readonly reports?: readonly InstanceReport[];
  readonly named?: boolean;
  readonly now?: string;
}

/** The state at 10:15 of a consumer whose one instance is good since 10:01; `v2` was published at 10:00. */
const stateOf = ({ readers, reports = [aReport()], named = true, now = "10:15" }: Situation) => {
  const consumer = aConsumer(named ? { identity } : {});
  return consumerState(consumer, aGate(), theSecondary(), { reports, readers, platforms: [] }, when(now));
};

const goodSince = (readers: ReadersSeen) => stateOf({ readers });
const newer = (firstAt: string, lastAt: string): ReaderSeen => read({ firstAt, lastAt });

describe("a consumer with an identity", () => {
  it("is on the previous key while its last read was of an older version, and it has not reported since", () => {
    expect(stateOf({ readers: seen(older(at("10:11"))) })).toEqual({
      state: "OnPreviousKey",
      since: at("10:00"),
      detail:
        `render-api (identity ${identity} (from 203.0.113.7, by azsdk-net-Security.KeyVault.Secrets/4.6.0)) last ` +
        `read version ${v1} at 2026-11-24T10:11:00.000Z, by the vault's audit log, not ${v2}, and has not reported ` +
        "that since",
    });
  });

  it.each([
    ["the log has never been asked", null],
    ["it has read nothing", seen()],
    ["it has read the published version only", seen(read())],
    ["it has read the published version last", seen(older(at("10:11")), read({ lastAt: at("10:11:01") }))],
    ["another identity has read an older one", seen(older(at("10:11"), { identity: other }))],
    ["it has reported the published version since", seen(older(at("10:09:59")))],
    ["the log does not say which version it read", seen(older(at("10:11"), { version: null }))],
  ])("is good where %s", (_what, readers) => {
    expect(stateOf({ readers }).state).toBe("Good");
  });

  it.each([
    ["a read of a version that the log does not name", older(at("10:12"), { version: null })],
    ["a read of the published version at the same instant", read({ lastAt: at("10:11") })],
    ["a later read of another older version", older(at("10:12"), { version: v3 })],
  ])("is still on the previous key after %s", (_what, later) => {
    expect(stateOf({ readers: seen(older(at("10:11")), later) }).state).toBe("OnPreviousKey");
    expect(stateOf({ readers: seen(later, older(at("10:11"))) }).state).toBe("OnPreviousKey");
  });

  it("leaves the previous key by a report after the read only", () => {
    const readers = seen(older(at("10:10")));
    expect(stateOf({ readers }).state).toBe("OnPreviousKey");
    expect(stateOf({ readers, reports: [aReport({ at: at("10:10:01") })] }).state).toBe("Good");
  });

  it("is not judged by the log where the configuration gives it no identity", () => {
    expect(stateOf({ readers: seen(older(at("10:11"))), named: false }).state).toBe("Good");
  });

  it("is good since the log stopped speaking against it", () => {
    const before = older(at("10:04"));
    expect(goodSince(seen(before, newer(at("10:06"), at("10:12"))))).toMatchObject({ goodSince: at("10:06") });
    expect(goodSince(seen(before, newer(at("10:02"), at("10:07"))))).toMatchObject({ goodSince: at("10:07") });
    expect(goodSince(seen(before))).toMatchObject({ goodSince: at("10:04") });
    expect(goodSince(seen(newer(at("10:06"), at("10:12"))))).toMatchObject({ goodSince: at("10:01") });
  });
});

const hold = { unknownReaders: "hold", consumers: [aConsumer({ identity })] } as const;

interface Asked {
  readonly readers: ReadersSeen | null;
  readonly changes?: Partial<GateConfig>;
  readonly state?: GateInput["state"];
}

const ask = ({ readers, changes = hold, state = aRotation().published() }: Asked) =>
  gate({
    config: anAccount({ gate: changes }),
    state,
    phaseSince: at("10:00"),
    sightings: { reports: [aReport()], readers, platforms: [] },
    pause: null,
    hold: null,
    searched: null,
    now: when("10:15"),
  });

const stranger = read({ identity: other, version: v1, firstAt: at("08:00"), lastAt: at("09:00") });

describe("a reader that is no configured consumer", () => {
  it("keeps the gate shut where the configuration says so, and only there", () => {
    expect(ask({ readers: seen(read(), stranger) })).toMatchObject({
      open: false,
      reason: "UnknownReader",
      since: at("08:00"),
      detail: expect.stringContaining(`identity ${other} (from 203.0.113.7`),
    });
    expect(ask({ readers: seen(read(), stranger), changes: { ...hold, unknownReaders: "report" } }).open).toBe(true);
    expect(ask({ readers: seen(read()) }).open).toBe(true);
  });

  it("does not, once a person has approved", () => {
    const state = aRotation().published({ approval: anApproval() });
    expect(ask({ readers: seen(stranger), state })).toMatchObject({ open: true });
  });

  it.each([
    ["has never been asked", null, "it has not been asked yet"],
    ["has not answered", aReadersSeen({ readers: [], through: null, problem: "status 403" }), "status 403"],
    [
      "answered before the publication only",
      aReadersSeen({ readers: [], through: at("09:49") }),
      "it has not been asked",
    ],
    ["has answered in part", aReadersSeen({ readers: [], incomplete: "in part only" }), "in part only"],
  ])("may be there where the log %s: then the gate stays shut as well", (_what, readers, why) => {
    expect(ask({ readers })).toMatchObject({
      open: false,
      reason: "UnknownReader",
      since: at("10:00"),
      detail: expect.stringContaining(why),
    });
    expect(ask({ readers, changes: { ...hold, unknownReaders: "report" } }).open).toBe(true);
  });

  it("is forgotten 30 days after its last read", () => {
    const last = ["2026-10-31T10:00:00.000Z", "2026-10-31T09:59:59.999Z"].map((lastAt) =>
      seen({ ...stranger, lastAt }),
    );
    expect(last.map((readers) => unknownReaders(hold, readers, new Date(at("10:00", 30))).length)).toEqual([1, 0]);
  });

  it("is one, however many versions it has read: its last read, and since when it is known", () => {
    const [first, second] = [
      read({ identity: other, version: v1, firstAt: at("07:00"), lastAt: at("09:30") }),
      read({ identity: other, version: v2, firstAt: at("10:01"), lastAt: at("10:02") }),
    ];
    const expected = [{ ...second, firstAt: at("07:00") }];
    expect(unknownReaders(hold, seen(first, second), when("10:15"))).toEqual(expected);
    expect(unknownReaders(hold, seen(second, first), when("10:15"))).toEqual(expected);
  });

  it("is named with the newest ones first, five of them", () => {
    const many = Array.from({ length: 7 }, (_, i) => ({
      ...stranger,
      identity: `reader-${i}`,
      firstAt: at(`08:0${i}`),
    }));
    const found = unknownReaderFault(hold, seen(...many), when("10:15"));
    expect(found?.detail).toMatch(/^identity reader-6 .*; identity reader-2 [^;]*; and 2 more: no configured consumer/);
    expect(found?.since).toBe(at("08:00"));
    expect(found?.identities).toEqual(many.map((one) => one.identity));
  });

  it("is one of many where there are more than a hundred, so that none is announced again and again", () => {
    const many = Array.from({ length: 101 }, (_, i) => ({ ...stranger, identity: `reader-${i}` }));
    expect(unknownReaderFault(hold, seen(...many), when("10:15"))?.identities).toEqual(["many"]);
  });

  it("is shown with what the log says of it", () => {
    const bare = read({ identity: other, address: null, client: null, version: null });
    expect(describeReader(bare)).toBe(`identity ${other}`);
    expect(unknownReaderFault(hold, seen(bare), when("10:15"))?.detail).toMatch(/ read the secret last at /);
    const web = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/render-web";
    expect(describeReader({ ...bare, resource: web })).toBe(`identity ${other} (Microsoft.Web/sites/render-web)`);
    expect(describeReader({ ...bare, resource: "render-web" })).toBe(`identity ${other} (render-web)`);
  });
});

test("the log may be asked about an account every 15 minutes", () => {
  const asked = aReadersSeen({ askedAt: at("10:00") });
  expect(mayAskReaders(null, when("10:00"))).toBe(true);
  expect(mayAskReaders(asked, when("10:14:59.999"))).toBe(false);
  expect(mayAskReaders(asked, when("10:15"))).toBe(true);
});

test("an identity is that of a consumer, or of none", () => {
  expect([identity, other].map((one) => consumerOfIdentity(hold, one))).toEqual(["render-api", null]);
});

test("reads of consumers are kept first, then the newest, and how many are not is known", () => {
  const own = read({ firstAt: at("01:00"), lastAt: at("01:00") });
  const others = Array.from({ length: maxReadersKept }, (_, i) =>
    read({ identity: third, lastAt: new Date(Date.parse(at("05:00")) + i * 1000).toISOString() }),
  );
  const kept = keptReaders(hold, [...others, own], 1);
  expect(kept.readers).toHaveLength(maxReadersKept);
  expect(kept.readers[0]).toEqual(own);
  expect(kept.readers[1]).toEqual(others.at(-1));
  expect(kept.readers.at(-1)).toEqual(others[1]);
  expect(kept.omitted).toBe(2);
  expect(keptReaders(hold, [read(), read()], 0)).toEqual({ readers: [read(), read()], omitted: 0 });
});
