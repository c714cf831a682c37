import {
  compared,
  type KeyEvents,
  type KeyOperation,
  lookBegun,
  newListings,
  nextEventLookAt,
  noKeyEvents,
  reportedSince,
  sentenceOf,
  withListings,
} from "../../../lib/rotation/key-events";
import { at, when } from "../../builders/time";

const anOperation = (changes: Partial<KeyOperation> = {}): KeyOperation => ({
  id: "event-1",
  at: at("10:00"),
  identity: "grace",
  name: "grace@contoso.example",
  role: "Contributor",
  address: "203.0.113.7",
  ...changes,
});

const events = (changes: Partial<KeyEvents> = {}): KeyEvents => ({ ...noKeyEvents, ...changes });

describe("looks that events cause", () => {
  it.each([
    ["none yet", [], "10:00:00", null],
    ["one", ["10:00:00"], "10:00:00", null],
    ["two, a moment ago", ["10:00:00", "10:00:01"], "10:00:01", at("10:00:06")],
    ["two, nearly six seconds ago", ["10:00:00", "10:00:01"], "10:00:05.999", at("10:00:06")],
    ["two, six seconds ago", ["10:00:00", "10:00:01"], "10:00:06", null],
    ["two, by a clock that is behind", ["10:00:00", "10:00:01"], "09:59:50", null],
  ])("are allowed after %s from the right instant on", (_what, looks, now, from) => {
    expect(nextEventLookAt(events({ looks: looks.map((look) => at(look)) }), when(now))).toBe(from);
  });

  it("are remembered, the last two, and are owed since the first until a comparison is complete", () => {
    const first = lookBegun(noKeyEvents, [], when("10:00"));
    const third = lookBegun(lookBegun(first, [], when("10:01")), [], when("10:02"));
    expect(third).toEqual(events({ lookSince: at("10:00"), looks: [at("10:01"), at("10:02")] }));
    expect(compared(third)).toEqual(events({ looks: [at("10:01"), at("10:02")] }));
  });

  it("keep the newest three regenerations, each once, in the order of their instants", () => {
    const [a, b, c, d] = ["10:03", "10:01", "10:02", "10:00"].map((time) => anOperation({ id: time, at: at(time) }));
    if (!a || !b || !c || !d) throw new Error("there are four");
    const known = lookBegun(noKeyEvents, [a, b], when("10:04"));
    expect(lookBegun(known, [c, a, d], when("10:05")).regenerations).toEqual([b, c, a]);
  });
});

describe("identities that list the keys", () => {
  const ada = anOperation({ identity: "ada" });
  const grace = anOperation({ identity: "grace" });

  it("are new once in any day", () => {
    expect(newListings(noKeyEvents, [ada, grace, ada], when("10:00"))).toEqual([ada, grace]);
    const known = withListings(noKeyEvents, [ada], when("10:00"));
    expect(newListings(known, [ada, grace], when("09:59:59.999", 25))).toEqual([grace]);
    expect(newListings(known, [ada], when("10:00", 25))).toEqual([ada]);
  });

  it("are new again by a clock that was set back for more than a day", () => {
    expect(newListings(withListings(noKeyEvents, [ada], when("10:00", 24)), [ada], when("10:00", 22))).toEqual([ada]);
  });

  it("are at most twenty in a day, and those of the day before are forgotten", () => {
    const many = Array.from({ length: 30 }, (_, index) => anOperation({ identity: `id-${index}` }));
    const first = newListings(noKeyEvents, many, when("10:00"));
    expect(first).toHaveLength(20);
    const known = withListings(noKeyEvents, first, when("10:00"));
    expect(newListings(known, many, when("11:00"))).toEqual([]);
    expect(withListings(known, [ada], when("10:00", 25)).listings).toEqual([{ identity: "ada", at: at("10:00", 25) }]);
  });
});

describe("who regenerated a key", () => {
  const known = events({ regenerations: [anOperation(), anOperation({ id: "event-2", at: at("10:20"), name: null })] });

  it("is the last one since an instant, less five minutes for the clocks, and the number of all of them", () => {
    expect(reportedSince(known, at("10:05"))).toMatchObject({ last: { id: "event-2" }, count: 2 });
    expect(reportedSince(known, at("10:25"))).toMatchObject({ last: { id: "event-2" }, count: 1 });
    expect(reportedSince(known, at("10:25:00.001"))).toBeNull();
  });

  it("is said as the event's word, with whatever the event has", () => {
    expect(sentenceOf({ last: anOperation(), count: 1 })).toBe(
      "an event of Azure (not verified) reports that regenerateKeys was called by grace@contoso.example (grace) " +
        `with the role Contributor from 203.0.113.7 at ${at("10:00")}`,
    );
    expect(sentenceOf({ last: anOperation({ name: null, role: null, address: null }), count: 3 })).toBe(
      `an event of Azure (not verified) reports that regenerateKeys was called by grace at ${at("10:00")}` +
        ", and 2 more before it",
    );
  });
});
