import { configurationHash } from "../../../lib/rotation/configuration-hash";
import {
  configurationConflict,
  waitsForNewer,
  withConfigurationSeen,
} from "../../../lib/rotation/newest-configuration";
import type { DrivingConfiguration } from "../../../lib/rotation/record";
import { type AccountChanges, aConsumer, anAccount } from "../../builders/account";
import { aRecord } from "../../builders/record";
import { at, days, when } from "../../builders/time";

const first = (changes: AccountChanges = {}) => anAccount({ loadedAt: at("09:00"), ...changes });
/** The configuration with another consumer. */
const second = (changes: AccountChanges = {}) =>
  anAccount({ loadedAt: at("10:00"), gate: { consumers: [aConsumer(), aConsumer({ name: "etl" })] }, ...changes });

const unseen = aRecord({ configuration: null });
const hashes = { first: configurationHash(first()), second: configurationHash(second()) };
/** The second configuration has driven, after the first one. */
const driven = (changes: Partial<DrivingConfiguration> = {}) =>
  aRecord({
    configuration: {
      hash: hashes.second,
      loadedAt: at("10:00"),
      taggedAt: null,
      replaced: [hashes.first],
      olderSince: null,
      olderSeen: null,
      ...changes,
    },
  });

describe("the hash of a configuration", () => {
  it("is one for the same members, in any order, whenever they were loaded, paused or not", () => {
    const { gate, name, ...others } = first();
    expect(configurationHash({ ...others, name, gate, loadedAt: at("11:00"), paused: true })).toBe(hashes.first);
    expect(hashes.first).toMatch(/^[0-9a-f]{16}$/);
  });

  it("differs with any member", () => {
    const others = [
      { probe: "none" as const },
      { rotateEveryMs: days(61) },
      { gate: { soakMs: 0 } },
      { gate: { consumers: [] } },
    ];
    expect(new Set([first(), ...others.map(first)].map(configurationHash)).size).toBe(5);
  });
});

describe("the newest configuration", () => {
  it("is the first one that drives", () => {
    expect(waitsForNewer(unseen, first(), when("10:00"))).toBeNull();
    expect(withConfigurationSeen(unseen, first(), when("10:00")).configuration).toEqual({
      hash: hashes.first,
      loadedAt: at("09:00"),
      taggedAt: null,
      replaced: [],
      olderSince: null,
      olderSeen: null,
    });
  });

  it("is another one that was read later, at once, and the one before is remembered as replaced", () => {
    const before = withConfigurationSeen(aRecord(), first(), when("09:30"));
    expect(waitsForNewer(before, second(), when("10:01"))).toBeNull();
    expect(withConfigurationSeen(before, second(), when("10:01"))).toEqual(driven());
  });

  it("changes nothing when it drives again, and answers an older one that waits", () => {
    const record = driven();
    expect(withConfigurationSeen(record, second({ loadedAt: at("11:00") }), when("11:01"))).toBe(record);
    const asked = driven({ olderSince: at("10:30") });
    expect(withConfigurationSeen(asked, second(), when("10:59"))).toEqual(driven());
  });

  it("remembers the last eight that it has replaced, and itself in none", () => {
    let record = aRecord();
    for (let count = 1; count <= 11; count += 1)
      record = withConfigurationSeen(record, first({ rotateEveryMs: days(count) }), when("10:00"));
    expect(record.configuration?.replaced).toHaveLength(8);
    expect(record.configuration?.replaced).not.toContain(record.configuration?.hash);
  });
});

describe("a process with an older configuration", () => {
  it("waits, and the record says since when", () => {
    expect(waitsForNewer(driven(), first(), when("10:10"))).toEqual({ since: at("10:10"), until: at("10:10", 25) });
    const waiting = withConfigurationSeen(driven(), first(), when("10:10"));
    const olderSeen = { since: at("10:10"), lastAt: at("10:10") };
    expect(waiting).toEqual(driven({ olderSince: at("10:10"), olderSeen }));
    expect(withConfigurationSeen(waiting, first(), when("10:15"))).toBe(waiting);
  });

  it.each([
    ["was left over from long before", first(), at("10:10", 25)],
    ["has read it more than five minutes before", first({ loadedAt: at("09:54:59.999") }), at("10:10", 25)],
    ["has read it at about the same time", first({ loadedAt: at("09:55") }), at("10:40")],
    ["has read it later: the deployment was rolled back", first({ loadedAt: at("10:05") }), at("10:40")],
  ])("that %s takes over after its time without an answer", (_what, config, until) => {
    const waiting = driven({ olderSince: at("10:10") });
    const before = new Date(Date.parse(until) - 1);
    expect(waitsForNewer(waiting, config, before)).toEqual({ since: at("10:10"), until });
    expect(waitsForNewer(waiting, config, new Date(until))).toBeNull();
    expect(withConfigurationSeen(waiting, config, new Date(until)).configuration).toEqual({
      hash: hashes.first,
      loadedAt: config.loadedAt,
      taggedAt: null,
      replaced: [hashes.second],
      olderSince: null,
      olderSeen: null,
    });
  });

  it("is one that has never driven too, where it was read before", () => {
    expect(waitsForNewer(driven({ replaced: [] }), first(), when("10:10"))).not.toBeNull();
  });
});

const seen = (since: string, lastAt: string) => ({ since: at(since), lastAt: at(lastAt) });
const older = (lastAt: string) => driven({ olderSince: at("10:10"), olderSeen: seen("10:10", lastAt) });

describe("processes with different configurations on one record", () => {
  it("are remembered at most every ten minutes", () => {
    expect(withConfigurationSeen(older("10:10"), first(), when("10:19:59.999"))).toEqual(older("10:10"));
    expect(withConfigurationSeen(older("10:10"), first(), when("10:20"))).toEqual(older("10:20"));
  });

  it("are forgotten an hour after the last look of an older one, by either side", () => {
    const answered = driven({ olderSeen: seen("10:10", "10:20") });
    expect(withConfigurationSeen(answered, second(), when("11:19:59.999"))).toBe(answered);
    expect(withConfigurationSeen(answered, second(), when("11:20"))).toEqual(driven());
    const anew = driven({ olderSince: at("11:20"), olderSeen: seen("11:20", "11:20") });
    expect(withConfigurationSeen(answered, first(), when("11:20"))).toEqual(anew);
  });

  it("are forgotten when another configuration takes over", () => {
    const third = second({ rotateEveryMs: days(61), loadedAt: at("10:30") });
    expect(withConfigurationSeen(older("10:20"), third, when("10:31")).configuration?.olderSeen).toBeNull();
  });

  it("are a conflict after two hours, while an older one still looks", () => {
    const lasting = driven({ olderSeen: seen("10:00", "11:55") });
    expect(configurationConflict(lasting, when("11:59:59.999"))).toBeNull();
    expect(configurationConflict(lasting, when("12:00"))).toEqual(seen("10:00", "11:55"));
    expect(configurationConflict(lasting, when("12:54:59.999"))).not.toBeNull();
    expect(configurationConflict(lasting, when("12:55"))).toBeNull();
  });

  it("are no conflict where none has driven, or only one", () => {
    expect(configurationConflict(unseen, when("12:00"))).toBeNull();
    expect(configurationConflict(driven(), when("12:00"))).toBeNull();
  });
});

const tagged = (taggedAt: string, changes: AccountChanges = {}) =>
  first({ discovered: { taggedAt: at(taggedAt), held: null }, ...changes });

describe("the tags of an account that was found", () => {
  const etl = { gate: { consumers: [aConsumer({ name: "etl" })] } };
  /** Tags of 10:30 have driven, after those of 10:00. */
  const drivenTagged = withConfigurationSeen(
    withConfigurationSeen(unseen, tagged("10:00"), when("10:01")),
    tagged("10:30", etl),
    when("10:31"),
  );

  it("make the process that knows the later ones the newest, in one deployment too", () => {
    expect(drivenTagged.configuration).toMatchObject({
      taggedAt: at("10:30"),
      replaced: [configurationHash(tagged("10:00"))],
    });
    expect(waitsForNewer(drivenTagged, tagged("10:00"), when("10:32"))).toEqual({
      since: at("10:32"),
      until: at("10:32", 25),
    });
  });

  it("may be set back to what they were before", () => {
    expect(waitsForNewer(drivenTagged, tagged("10:45"), when("10:46"))).toBeNull();
    expect(waitsForNewer(drivenTagged, tagged("10:30"), when("10:46"))).not.toBeNull();
  });

  it("do not make an older deployment the newest, nor a newer one with older tags", () => {
    const old = tagged("10:45", { loadedAt: at("08:00"), rotateEveryMs: days(61) });
    const young = tagged("10:15", { loadedAt: at("10:50"), rotateEveryMs: days(61) });
    expect(waitsForNewer(drivenTagged, old, when("10:51"))).not.toBeNull();
    expect(waitsForNewer(drivenTagged, young, when("10:51"))).not.toBeNull();
    expect(
      waitsForNewer(drivenTagged, first({ loadedAt: at("10:50"), rotateEveryMs: days(61) }), when("10:51")),
    ).toBeNull();
  });
});
